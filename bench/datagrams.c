/* datagrams: libberth's UDP alone, hosts in one process: how many 64-byte datagrams a second one core carries from a host
 * to another; and what one sent to a group of a hundred members costs beside a hundred sent one by one.
 *
 *   datagrams [-r ROUNDS] [-t MILLISECONDS] */
#include "sides/sample.h"

#include <arpa/inet.h>
#include <berth/berth.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PORT = 7, SIZE = 64, BATCH = 32, MEMBERS = 100 };

#define GROUP UINT32_C(0xef010203) /* 239.1.2.3 */

struct crowd {
	struct berth_lan *lan;
	uint64_t now;
	struct berth_host *sender, *members[MEMBERS];
	int from, at[MEMBERS];
	int count;
};

static void *allocate(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *at, size_t size)
{
	(void)context, (void)size;
	free(at);
}

static const struct berth_allocator allocator = { allocate, release, NULL };

static struct sockaddr_in name_of(uint32_t address)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(PORT),
				     .sin_addr.s_addr = htonl(address) };
}

static uint32_t address_of(int number)
{
	return 0x0a4d0001u + (uint32_t)number;
}

static void advance(struct crowd *crowd, uint64_t ns)
{
	crowd->now += ns;
	berth_lan_advance(crowd->lan, crowd->now);
}

static struct berth_host *plug(struct crowd *crowd, int number, int *descriptor)
{
	struct berth_host *host = berth_host_new(&(struct berth_host_config){
		.allocator = &allocator, .seed = { (uint8_t)number }, .now = crowd->now });
	const uint8_t mac[6] = { 2, 0, 0, 0, 1, (uint8_t)number };
	struct sockaddr_in any = name_of(INADDR_ANY);

	if (!host)
		exit(1);
	int interface = berth_lan_plug(crowd->lan, host, mac);
	berth_address_add(host, interface, name_of(address_of(number)).sin_addr, 16);
	*descriptor = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	if (berth_bind(host, *descriptor, (struct sockaddr *)&any, sizeof any) < 0)
		exit(1);
	return host;
}

/* A sender, and so many others, all members of the group. */
static void begin(struct crowd *crowd, int count)
{
	const struct ip_mreqn group = { .imr_multiaddr.s_addr = htonl(GROUP) };

	*crowd = (struct crowd){ .now = 1, .count = count };
	crowd->lan = berth_lan_new(
		&(struct berth_lan_config){ .allocator = &allocator, .now = crowd->now });
	crowd->sender = plug(crowd, 0, &crowd->from);
	for (int index = 0; index < count; index++) {
		crowd->members[index] = plug(crowd, index + 1, &crowd->at[index]);
		berth_setsockopt(crowd->members[index], crowd->at[index], IPPROTO_IP,
				 IP_ADD_MEMBERSHIP, &group, sizeof group);
	}
	advance(crowd, UINT64_C(20000000000)); /* whatever joining makes them say is said */
}

static void end(struct crowd *crowd)
{
	for (int index = 0; index < crowd->count; index++)
		berth_host_free(crowd->members[index]);
	berth_host_free(crowd->sender);
	berth_lan_free(crowd->lan);
}

static void send_to(struct crowd *crowd, uint32_t address)
{
	static const uint8_t bytes[SIZE];
	struct sockaddr_in name = name_of(address);

	if (berth_sendto(crowd->sender, crowd->from, bytes, SIZE, 0, (struct sockaddr *)&name,
			 sizeof name) != SIZE)
		exit(1);
}

static void receive(struct crowd *crowd, int index)
{
	uint8_t bytes[SIZE];

	if (berth_recv(crowd->members[index], crowd->at[index], bytes, SIZE, 0) != SIZE)
		exit(1);
}

static void pass_batch(struct crowd *crowd)
{
	for (int index = 0; index < BATCH; index++)
		send_to(crowd, address_of(1));
	advance(crowd, 1000);
	for (int index = 0; index < BATCH; index++)
		receive(crowd, 0);
}

static void pass_to_group(struct crowd *crowd)
{
	send_to(crowd, GROUP);
	advance(crowd, 1000);
	for (int index = 0; index < crowd->count; index++)
		receive(crowd, index);
}

static void pass_to_each(struct crowd *crowd)
{
	for (int index = 0; index < crowd->count; index++)
		send_to(crowd, address_of(index + 1));
	advance(crowd, 1000);
	for (int index = 0; index < crowd->count; index++)
		receive(crowd, index);
}

/* How long one pass takes, ns. */
static double measure(int count, void (*pass)(struct crowd *), uint64_t duration_ns)
{
	struct crowd crowd;
	uint64_t passes = 0;

	begin(&crowd, count);
	pass(&crowd); /* neighbours are found */
	uint64_t start = sample_clock(), now = start;
	for (; now < start + duration_ns; now = sample_clock(), passes++)
		pass(&crowd);
	end(&crowd);
	return (double)(now - start) / (double)passes;
}

int main(int argc, char **argv)
{
	struct sample one = { 0 }, group = { 0 }, each = { 0 };
	int rounds = 7, milliseconds = 200;

	for (int option; (option = getopt(argc, argv, "r:t:")) != -1;) {
		if (option == 'r')
			rounds = atoi(optarg);
		else if (option == 't')
			milliseconds = atoi(optarg);
		else
			return 2;
	}
	for (int round = 0; round < rounds; round++) {
		uint64_t duration_ns = (uint64_t)milliseconds * 1000000;
		sample_add(&one, measure(1, pass_batch, duration_ns));
		sample_add(&group, measure(MEMBERS, pass_to_group, duration_ns));
		sample_add(&each, measure(MEMBERS, pass_to_each, duration_ns));
	}
	double rate = BATCH * 1e3 / sample_median(&one);
	double cost = sample_median(&group) / sample_median(&each);
	printf("  64-byte datagrams, the library alone: %.2f M/s  >= 3.00  %s\n", rate,
	       rate >= 3 ? "reached" : "NOT REACHED");
	printf("  to a group of %d, beside as many one by one: %.2f of the cost  <= 1.50  %s\n",
	       MEMBERS, cost, cost <= 1.5 ? "reached" : "NOT REACHED");
	return 0;
}
