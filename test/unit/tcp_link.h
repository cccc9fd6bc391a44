/* tcp_link: one host on a link whose other end is the test. The test speaks as the peer, in sequence numbers relative to
 * both ends' first (a SYN is 0, the first byte 1), expects what the host sends segment by segment, and moves time. Every
 * stream carries pattern_at, so that a byte in the wrong place is seen. */
#ifndef UNIT_TCP_LINK_H
#define UNIT_TCP_LINK_H

#include "unit/check.h"

#include "host.h"
#include "tcp/connection.h"
#include "tcp/listen.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#include <arpa/inet.h>
#include <berth/berth.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>

#define ME   UINT32_C(0x0a4d0001) /* 10.77.0.1/16 */
#define PEER UINT32_C(0x0a4d0002)

/* A round trip of no time counts as a nanosecond's. */
#define RTO_SHORTEST (200 * MILLISECOND + 1)

enum {
	CLIENT_PORT = 40000,
	SERVER_PORT = 80,
	SENT_MOST = 4096,
	FRAME_MOST = 65549, /* Ethernet's header and the longest packet */
	HEADERS_MOST = 160,
	MSS = 1460,
};

/* What the host sent: headers as numbers, payload as it was judged on the spot. */
struct sent {
	struct tcp_header header;
	uint32_t source, destination;
	uint8_t ttl, tos;
	uint32_t size;   /* payload */
	uint8_t raw[60]; /* the TCP header's bytes */
	uint8_t raw_size;
	bool right_bytes; /* the payload is the pattern's */
};

struct world {
	struct counted_memory memory;
	struct berth_host *host;
	int link;
	uint32_t largest_segment; /* the link's; 0: one frame a segment */
	uint64_t now;
	uint16_t my_port, peer_port;
	uint32_t my_isn, peer_isn;
	uint16_t window;   /* what the peer says of its own */
	bool peer_is_deaf; /* it answers no ARP */
	bool arp_asked;
	uint32_t asked_address;
	bool timestamps;    /* the peer's segments carry them */
	uint32_t timestamp; /* and say this */
	int descriptor;     /* the socket the test is about */
	int listener;
	uint32_t written; /* bytes given to descriptor */
	uint32_t read;    /* and taken from it */
	struct sent sent[SENT_MOST];
	int sent_count;
	int expected; /* how many of them the test has looked at */
};

/* A segment, by the peer or expected from the host. */
struct segment {
	uint8_t flags;
	uint32_t sequence, acknowledgment;
	uint32_t size;
	bool has_window; /* else the world's */
	uint16_t window;
	uint16_t urgent;
	struct tcp_options options;
	uint8_t flip; /* the payload's bytes are not the pattern's */
	uint8_t tos;
};

static inline uint8_t pattern_at(uint32_t sequence)
{
	return (uint8_t)(sequence * 31 + (sequence >> 8) * 7 + (sequence >> 16));
}

/* Every checksum is looked at (RFC 9293, MUST-2). */
static inline void note_sent(struct world *world, const uint8_t *packet, size_t size)
{
	struct ipv4_header ipv4;
	struct tcp_header tcp;
	struct checksum sum = { 0 };

	assert_true(ipv4_parse((struct bytes){ packet, size }, (uint32_t)size, &ipv4));
	struct bytes segment = { packet + ipv4.header_size,
				 (size_t)ipv4.total_size - ipv4.header_size };
	if (ipv4.protocol != PROTOCOL_TCP)
		return;
	assert_true(tcp_parse(segment, &tcp));
	struct address source = address_v4(ipv4.source), target = address_v4(ipv4.destination);
	checksum_add_pseudo(&sum, &source, &target, PROTOCOL_TCP, (uint32_t)segment.size);
	checksum_add(&sum, segment);
	if (world->largest_segment == 0) /* a large one is left to whoever cuts it */
		assert_int_equal(checksum_finish(&sum), 0);

	assert_true(world->sent_count < SENT_MOST);
	struct sent *sent = &world->sent[world->sent_count++];
	*sent = (struct sent){ .header = tcp,
			       .source = ipv4.source,
			       .destination = ipv4.destination,
			       .ttl = ipv4.ttl,
			       .tos = ipv4.tos,
			       .size = (uint32_t)segment.size - tcp.header_size,
			       .raw_size = tcp.header_size,
			       .right_bytes = true };
	memcpy(sent->raw, segment.at, tcp.header_size);
	for (uint32_t index = 0; index < sent->size; index++) {
		if (segment.at[tcp.header_size + index] !=
		    pattern_at(tcp.sequence - world->my_isn + index))
			sent->right_bytes = false;
	}
}

static inline void world_transmit(void *context, struct frame *frame)
{
	static uint8_t bytes[FRAME_MOST];
	struct world *world = context;
	size_t size = frame_copy_out(frame, 0, bytes, sizeof bytes);
	struct ethernet_header ethernet;
	struct arp_packet arp;

	assert_true(ethernet_parse((struct bytes){ bytes, size }, &ethernet));
	struct bytes packet = { bytes + ETHERNET_HEADER_SIZE, size - ETHERNET_HEADER_SIZE };
	if (ethernet.type == ETHERTYPE_IPV4)
		note_sent(world, packet.at, packet.size);
	else if (arp_parse(packet, &arp) && arp.operation == ARP_REQUEST && arp.target != ME) {
		world->arp_asked = true;
		world->asked_address = arp.target;
	}
	frame_free(frame);
}

static inline void world_receive(struct world *world, const void *bytes, size_t size)
{
	assert_int_equal(berth_interface_input(world->host, world->link, bytes, size), 0);
}

/* The peer answers what the host has asked for on the link. */
static inline void world_settle(struct world *world)
{
	uint8_t frame[ETHERNET_HEADER_SIZE + ARP_SIZE];
	struct mac mine = { { 2, 0, 0, 0, 0, 1 } }, theirs = { { 2, 0, 0, 0, 0, 2 } };

	if (!world->arp_asked || world->peer_is_deaf)
		return;
	world->arp_asked = false;
	ethernet_write(frame, &(struct ethernet_header){ mine, theirs, ETHERTYPE_ARP });
	arp_write(frame + ETHERNET_HEADER_SIZE,
		  &(struct arp_packet){ ARP_REPLY, theirs, world->asked_address, mine, ME });
	size_t refusals_after = world->memory.refusals_after;
	world->memory.refusals_after = UNLIMITED; /* the link is not what is tested */
	world_receive(world, frame, sizeof frame);
	world->memory.refusals_after = refusals_after;
}

static inline void world_make(struct world *world)
{
	struct in_addr address = { htonl(ME) };
	struct berth_host_config config = {
		.allocator = &world->memory.allocator,
		.seed = { 7, 7, 7 },
		.now = world->now,
		.receive_buffer = 65536, /* a power of two above the largest unscaled window */
	};
	world->host = berth_host_new(&config);
	assert_non_null(world->host);
	world->host->tcp.tunables.congestion_control = &newreno; /* what it does is easily told */
	world->link =
		interface_add(&world->host->ip, &(struct interface_config){
							.mac = { { 2, 0, 0, 0, 0, 1 } },
							.largest_segment = world->largest_segment,
							.checksums = true,
							.transmit = world_transmit,
							.context = world,
						});
	assert_true(world->link > 0);
	assert_int_equal(berth_address_add(world->host, world->link, address, 16), 0);
}

static inline int world_begin(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	counted_memory_init(&world.memory);
	world.now = 1000 * SECOND;
	world.peer_isn = 0x20000000;
	world.window = 65535;
	world.descriptor = world.listener = -1;
	world_make(&world);
	*state = &world;
	return 0;
}

static inline int world_end(void **state)
{
	struct world *world = *state;
	world->memory.refusals_after = UNLIMITED;
	berth_host_free(world->host);
	check_nothing_leaked(&world->memory);
	return 0;
}

/* The same world from the beginning, for the next of a table's rows. */
static inline void world_again(struct world *world)
{
	void *state = world;
	world_end(&state);
	world_begin(&state);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

/* Time goes on to this moment, from deadline to deadline. */
static inline void world_advance_to(struct world *world, uint64_t then)
{
	world_settle(world);
	for (;;) {
		uint64_t deadline = berth_host_advance(world->host, world->now);
		world_settle(world);
		if (deadline > then || world->now == then)
			break;
		world->now = deadline > world->now ? deadline : world->now;
	}
	world->now = then;
	berth_host_advance(world->host, then);
	world_settle(world);
}

static inline void world_wait(struct world *world, uint64_t ns)
{
	world_advance_to(world, world->now + ns);
}

/* Until the host sends something of its own accord; how long that took. */
static inline uint64_t world_until_sent(struct world *world)
{
	uint64_t start = world->now;

	world_settle(world);
	assert_int_equal(world->expected, world->sent_count);
	while (world->expected == world->sent_count) {
		uint64_t deadline = berth_host_advance(world->host, world->now);
		world_settle(world);
		if (world->expected != world->sent_count)
			break;
		assert_true(deadline != BERTH_NEVER);
		if (deadline > world->now)
			world->now = deadline;
	}
	return world->now - start;
}

static inline struct sockaddr_in address_of(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(address) };
}

static inline struct tcp_connection *connection_of(const struct world *world, int descriptor)
{
	struct socket *socket = socket_find(&world->host->sockets, descriptor);
	assert_non_null(socket);
	return socket->connection;
}

static inline struct tcp_connection *the_connection(const struct world *world)
{
	return connection_of(world, world->descriptor);
}

static inline enum tcp_state state_of(const struct world *world)
{
	return the_connection(world)->state;
}

/* A segment as bytes, headers and all. Returns its size. */
static inline size_t make_segment(const struct world *world, uint8_t *frame,
				  const struct segment *segment)
{
	struct tcp_header tcp = {
		.source_port = world->peer_port,
		.destination_port = world->my_port,
		.sequence = world->peer_isn + segment->sequence,
		.acknowledgment =
			segment->flags & TCP_ACK ? world->my_isn + segment->acknowledgment : 0,
		.flags = segment->flags,
		.window = segment->has_window ? segment->window : world->window,
		.urgent = segment->urgent,
		.options = segment->options,
	};
	if (world->timestamps && !tcp.options.has_timestamps && !(tcp.flags & TCP_RST)) {
		tcp.options.has_timestamps = true;
		tcp.options.timestamp = world->timestamp;
	}
	uint8_t *ip = frame + ETHERNET_HEADER_SIZE, *at = ip + IPV4_HEADER_SIZE;
	size_t header_size = tcp_header_size(&tcp);
	size_t size = header_size + segment->size;

	ethernet_write(frame, &(struct ethernet_header){ { { 2, 0, 0, 0, 0, 1 } },
							 { { 2, 0, 0, 0, 0, 2 } },
							 ETHERTYPE_IPV4 });
	ipv4_write(ip, &(struct ipv4_header){ .total_size = (uint16_t)(IPV4_HEADER_SIZE + size),
					      .tos = segment->tos,
					      .ttl = 64,
					      .protocol = PROTOCOL_TCP,
					      .source = PEER,
					      .destination = ME });
	tcp_write(at, &tcp);
	for (uint32_t index = 0; index < segment->size; index++)
		at[header_size + index] =
			(uint8_t)(pattern_at(segment->sequence + !!(tcp.flags & TCP_SYN) + index) ^
				  segment->flip);

	struct checksum sum = { 0 };
	struct address source = address_v4(PEER), target = address_v4(ME);
	checksum_add_pseudo(&sum, &source, &target, PROTOCOL_TCP, (uint32_t)size);
	checksum_add(&sum, (struct bytes){ at, size });
	put16(at + 16, checksum_finish(&sum));
	return ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE + size;
}

/* The peer sends it. What became of it: the verdict whose count grew. */
static inline enum verdict peer_sends(struct world *world, const struct segment *segment)
{
	static uint8_t frame[FRAME_MOST];
	uint64_t before[VERDICT_COUNT];

	world_settle(world);
	memcpy(before, world->host->ip.counts, sizeof before);
	world_receive(world, frame, make_segment(world, frame, segment));
	world_settle(world);
	for (int verdict = VERDICT_COUNT - 1; verdict > DELIVERED; verdict--) {
		if (world->host->ip.counts[verdict] != before[verdict])
			return (enum verdict)verdict;
	}
	return DELIVERED;
}

/* PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1) */
#define PEER_SENDS(world, ...) peer_sends(world, &(struct segment){ __VA_ARGS__ })

/* The next segment the host sent is this one, whatever its PSH; its acknowledgment is looked at where it has one. */
static inline const struct sent *expect_sent(struct world *world, const struct segment *expected)
{
	world_settle(world);
	assert_true(world->expected < world->sent_count);
	const struct sent *sent = &world->sent[world->expected++];
	const struct tcp_header *header = &sent->header;

	assert_int_equal(header->flags & ~TCP_PSH, expected->flags & ~TCP_PSH);
	assert_int_equal(header->sequence - world->my_isn, expected->sequence);
	if (header->flags & TCP_ACK)
		assert_int_equal(header->acknowledgment - world->peer_isn,
				 expected->acknowledgment);
	assert_int_equal(sent->size, expected->size);
	assert_true(sent->right_bytes);
	assert_int_equal(header->source_port, world->my_port);
	assert_int_equal(header->destination_port, world->peer_port);
	return sent;
}

#define SENDS(world, ...) expect_sent(world, &(struct segment){ __VA_ARGS__ })

static inline void expect_silence(struct world *world)
{
	world_settle(world);
	assert_int_equal(world->sent_count, world->expected);
}

/* Whatever was sent until now was somebody else's question. */
static inline void world_forget_sent(struct world *world)
{
	world_settle(world);
	world->sent_count = world->expected = 0;
}

#endif
