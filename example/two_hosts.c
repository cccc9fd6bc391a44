/* two_hosts: libberth alone. Two hosts on a LAN in one process, a client and a server; no system call carries a byte, and
 * time is a number that this program moves. */
#include <berth/berth.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

static void *allocate(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *at, size_t size)
{
	(void)context;
	(void)size;
	free(at);
}

static const struct berth_allocator allocator = { allocate, release, NULL };

static struct berth_host *host_on(struct berth_lan *lan, const char *name, uint8_t number)
{
	struct berth_host_config config = { .allocator = &allocator, .name = name };
	struct in_addr address = { htonl(0x0a4d0000u + number) }; /* 10.77.0.number */

	config.seed[0] = number; /* a program on a real network takes 16 unguessable bytes */
	struct berth_host *host = berth_host_new(&config);
	int index = berth_lan_plug(lan, host, (uint8_t[6]){ 2, 0, 0, 0, 0, number });
	berth_address_add(host, index, address, 16);
	return host;
}

int main(void)
{
	struct berth_lan *lan =
		berth_lan_new(&(struct berth_lan_config){ .allocator = &allocator });
	struct berth_host *server = host_on(lan, "server", 1);
	struct berth_host *client = host_on(lan, "client", 2);

	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(7) };
	int listener = berth_socket(server, AF_INET, SOCK_STREAM, 0);
	berth_bind(server, listener, (struct sockaddr *)&address, sizeof address);
	berth_listen(server, listener, 1);

	address.sin_addr.s_addr = htonl(0x0a4d0001); /* 10.77.0.1 */
	int connection = berth_socket(client, AF_INET, SOCK_STREAM, 0);
	berth_connect(client, connection, (struct sockaddr *)&address, sizeof address);

	/* Nothing has moved yet: ARP, SYN, SYN-ACK and ACK all cross in this one call. */
	berth_lan_advance(lan, 0);
	printf("client: connected: %s\n", berth_poll(client, connection) & POLLOUT ? "yes" : "no");
	int accepted = berth_accept(server, listener, NULL, NULL);

	char text[32];
	berth_send(client, connection, "hello", 5, 0);
	berth_lan_advance(lan, 0);
	ssize_t size = berth_recv(server, accepted, text, sizeof text, 0);
	printf("server: received %zd bytes: %.*s\n", size, (int)size, text);

	/* Both ends close; the client's waits in TIME-WAIT until a minute has passed, which takes no time at all. */
	berth_close(client, connection);
	berth_lan_advance(lan, 0);
	berth_close(server, accepted);
	uint64_t deadline = berth_lan_advance(lan, 0);
	printf("next deadline: in %d seconds\n", (int)(deadline / 1000000000));

	berth_host_free(client);
	berth_host_free(server);
	berth_lan_free(lan);
	return 0;
}
