/* fuzz_host: the input is a script of what happens to one host: frames, raw or dressed so far as to get somewhere, time,
 * and its own programs' calls, all mixed. Dressed means: checksums right, and sequence numbers counted from what the host
 * last said of the connection, so that depth is reached.
 *
 * What must hold: no promise of libberth's is broken (assert traps), memory stays under a bound, and none is left when the
 * host is gone. */
#include "base/assert.h"
#include "simulation/counted.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"
#include "wire/mld.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <berth/berth.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STEPS_MOST = 1000,
	FLOWS_MOST = 8,
	SOCKETS_MOST = 16,
	BUFFER_MOST = 1 << 16,
	FRAME_MOST = 2048,
	MEMORY_MOST =
		64
		<< 20, /* what all queues may hold at SO_SNDBUF's and SO_RCVBUF's most, and some */
};

static const struct mac host_mac = { { 2, 0, 0, 0, 0, 1 } };
static const struct mac peer_mac = { { 2, 0, 0, 0, 0, 2 } };
#define HOST UINT32_C(0x0a000001)
#define PEER UINT32_C(0x0a000002)

/* What the host last said on one connection. */
struct flow {
	uint16_t local, peer;
	uint32_t next;         /* what would follow its last octet */
	uint32_t acknowledged; /* what it awaits */
	uint32_t timestamp;
	uint32_t said; /* the peer's own last acknowledgment */
};

struct room {
	struct bytes script;
	struct counted memory;
	struct berth_host *host;
	int interface;
	struct flow flows[FLOWS_MOST];
	uint32_t flow_count; /* ever seen; the newest replace the oldest */
};

/* The script, read to its end and zeros from there on. */
static uint8_t take8(struct room *room)
{
	if (room->script.size == 0)
		return 0;
	uint8_t byte = room->script.at[0];
	room->script = bytes_after(room->script, 1);
	return byte;
}

static uint16_t take16(struct room *room)
{
	uint16_t high = take8(room);
	return (uint16_t)(high << 8 | take8(room));
}

static struct bytes take(struct room *room, size_t size)
{
	if (size > room->script.size)
		size = room->script.size;
	struct bytes taken = { room->script.at, size };
	room->script = bytes_after(room->script, size);
	return taken;
}

/* A small number as it stands; the others far off, where windows end and numbers wrap. */
static uint32_t take_offset(struct room *room)
{
	static const uint32_t far[] = { 0x7fffffff, 0x80000000, 0x80000001, 0xffff,
					0x10000,    0x100000,   0xffff0000, 0x40000000 };
	int8_t byte = (int8_t)take8(room);
	if (byte < -100)
		return far[(uint8_t)byte % 8];
	return byte > 100 ? (uint32_t)(byte - 100) * 1448 : (uint32_t)byte;
}

static struct flow *flow_of(struct room *room, uint16_t local, uint16_t peer)
{
	uint32_t known = room->flow_count < FLOWS_MOST ? room->flow_count : FLOWS_MOST;

	for (uint32_t index = 0; index < known; index++) {
		if (room->flows[index].local == local && room->flows[index].peer == peer)
			return &room->flows[index];
	}
	struct flow *flow = &room->flows[room->flow_count++ % FLOWS_MOST];
	*flow = (struct flow){ .local = local, .peer = peer };
	return flow;
}

static size_t gather(uint8_t *to, size_t room, const struct iovec *pieces, int count)
{
	size_t size = 0;
	for (int index = 0; index < count; index++) {
		size_t left = room - size;
		size_t part = pieces[index].iov_len < left ? pieces[index].iov_len : left;
		memcpy(to + size, pieces[index].iov_base, part);
		size += part;
	}
	return size;
}

/* What the host sends: well formed, whatever it was sent; and news of its connections. */
static void transmit(void *context, const struct iovec *pieces, int count)
{
	struct room *room = context;
	static uint8_t bytes[BUFFER_MOST];
	struct bytes frame = { bytes, gather(bytes, sizeof bytes, pieces, count) };
	struct ethernet_header ethernet;
	struct ipv4_header ipv4;
	struct tcp_header tcp;

	assert(ethernet_parse(frame, &ethernet) && mac_equal(&ethernet.source, &host_mac));
	if (ethernet.type != ETHERTYPE_IPV4)
		return;
	struct bytes packet = bytes_after(frame, ETHERNET_HEADER_SIZE);
	assert(ipv4_parse(packet, packet.size, &ipv4) && ipv4.total_size == packet.size);
	assert(ipv4_checksum_holds((struct bytes){ packet.at, ipv4.header_size }));
	if (ipv4.protocol != PROTOCOL_TCP)
		return;
	struct bytes segment = bytes_after(packet, ipv4.header_size);
	assert(tcp_parse(segment, &tcp));
	struct checksum sum = { 0 };
	struct address source = address_v4(ipv4.source);
	struct address destination = address_v4(ipv4.destination);
	checksum_add_pseudo(&sum, &source, &destination, PROTOCOL_TCP, (uint32_t)segment.size);
	checksum_add(&sum, segment);
	assert(checksum_finish(&sum) == 0);

	struct flow *flow = flow_of(room, tcp.source_port, tcp.destination_port);
	uint32_t length = (uint32_t)segment.size - tcp.header_size + !!(tcp.flags & TCP_SYN) +
			  !!(tcp.flags & TCP_FIN);
	flow->next = tcp.sequence + length;
	if (tcp.flags & TCP_ACK)
		flow->acknowledged = tcp.acknowledgment;
	flow->timestamp = tcp.options.timestamp;
}

static void put_in(struct room *room, const uint8_t *frame, size_t size)
{
	int result = berth_interface_input(room->host, room->interface, frame, size);
	assert(result == 0 || result == -ENOMEM);
}

static void put_ethernet(uint8_t *frame, uint16_t type)
{
	ethernet_write(frame, &(struct ethernet_header){ host_mac, peer_mac, type });
}

/* A packet of so many bytes, whose transport part stands behind the header already. */
static void put_packet(struct room *room, uint8_t *frame, uint8_t protocol, size_t size)
{
	struct ipv4_header ipv4 = {
		.total_size = (uint16_t)(IPV4_HEADER_SIZE + size),
		.ttl = 64,
		.protocol = protocol,
		.source = PEER,
		.destination = HOST,
	};
	put_ethernet(frame, ETHERTYPE_IPV4);
	ipv4_write(frame + ETHERNET_HEADER_SIZE, &ipv4);
	put_in(room, frame, ETHERNET_HEADER_SIZE + ipv4.total_size);
}

static void raw_frame(struct room *room)
{
	uint8_t frame[FRAME_MOST];
	struct bytes bytes = take(room, take8(room));
	memcpy(frame, bytes.at, bytes.size);
	put_in(room, frame, bytes.size);
}

static void raw_packet(struct room *room)
{
	uint8_t frame[FRAME_MOST];
	struct bytes bytes = take(room, take8(room));
	put_ethernet(frame, ETHERTYPE_IPV4);
	memcpy(frame + ETHERNET_HEADER_SIZE, bytes.at, bytes.size);
	put_in(room, frame, ETHERNET_HEADER_SIZE + bytes.size);
}

/* A packet with options of the script's, of any protocol, whose header's checksum is right. */
static void packet_with_options(struct room *room)
{
	uint8_t frame[FRAME_MOST] = { 0 };
	uint8_t *packet = frame + ETHERNET_HEADER_SIZE;
	uint8_t shape = take8(room);
	size_t header = IPV4_HEADER_SIZE + shape % 11 * 4;
	struct checksum sum = { 0 };
	struct ipv4_header ipv4 = {
		.ttl = take8(room),
		.protocol = take8(room),
		.source = PEER + shape / 11 % 2,
		.destination = HOST + (shape & 0x80 ? take8(room) : 0),
		.fragment_offset = shape & 0x40 ? 8 : 0,
	};
	struct bytes options = take(room, header - IPV4_HEADER_SIZE);
	struct bytes payload = take(room, take8(room));

	ipv4.total_size = (uint16_t)(header + payload.size);
	put_ethernet(frame, ETHERTYPE_IPV4);
	ipv4_write(packet, &ipv4);
	packet[0] = (uint8_t)(4 << 4 | header / 4);
	memcpy(packet + IPV4_HEADER_SIZE, options.at, options.size);
	memcpy(packet + header, payload.at, payload.size);
	put16(packet + 10, 0);
	checksum_add(&sum, (struct bytes){ packet, header });
	put16(packet + 10, checksum_finish(&sum));
	put_in(room, frame, ETHERNET_HEADER_SIZE + ipv4.total_size);
}

static void arp_frame(struct room *room)
{
	uint8_t frame[ETHERNET_HEADER_SIZE + ARP_SIZE];
	struct arp_packet arp = { .operation = take8(room),
				  .sender_mac = peer_mac,
				  .sender = PEER + take8(room),
				  .target_mac = host_mac,
				  .target = HOST };
	put_ethernet(frame, ETHERTYPE_ARP);
	arp_write(frame + ETHERNET_HEADER_SIZE, &arp);
	put_in(room, frame, sizeof frame);
}

/* A segment with these fields, options and payload of the script's, and a right checksum. */
static void put_segment(struct room *room, struct tcp_header *tcp, struct bytes options,
			size_t payload)
{
	uint8_t frame[FRAME_MOST] = { 0 };
	uint8_t *at = frame + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
	struct checksum sum = { 0 };
	struct address source = address_v4(PEER), destination = address_v4(HOST);
	size_t header = TCP_HEADER_SIZE + (options.size + 3) / 4 * 4;

	tcp->options = (struct tcp_options){ 0 };
	tcp_write(at, tcp);
	at[12] = (uint8_t)(header / 4 << 4);
	memcpy(at + TCP_HEADER_SIZE, options.at, options.size);
	checksum_add_pseudo(&sum, &source, &destination, PROTOCOL_TCP,
			    (uint32_t)(header + payload));
	checksum_add(&sum, (struct bytes){ at, header + payload });
	put16(at + 16, checksum_finish(&sum));
	put_packet(room, frame, PROTOCOL_TCP, header + payload);
}

static struct bytes timestamps(uint8_t to[12], const struct flow *flow, uint32_t value)
{
	to[0] = to[1] = 1;
	to[2] = 8;
	to[3] = 10;
	put32(to + 4, value);
	put32(to + 8, flow->timestamp);
	return (struct bytes){ to, 12 };
}

/* A segment on a connection the host has spoken on. */
static void segment_on_flow(struct room *room)
{
	struct flow *flow = &room->flows[take8(room) % FLOWS_MOST];
	uint8_t flags = take8(room), shape = take8(room), room_for_options[12];
	struct tcp_header tcp = {
		.source_port = flow->peer,
		.destination_port = flow->local,
		.sequence = flow->acknowledged + (shape & 1 ? take_offset(room) : 0),
		.acknowledgment = (shape & 32 ? flow->said : flow->next) +
				  (shape & 2 ? take_offset(room) : 0),
		.flags = flags,
		.window = shape & 4 ? take16(room) : UINT16_MAX,
	};
	struct bytes options = { room_for_options, 0 };
	flow->said = tcp.acknowledgment;
	if (shape & 8)
		options = take(room, take8(room) % (TCP_OPTIONS_MOST + 1));
	else if (flow->timestamp)
		options = timestamps(room_for_options, flow,
				     (uint32_t)(berth_host_now(room->host) / 1000000));
	put_segment(room, &tcp, options, shape & 16 ? take16(room) % 1461 : 0);
}

/* The beginning of one. */
static void syn(struct room *room)
{
	static const uint8_t usual[] = { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0,
					 0, 1, 0,    0,    0, 0, 1, 3,  3, 7 };
	uint8_t ports = take8(room);
	struct tcp_header tcp = {
		.source_port = (uint16_t)(1000 + ports / 8),
		.destination_port = (uint16_t)(80 + ports % 4),
		.sequence = (uint32_t)take16(room) << 16 | UINT16_MAX,
		.flags = TCP_SYN,
		.window = UINT16_MAX,
	};
	struct bytes options = { usual, ports & 4 ? sizeof usual : 4 };
	flow_of(room, tcp.destination_port, tcp.source_port)->acknowledged = tcp.sequence + 1;
	put_segment(room, &tcp, options, 0);
}

/* Bad news of what the host last sent. */
static void icmp_about_flow(struct room *room)
{
	const struct flow *flow = &room->flows[take8(room) % FLOWS_MOST];
	uint8_t frame[ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE + ICMP_HEADER_SIZE +
		      IPV4_HEADER_SIZE + 8] = { 0 };
	uint8_t *message = frame + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
	uint8_t *quoted = message + ICMP_HEADER_SIZE;
	size_t size = ICMP_HEADER_SIZE + IPV4_HEADER_SIZE + 8;
	struct checksum sum = { 0 };
	struct ipv4_header ipv4 = {
		.total_size = 100,
		.ttl = 64,
		.protocol = PROTOCOL_TCP,
		.source = HOST,
		.destination = PEER,
	};

	uint8_t type = take8(room), code = take8(room);
	icmp_write(message, type, code, take16(room));
	ipv4_write(quoted, &ipv4);
	put16(quoted + IPV4_HEADER_SIZE, flow->local);
	put16(quoted + IPV4_HEADER_SIZE + 2, flow->peer);
	put32(quoted + IPV4_HEADER_SIZE + 4, flow->next - 1 + take_offset(room));
	checksum_add(&sum, (struct bytes){ message, size });
	put16(message + 2, checksum_finish(&sum));
	put_packet(room, frame, PROTOCOL_ICMP, size);
}

/* A datagram that is right, from one of few ports to one of few, to the host or to all. */
static void datagram(struct room *room)
{
	uint8_t frame[FRAME_MOST] = { 0 };
	uint8_t *at = frame + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
	uint8_t ports = take8(room);
	uint16_t size = (uint16_t)(UDP_HEADER_SIZE + take16(room) % 1400);

	udp_write(at, &(struct udp_header){ .source_port = (uint16_t)(80 + ports / 4 % 4),
					    .destination_port = (uint16_t)(80 + ports % 4),
					    .size = size });
	put_packet(room, frame, PROTOCOL_UDP, size);
}

/* A fragment of one of few packets, which the others may complete or overlap. */
static void fragment(struct room *room)
{
	uint8_t frame[FRAME_MOST] = { 0 };
	uint8_t *payload = frame + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
	uint8_t shape = take8(room), where = take8(room);
	uint16_t size = (uint16_t)(take8(room) % 8 * 184 + (shape & 0x40 ? take8(room) : 0));
	struct ipv4_header ipv4 = {
		.total_size = (uint16_t)(IPV4_HEADER_SIZE + size),
		.identification = shape % 4,
		.more_fragments = shape & 4,
		.fragment_offset = (uint16_t)(shape & 0x80 ? where * 256 : where % 16 * 184),
		.tos = shape >> 3 & 3,
		.ttl = 64,
		.protocol = shape & 0x20 ? PROTOCOL_TCP : PROTOCOL_UDP,
		.source = PEER,
		.destination = HOST,
	};
	udp_write(payload, &(struct udp_header){ 80, 80, (uint16_t)(size * 2), 0 });
	put_ethernet(frame, ETHERTYPE_IPV4);
	ipv4_write(frame + ETHERNET_HEADER_SIZE, &ipv4);
	put_in(room, frame, ETHERNET_HEADER_SIZE + ipv4.total_size);
}

/* A message of MLD's, of the script's bytes, that is judged no further than by what it says: from the link, with a router
 * alert, its checksum right. */
static void group_message(struct room *room)
{
	static const uint8_t types[] = { ICMP6_MLD_QUERY, ICMP6_MLD_REPORT, ICMP6_MLD_DONE,
					 ICMP6_MLD_REPORT_V2 };
	static const struct address peer = { .bytes = { 0xfe, 0x80, [15] = 2 } };
	static const struct address all_nodes = { .bytes = { 0xff, 2, [15] = 1 } };
	uint8_t frame[FRAME_MOST] = { 0 };
	uint8_t *alert = frame + ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE;
	uint8_t *message = alert + IPV6_ROUTER_ALERT_SIZE;
	struct checksum sum = { 0 };
	uint8_t type = take8(room);
	struct bytes body = take(room, take8(room));
	uint32_t size = (uint32_t)(4 + body.size);

	message[0] = types[type % 4];
	if (body.size > 0)
		memcpy(message + 4, body.at, body.size);
	checksum_add_pseudo(&sum, &peer, &all_nodes, PROTOCOL_ICMP6, size);
	checksum_add(&sum, (struct bytes){ message, size });
	put16(message + ICMP6_CHECKSUM_AT, checksum_finish(&sum));
	ipv6_write_router_alert(alert, PROTOCOL_ICMP6);
	const struct ipv6_header ipv6 = {
		.payload_size = (uint16_t)(IPV6_ROUTER_ALERT_SIZE + size),
		.next_header = PROTOCOL_HOP_BY_HOP,
		.hop_limit = type & 4 ? 2 : 1,
		.source = peer,
		.destination = all_nodes,
	};
	put_ethernet(frame, ETHERTYPE_IPV6);
	ipv6_write(frame + ETHERNET_HEADER_SIZE, &ipv6);
	put_in(room, frame, ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE + ipv6.payload_size);
}

/* 1 ns to some hours. */
static void time_passes(struct room *room)
{
	uint64_t step = (UINT64_C(1) << take8(room) % 44) + take8(room);
	berth_host_advance(room->host, berth_host_now(room->host) + step);
}

static void memory_runs_out(struct room *room)
{
	room->memory.until_refusal = take8(room);
}

static int descriptor_of(struct room *room)
{
	return take8(room) % (SOCKETS_MOST + 1) - 1;
}

static struct sockaddr_in name_of(struct room *room)
{
	static const uint32_t addresses[] = { INADDR_ANY, HOST,       PEER,       INADDR_LOOPBACK,
					      PEER + 1,   0xe0000001, 0x0a0000ff, 0x0b000001 };
	uint8_t byte = take8(room);
	return (struct sockaddr_in){
		.sin_family = byte < 250 ? AF_INET : AF_UNSPEC,
		.sin_addr.s_addr = htonl(addresses[byte % 8]),
		.sin_port = htons((uint16_t)(byte & 0x80 ? 0 : 80 + byte / 8 % 4)),
	};
}

static void call_socket(struct room *room)
{
	int type = take8(room);
	int family = type % 8 == 7 ? AF_INET6 : AF_INET;
	int kind = type % 8 == 3 ? SOCK_DGRAM : SOCK_STREAM;
	int protocol = 0;

	if (type % 8 == 5) { /* a ping socket, or a raw one */
		static const int raw[] = { IPPROTO_ICMP, IPPROTO_ICMP, IPPROTO_UDP, IPPROTO_RAW };
		kind = type & 8 ? SOCK_DGRAM : SOCK_RAW;
		protocol = raw[type & 8 ? 0 : type >> 4 & 3];
	}
	berth_socket(room->host, family, type < 250 ? kind : type, protocol);
}

static void call_bind(struct room *room)
{
	struct sockaddr_in name = name_of(room);
	berth_bind(room->host, descriptor_of(room), (struct sockaddr *)&name, sizeof name);
}

static void call_listen(struct room *room)
{
	berth_listen(room->host, descriptor_of(room), (int8_t)take8(room));
}

static void call_listen_room(struct room *room)
{
	int descriptor = descriptor_of(room);
	berth_listen_room(room->host, descriptor, (int8_t)take8(room));
}

static void call_accept(struct room *room)
{
	struct sockaddr_storage name;
	socklen_t size = take8(room);
	if (size > sizeof name)
		size = sizeof name;
	berth_accept(room->host, descriptor_of(room), (struct sockaddr *)&name, &size);
}

static void call_connect(struct room *room)
{
	struct sockaddr_in name = name_of(room);
	berth_connect(room->host, descriptor_of(room), (struct sockaddr *)&name, sizeof name);
}

static void call_send(struct room *room)
{
	static const uint8_t zeros[BUFFER_MOST];
	int descriptor = descriptor_of(room);
	size_t size = take16(room);
	berth_send(room->host, descriptor, zeros, size, take8(room) & 1 ? MSG_MORE : 0);
}

static void call_send_in_place(struct room *room)
{
	int descriptor = descriptor_of(room);
	struct iovec place;
	size_t size = take16(room);
	if (berth_send_reserve(room->host, descriptor, &place) < 0)
		return;
	if (size > place.iov_len)
		size = place.iov_len;
	memset(place.iov_base, 1, size);
	berth_send_commit(room->host, descriptor, size);
}

static void call_recv(struct room *room)
{
	static uint8_t bytes[BUFFER_MOST];
	static const int flags[] = { 0, MSG_PEEK, MSG_TRUNC, MSG_OOB };
	int descriptor = descriptor_of(room);
	size_t size = take16(room);
	berth_recv(room->host, descriptor, bytes, size, flags[take8(room) % 4]);
}

static void call_recv_in_place(struct room *room)
{
	static uint8_t bytes[BUFFER_MOST];
	struct iovec pieces[3];
	int descriptor = descriptor_of(room);
	int count = berth_recv_peek(room->host, descriptor, pieces, 3);
	if (count > 0) /* all of it is there to be read */
		gather(bytes, sizeof bytes, pieces, count);
	berth_recv_consume(room->host, descriptor, take16(room));
}

/* With control messages, some of them the script's. */
static void call_sendmsg(struct room *room)
{
	static uint8_t zeros[BUFFER_MOST];
	_Alignas(struct cmsghdr) uint8_t controls[64] = { 0 };
	int descriptor = descriptor_of(room);
	struct sockaddr_in name = name_of(room);
	struct iovec pieces[] = { { zeros, take16(room) }, { zeros, take8(room) } };
	struct cmsghdr header = { .cmsg_len = CMSG_LEN(take8(room) % 16),
				  .cmsg_level = IPPROTO_IP,
				  .cmsg_type = take8(room) % 16 };
	struct bytes data = take(room, 16);
	struct msghdr message = { .msg_name = &name,
				  .msg_namelen = sizeof name,
				  .msg_iov = pieces,
				  .msg_iovlen = 2,
				  .msg_control = controls,
				  .msg_controllen = take8(room) % sizeof controls };

	memcpy(controls, &header, sizeof header);
	memcpy(controls + sizeof header, data.at, data.size);
	berth_sendmsg(room->host, descriptor, &message, 0);
}

static void call_recvmsg(struct room *room)
{
	static const int flags[] = { 0, MSG_PEEK, MSG_TRUNC, MSG_PEEK | MSG_TRUNC };
	uint8_t bytes[256], controls[256];
	int descriptor = descriptor_of(room);
	struct sockaddr_in6 name;
	struct iovec piece = { bytes, take8(room) };
	struct msghdr message = { .msg_name = &name,
				  .msg_namelen = take8(room) % (sizeof name + 1),
				  .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = controls,
				  .msg_controllen = take8(room) };

	berth_recvmsg(room->host, descriptor, &message, flags[take8(room) % 4]);
	assert(message.msg_controllen <= sizeof controls);
}

static void call_shutdown(struct room *room)
{
	int descriptor = descriptor_of(room);
	berth_shutdown(room->host, descriptor, take8(room) % 4);
}

static void call_close(struct room *room)
{
	berth_close(room->host, descriptor_of(room));
}

static const int levels[] = { SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP, IPPROTO_UDP, IPPROTO_IPV6 };

static void call_setsockopt(struct room *room)
{
	int descriptor = descriptor_of(room);
	int level = levels[take8(room) % 5], name = take8(room);
	struct bytes value = take(room, take8(room) % 33);
	uint8_t bytes[33] = { 0 };
	memcpy(bytes, value.at, value.size);
	berth_setsockopt(room->host, descriptor, level, name, bytes, (socklen_t)value.size);
}

static void call_getsockopt(struct room *room)
{
	uint8_t bytes[256] = { 0 };
	int descriptor = descriptor_of(room);
	int level = levels[take8(room) % 5], name = take8(room);
	socklen_t size = take8(room);
	berth_getsockopt(room->host, descriptor, level, name, bytes, &size);
	assert(size <= sizeof bytes);
}

static void call_names(struct room *room)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof name;
	int descriptor = descriptor_of(room);
	berth_getsockname(room->host, descriptor, (struct sockaddr *)&name, &size);
	size = sizeof name;
	berth_getpeername(room->host, descriptor, (struct sockaddr *)&name, &size);
	berth_poll(room->host, descriptor);
}

static void see_socket(void *context, const struct berth_socket_info *info)
{
	(void)context;
	assert(berth_tcp_state_name(info->state));
}

static void call_events(struct room *room)
{
	struct berth_event events[4];
	int count = berth_events(room->host, events, 4);
	for (int index = 0; index < count; index++)
		assert(berth_poll(room->host, events[index].descriptor) >= 0);
	berth_host_sockets(room->host, see_socket, NULL);
}

static void (*const steps[])(struct room *) = {
	raw_frame,
	raw_packet,
	arp_frame,
	segment_on_flow,
	syn,
	icmp_about_flow,
	time_passes,
	memory_runs_out,
	call_socket,
	call_bind,
	call_listen,
	call_accept,
	call_connect,
	call_send,
	call_send_in_place,
	call_recv,
	call_recv_in_place,
	call_shutdown,
	call_close,
	call_setsockopt,
	call_getsockopt,
	call_names,
	call_events,
	packet_with_options,
	call_listen_room,
	datagram,
	fragment,
	group_message,
	call_sendmsg,
	call_recvmsg,
};

static bool open_host(struct room *room)
{
	uint8_t sizes = take8(room);
	struct berth_host_config config = {
		.allocator = &room->memory.allocator,
		.now = 1,
		.send_buffer = 1u << (12 + sizes % 5),
		.receive_buffer = 1u << (12 + sizes / 5 % 5),
		.most_sockets = SOCKETS_MOST,
	};
	struct berth_interface_config link = {
		.mac = { 2, 0, 0, 0, 0, 1 },
		.mtu = sizes & 0x80 ? 576 : 1500,
		.transmit = transmit,
		.context = room,
	};

	room->host = berth_host_new(&config);
	if (!room->host)
		return false;
	room->interface = berth_interface_add(room->host, &link);
	struct in_addr address = { htonl(HOST) };
	return room->interface > 0 &&
	       berth_address_add(room->host, room->interface, address, 24) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct room room;

	room = (struct room){ .script = { data, size } };
	counted_init(&room.memory);
	bool opened = open_host(&room);
	assert(opened);
	for (unsigned step = 0; step < STEPS_MOST && room.script.size > 0; step++) {
		steps[take8(&room) % (sizeof steps / sizeof steps[0])](&room);
		assert(room.memory.outstanding <= MEMORY_MOST);
	}
	berth_host_advance(room.host, berth_host_now(room.host));
	berth_host_free(room.host);
	assert(room.memory.outstanding == 0);
	return 0;
}
