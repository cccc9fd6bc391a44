/* output: from a protocol's packet to the interface and the neighbour it goes to, or back to ourselves (ip.h). Of what
 * is broadcast the host's own programs hear too, by way of lo. */
#include "ip/hop.h"
#include "wire/cut.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#include <errno.h>

enum { TTL_DEFAULT = 64 }; /* RFC 1700 */

/* A keyed permutation of 16 bits (four rounds of Feistel): a counter seen through it repeats no sooner, and tells nobody
 * how much we send. */
static uint16_t scramble(const struct siphash_key *key, uint16_t value)
{
	uint8_t left = (uint8_t)(value >> 8), right = (uint8_t)value;

	for (uint8_t round = 0; round < 4; round++) {
		uint8_t message[] = { round, right };
		uint64_t hash = siphash(key, (struct bytes){ message, sizeof message });
		uint8_t mixed = (uint8_t)(left ^ hash);
		left = right;
		right = mixed;
	}
	return (uint16_t)(left << 8 | right);
}

/* RFC 6864: it matters only where the packet may be cut on its way. Else it is 0, from where a large segment's pieces count
 * up (wire/cut.h). */
static uint16_t choose_identification(struct ip *ip, bool dont_fragment)
{
	if (dont_fragment)
		return 0;
	return scramble(&ip->identification_key, (uint16_t)ip->identification++);
}

/* RFC 6437, 3: the same for all of a flow, and nothing that can be guessed from another's. */
static uint32_t choose_flow(const struct ip *ip, const struct ip_send *send,
			    const struct address *source, const struct frame *frame)
{
	enum { PORTS_AT = 33, MESSAGE_SIZE = PORTS_AT + 4, MASK = 0xfffff };
	uint8_t message[MESSAGE_SIZE] = { 0 };

	if (send->flow)
		return send->flow & MASK;
	memcpy(message, source->bytes, 16);
	memcpy(message + 16, send->destination.bytes, 16);
	message[PORTS_AT - 1] = send->protocol;
	if (send->protocol == PROTOCOL_TCP || send->protocol == PROTOCOL_UDP)
		memcpy(message + PORTS_AT, frame->head, MESSAGE_SIZE - PORTS_AT);
	uint32_t flow = siphash(&ip->flow_key, (struct bytes){ message, sizeof message }) & MASK;
	return flow ? flow : 1; /* 0 is no label */
}

static uint32_t header_size_of(const struct ip_send *send)
{
	return address_is_v4(&send->destination) ? IPV4_HEADER_SIZE : IPV6_HEADER_SIZE;
}

/* Its pieces, where it may be cut, are the sender's to make fit. */
static bool fits(const struct interface *interface, const struct ip_send *send,
		 const struct frame *frame)
{
	uint32_t size = header_size_of(send) + frame_size(frame);

	if (frame->segment_size == 0)
		return size <= interface->mtu;
	return interface->largest_segment > 0 && frame->segment_size < interface->mtu &&
	       size <= INTERFACE_MTU_MOST;
}

static bool may_be_cut(const struct ip_send *send, const struct frame *frame)
{
	return address_is_v4(&send->destination) && !send->dont_fragment &&
	       frame->segment_size == 0 &&
	       IPV4_HEADER_SIZE + frame_size(frame) <= INTERFACE_MTU_MOST;
}

static struct ipv4_header header_of(struct ip *ip, const struct ip_send *send,
				    const struct address *source, const struct frame *frame)
{
	return (struct ipv4_header){
		.tos = send->tos,
		.total_size = (uint16_t)(IPV4_HEADER_SIZE + frame_size(frame)),
		.identification = choose_identification(ip, send->dont_fragment),
		.dont_fragment = send->dont_fragment,
		.ttl = send->ttl ? send->ttl : TTL_DEFAULT,
		.protocol = send->protocol,
		.source = address_to_v4(source),
		.destination = address_to_v4(&send->destination),
	};
}

static void write_ipv6(struct ip *ip, const struct ip_send *send, const struct address *source,
		       struct frame *frame)
{
	struct ipv6_header ipv6 = {
		.traffic_class = send->tos,
		.flow_label = choose_flow(ip, send, source, frame),
		.payload_size = (uint16_t)frame_size(frame),
		.next_header = send->protocol,
		.hop_limit = send->ttl ? send->ttl : TTL_DEFAULT,
		.source = *source,
		.destination = send->destination,
	};
	ipv6_write(frame_push(frame, IPV6_HEADER_SIZE), &ipv6);
}

static enum verdict send_to_self(struct ip *ip, struct frame *packet)
{
	if (ip->loopback_count == IP_LOOPBACK_MOST) {
		frame_free(packet);
		return DROP_QUEUE_FULL;
	}
	list_append(&ip->loopback, &packet->link);
	ip->loopback_count++;
	return DELIVERED;
}

/* As a link has it: out, and in again at once. */
static void show_on_lo(const struct interface *lo, struct frame *packet)
{
	if (!lo->tap->see)
		return;
	const struct ethernet_header ethernet = {
		.type = packet->head[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4,
	};
	ethernet_write(frame_push(packet, ETHERNET_HEADER_SIZE), &ethernet);
	interface_show(lo, packet, true);
	interface_show(lo, packet, false);
	frame_pull(packet, ETHERNET_HEADER_SIZE);
}

/* Of what is broadcast the host's own programs hear too (Linux does this), and of a group its own members. */
static void send_copy_to_self(struct ip *ip, const struct frame *packet, struct interface *group_of)
{
	struct frame *copy = frame_clone(packet);
	if (copy)
		copy->from = group_of;
	if (!copy || send_to_self(ip, copy) != DELIVERED)
		ip->counts[copy ? DROP_QUEUE_FULL : DROP_MEMORY]++;
}

static struct mac mac_of(const struct address *group)
{
	if (!address_is_v4(group))
		return mac_of_group_v6(group->bytes);
	uint32_t v4 = address_to_v4(group);
	return v4_is_multicast(v4) ? mac_of_group(v4)
				   : (struct mac){ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
}

/* IPv6's groups are not joined yet; those of all nodes are heard. */
static bool is_joined(const struct ip *ip, const struct interface *interface,
		      const struct address *group)
{
	return !address_is_v4(group) || group_is_joined(ip, interface, address_to_v4(group));
}

static enum verdict send_to_group(struct ip *ip, const struct hop *hop, struct frame *packet)
{
	struct mac group = mac_of(&hop->next);

	if (!address_is_multicast(&hop->next))
		send_copy_to_self(ip, packet, NULL);
	else if (!hop->not_to_self && is_joined(ip, hop->interface, &hop->next))
		send_copy_to_self(ip, packet, hop->interface);
	if (hop->only_to_self)
		frame_free(packet);
	else
		interface_transmit(hop->interface, &group,
				   address_is_v4(&hop->next) ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6,
				   packet);
	return DELIVERED;
}

/* Takes the packet, whose header is written. */
static enum verdict dispatch(struct ip *ip, const struct hop *hop, struct frame *packet)
{
	if (!hop->interface->ethernet) {
		show_on_lo(hop->interface, packet);
		packet->from = hop->of;
		return send_to_self(ip, packet);
	}
	if (hop->interface->checksums && packet->segment_size == 0)
		cut_finish_packet(packet);
	if (hop->to_group)
		return send_to_group(ip, hop, packet);
	return neighbour_output(ip, hop->interface, &hop->next, packet);
}

/* On its way to the hop. */
struct way {
	struct ip *ip;
	const struct hop *hop;
};

static enum verdict dispatch_piece(void *context, struct frame *piece)
{
	const struct way *way = context;
	return dispatch(way->ip, way->hop, piece);
}

/* Takes the packet, whose header is written. The checksum is of the whole, so none may be left out. */
static enum verdict cut(struct ip *ip, const struct hop *hop, const struct ipv4_header *ipv4,
			struct frame *packet)
{
	cut_finish_packet(packet);
	frame_pull(packet, IPV4_HEADER_SIZE);
	enum verdict verdict = fragment_cut(ipv4, packet, hop->interface->mtu, dispatch_piece,
					    &(struct way){ ip, hop });
	frame_free(packet);
	return verdict;
}

static enum verdict output(struct ip *ip, const struct ip_send *send, struct frame *frame)
{
	struct hop hop;
	enum verdict refused = DELIVERED;

	int error = hop_find(ip, send->interface, &send->source, &send->destination, &hop);
	hop.not_to_self = send->not_to_self;
	hop.only_to_self = send->only_to_self;
	bool whole = error == 0 && fits(hop.interface, send, frame);
	if (error)
		refused = error == -EINVAL ? DROP_BAD_SOURCE : DROP_NO_ROUTE;
	else if (!whole && !may_be_cut(send, frame))
		refused = DROP_TOO_BIG;
	if (refused != DELIVERED) {
		frame_free(frame);
		return refused;
	}
	if (!address_is_v4(&send->destination)) {
		write_ipv6(ip, send, &hop.source, frame);
		return dispatch(ip, &hop, frame);
	}
	struct ipv4_header ipv4 = header_of(ip, send, &hop.source, frame);
	ipv4_write(frame_push(frame, IPV4_HEADER_SIZE), &ipv4);
	return whole ? dispatch(ip, &hop, frame) : cut(ip, &hop, &ipv4, frame);
}

static enum verdict count_drop(struct ip *ip, enum verdict verdict)
{
	if (verdict != DELIVERED && verdict != QUEUED)
		ip->counts[verdict]++;
	return verdict;
}

enum verdict ip_output(struct ip *ip, const struct ip_send *send, struct frame *frame)
{
	return count_drop(ip, output(ip, send, frame));
}

/* lo takes what it understands. */
static enum verdict send_frame_to_self(struct ip *ip, struct interface *lo, struct frame *frame)
{
	struct ethernet_header ethernet;
	bool is_ip = ethernet_parse(frame_head(frame), &ethernet) &&
		     (ethernet.type == ETHERTYPE_IPV4 || ethernet.type == ETHERTYPE_IPV6);

	interface_show(lo, frame, true);
	interface_show(lo, frame, false);
	frame_pull(frame, ETHERNET_HEADER_SIZE);
	if (is_ip)
		return count_drop(ip, send_to_self(ip, frame));
	frame_free(frame);
	return count_drop(ip, DROP_NO_PROTOCOL);
}

enum verdict ip_output_frame(struct ip *ip, struct interface *interface, struct frame *frame)
{
	if (!interface->ethernet)
		return send_frame_to_self(ip, interface, frame);
	interface_transmit_written(interface, frame);
	return DELIVERED;
}

enum verdict ip_output_written(struct ip *ip, const struct address *destination,
			       struct frame *packet)
{
	struct address any = { { { 0 } } };
	struct hop hop = { 0 };
	enum verdict refused = DELIVERED;

	if (hop_find(ip, 0, &any, destination, &hop) != 0)
		refused = DROP_NO_ROUTE;
	else if (frame_size(packet) > hop.interface->mtu)
		refused = DROP_TOO_BIG;
	if (refused == DELIVERED)
		return count_drop(ip, dispatch(ip, &hop, packet));
	frame_free(packet);
	return count_drop(ip, refused);
}
