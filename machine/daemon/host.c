#include "daemon/host.h"

#include "daemon/carrier.h"
#include "daemon/listener.h"
#include "daemon/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define LINGER_NS (UINT64_C(60) * 1000000000) /* TIME-WAIT's length on Linux: enough for a FIN */
#define CHECK_NS  (UINT64_C(50) * 1000000)

enum {
	PREFIX = 16,
	PREFIX6 = 64,
	HOSTS_MOST = 4096, /* a switch's table and a human's patience */
};

struct host *host_find(struct daemon *daemon, const char *name)
{
	struct host *host;

	TAILQ_FOREACH(host, &daemon->hosts, link)
	if (name[0] != '\0' && strcmp(host->name, name) == 0)
		return host;
	return NULL;
}

static void choose_name(struct daemon *daemon, char *name, size_t size)
{
	unsigned number = 0;

	do {
		snprintf(name, size, "host%u", ++number);
	} while (host_find(daemon, name));
}

static int check_name(struct daemon *daemon, const char *name, struct refusal *refusal)
{
	if (!control_name_holds(name)) {
		snprintf(refusal->sentence, sizeof refusal->sentence,
			 "\"%.64s\" is no name for a host: --name takes 1 to 63 letters, digits "
			 "and inner hyphens",
			 name);
		return -EINVAL;
	}
	if (host_find(daemon, name)) {
		snprintf(refusal->sentence, sizeof refusal->sentence,
			 "a host named %s runs on LAN %s: choose another --name, or use \"berth "
			 "exec %s -- ...\"",
			 name, daemon->name, name);
		return -EEXIST;
	}
	return 0;
}

/* Locally administered, and the address can be read in it: 02:00:0a:4d:xx:yy. */
static void make_mac(struct host *host)
{
	uint32_t address = ntohl(host->address.s_addr);

	host->mac[0] = 0x02;
	for (int i = 0; i < 4; i++)
		host->mac[2 + i] = (uint8_t)(address >> (24 - 8 * i));
}

static int start_stack(struct host *host)
{
	struct daemon *daemon = host->daemon;
	struct berth_host_config config = {
		.allocator = &daemon->allocator,
		.name = host->name,
		.lineage = daemon->lineage,
		.now = daemon->now,
	};
	if (getrandom(config.seed, sizeof config.seed, 0) != (ssize_t)sizeof config.seed)
		return -EIO;

	host->stack = berth_host_new(&config);
	if (!host->stack)
		return -ENOMEM;
	make_mac(host);
	int interface = berth_lan_plug(daemon->lan, host->stack, host->mac);
	if (interface < 0)
		return interface;
	int error = berth_address_add(host->stack, interface, host->address, PREFIX);
	if (error)
		return error;
	return berth_address6_add(host->stack, interface, &host->address6, PREFIX6);
}

static unsigned host_count(const struct daemon *daemon)
{
	const struct host *host;
	unsigned count = 0;

	TAILQ_FOREACH(host, &daemon->hosts, link)
	count++;
	return count;
}

/* Name and address, or why not. */
static int settle_wishes(struct host *host, const char *name, const char *ip,
			 struct refusal *refusal)
{
	struct daemon *daemon = host->daemon;
	int error = name ? check_name(daemon, name, refusal) : 0;
	if (error)
		return error;
	if (host_count(daemon) >= HOSTS_MOST) {
		snprintf(refusal->sentence, sizeof refusal->sentence,
			 "LAN %s is full with %d hosts: end some, or use another --lan",
			 daemon->name, HOSTS_MOST);
		return -ENOSPC;
	}
	if (ip)
		error = address_asked(daemon, ip, &host->address, refusal);
	else
		host->address.s_addr = address_choose(daemon);
	if (error)
		return error;

	host->address6 = address_beside(host->address);
	if (name)
		memcpy(host->name, name, strlen(name) + 1);
	else
		choose_name(daemon, host->name, sizeof host->name);
	return 0;
}

int host_new(struct daemon *daemon, const char *name, const char *ip, const char *command,
	     struct host **made, struct refusal *refusal)
{
	struct host *host = calloc(1, sizeof *host);
	if (!host)
		return -ENOMEM;

	host->daemon = daemon;
	TAILQ_INIT(&host->carriers);
	int error = settle_wishes(host, name, ip, refusal);
	if (error) {
		free(host);
		return error;
	}

	TAILQ_INSERT_TAIL(&daemon->hosts, host, link);
	host->started = time(NULL);
	host->command = strdup(command);
	error = host->command ? start_stack(host) : -ENOMEM;
	if (error) {
		snprintf(refusal->sentence, sizeof refusal->sentence, "no host could be made: %s",
			 strerror(-error));
		host_free(host);
		return error;
	}
	*made = host;
	return 0;
}

void host_free(struct host *host)
{
	while (!TAILQ_EMPTY(&host->carriers))
		carrier_close(TAILQ_FIRST(&host->carriers));
	netlink_forget_changes(host);
	berth_host_free(host->stack);
	TAILQ_REMOVE(&host->daemon->hosts, host, link);
	free(host->command);
	free(host);
}

void host_session_came(struct host *host)
{
	host->session_count++;
}

void host_session_left(struct host *host)
{
	struct daemon *daemon = host->daemon;

	if (--host->session_count > 0)
		return;
	host->name[0] = '\0';
	host->linger_until = daemon->now + LINGER_NS;
	carriers_forget(host);
	daemon_timer_by(daemon, TIMER_HOSTS, daemon->now);
}

static bool reaches_v4(const struct host *host, const uint8_t address[4])
{
	const uint32_t tail = UINT32_MAX >> PREFIX;
	uint32_t to = (uint32_t)address[0] << 24 | (uint32_t)address[1] << 16 |
		      (uint32_t)address[2] << 8 | address[3];

	if (to >> 24 == IN_LOOPBACKNET)
		return (to & 0xffffff) != 0 && (to & 0xffffff) != 0xffffff;
	return (to & ~tail) == (ntohl(host->address.s_addr) & ~tail) && (to & tail) != 0 &&
	       (to & tail) != tail;
}

bool host_reaches(const struct host *host, const struct in6_addr *address)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		return reaches_v4(host, address->s6_addr + 12);
	return IN6_IS_ADDR_LOOPBACK(address) || memcmp(address, &host->address6, PREFIX6 / 8) == 0;
}

struct sockaddr_storage host_own_address(const struct host *host,
					 const struct sockaddr_storage *peer)
{
	const struct sockaddr_in6 *to = (const struct sockaddr_in6 *)peer;
	struct sockaddr_storage own = { .ss_family = peer->ss_family };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&own;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&own;

	if (peer->ss_family == AF_INET) {
		v4->sin_addr = host->address;
	} else if (IN6_IS_ADDR_V4MAPPED(&to->sin6_addr)) {
		v6->sin6_addr = to->sin6_addr;
		memcpy(v6->sin6_addr.s6_addr + 12, &host->address, sizeof host->address);
	} else {
		v6->sin6_addr = host->address6;
	}
	return own;
}

socklen_t host_address_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

uint64_t host_complete_socket(void *context, struct berth_socket_info *info)
{
	const struct host *host = context;
	const struct carrier *carrier;

	if (info->descriptor < 0)
		return 0;
	TAILQ_FOREACH(carrier, &host->carriers, link)
	if (carrier->descriptor == info->descriptor) {
		listener_queue(carrier, &info->receive_queue, &info->send_queue);
		return carrier->by_inode.key;
	}
	return 0;
}

/* Bound, connecting, connected or closing: not what only waits out its TIME-WAIT. */
static void count_socket(void *context, const struct berth_socket_info *info)
{
	unsigned *count = context;

	if (info->type != SOCK_STREAM || (info->state != TCP_TIME_WAIT && info->state != TCP_CLOSE))
		++*count;
}

unsigned host_socket_count(struct host *host)
{
	unsigned count = 0;

	berth_host_sockets(host->stack, count_socket, &count);
	return count;
}

void hosts_settle(struct daemon *daemon)
{
	struct host *next;

	for (struct host *host = TAILQ_FIRST(&daemon->hosts); host; host = next) {
		next = TAILQ_NEXT(host, link);
		if (host->session_count > 0)
			continue;
		if (daemon->going_down || daemon->now >= host->linger_until ||
		    host_socket_count(host) == 0)
			host_free(host);
		else
			daemon_timer_by(daemon, TIMER_HOSTS, daemon->now + CHECK_NS);
	}
	daemon_timer_by(daemon, TIMER_END, daemon->now);
}
