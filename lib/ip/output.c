/* output: from a protocol's packet to the interface and the neighbour it goes to, or back to ourselves (ip.h). Of what
 * is broadcast the host's own programs hear too, by way of lo. */
#include "ip/output.h"

#include "ip/hop.h"
#include "ip/output6.h"
#include "wire/cut.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#include <errno.h>

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

static uint32_t header_size_of(const struct ip_send *send)
{
	return address_is_v4(&send->destination) ? IPV4_HEADER_SIZE : ipv6_headers_size(send);
}

/* What may not be cut is its sender's to make fit, who may be trying the path. */
static uint32_t mtu_of(const struct ip *ip, const struct hop *hop, const struct ip_send *send)
{
	return send->dont_fragment ? interface_mtu_to(hop->interface, &send->destination)
				   : hop_mtu(ip, hop, &send->destination);
}

/* Its pieces, where it may be cut, are the sender's to make fit. */
static bool fits(const struct interface *interface, uint32_t mtu, const struct ip_send *send,
		 const struct frame *frame)
{
	uint32_t size = header_size_of(send) + frame_size(frame);

	if (frame->segment_size == 0)
		return size <= mtu;
	return interface->largest_segment > 0 && frame->segment_size < interface->mtu &&
	       size <= INTERFACE_MTU_MOST;
}

/* What is cut may be as long as the whole can be told to be: IPv6 counts its own header out. */
static bool may_be_cut(const struct ip_send *send, const struct frame *frame)
{
	uint32_t most = address_is_v4(&send->destination) ? INTERFACE_MTU_MOST
							  : INTERFACE_MTU_MOST + IPV6_HEADER_SIZE;

	return !send->dont_fragment && frame->segment_size == 0 &&
	       header_size_of(send) + frame_size(frame) <= most;
}

static struct ipv4_header header_of(struct ip *ip, const struct ip_send *send,
				    const struct address *source, const struct frame *frame)
{
	return (struct ipv4_header){
		.tos = send->tos,
		.total_size = (uint16_t)(IPV4_HEADER_SIZE + frame_size(frame)),
		.identification = choose_identification(ip, send->dont_fragment),
		.dont_fragment = send->dont_fragment,
		.ttl = send->ttl ? send->ttl : ip->ttl4,
		.protocol = send->protocol,
		.source = address_to_v4(source),
		.destination = address_to_v4(&send->destination),
	};
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

/* RFC 4291, 2.7: the host's own. */
static bool stays_here(const struct address *group)
{
	return !address_is_v4(group) && address_group_scope(group) <= SCOPE_INTERFACE;
}

static enum verdict send_to_group(struct ip *ip, const struct hop *hop, struct frame *packet)
{
	struct mac group = mac_of(&hop->next);

	if (!address_is_multicast(&hop->next))
		send_copy_to_self(ip, packet, NULL);
	else if (!hop->not_to_self && group_is_joined(ip, hop->interface, &hop->next))
		send_copy_to_self(ip, packet, hop->interface);
	if (hop->only_to_self || stays_here(&hop->next))
		frame_free(packet);
	else
		interface_transmit(hop->interface, &group,
				   address_is_v4(&hop->next) ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6,
				   packet);
	return DELIVERED;
}

enum verdict ip_dispatch(struct ip *ip, const struct hop *hop, struct frame *packet)
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
	return ip_dispatch(way->ip, way->hop, piece);
}

/* Takes the packet, whose header is written. The checksum is of the whole, so none may be left out. */
static enum verdict cut_v4(struct ip *ip, const struct hop *hop, const struct ip_send *send,
			   const struct ipv4_header *ipv4, struct frame *packet)
{
	cut_finish_packet(packet);
	frame_pull(packet, IPV4_HEADER_SIZE);
	enum verdict verdict = fragment_cut(ipv4, packet, mtu_of(ip, hop, send), dispatch_piece,
					    &(struct way){ ip, hop });
	frame_free(packet);
	return verdict;
}

static enum verdict cut_v6(struct ip *ip, const struct hop *hop, const struct ip_send *send,
			   struct frame *packet)
{
	cut_finish_packet(packet);
	enum verdict verdict = ipv6_cut(ip, send, packet, mtu_of(ip, hop, send), dispatch_piece,
					&(struct way){ ip, hop });
	frame_free(packet);
	return verdict;
}

static enum verdict output_v4(struct ip *ip, const struct ip_send *send, const struct hop *hop,
			      struct frame *frame, bool whole)
{
	struct ipv4_header ipv4 = header_of(ip, send, &hop->source, frame);

	ipv4_write(frame_push(frame, IPV4_HEADER_SIZE), &ipv4);
	return whole ? ip_dispatch(ip, hop, frame) : cut_v4(ip, hop, send, &ipv4, frame);
}

static enum verdict output_v6(struct ip *ip, const struct ip_send *send, const struct hop *hop,
			      struct frame *frame, bool whole)
{
	struct ip_send limited = *send;

	if (limited.ttl == 0)
		limited.ttl = hop->interface->hop_limit;
	struct frame *packet = ipv6_put_headers(ip, &limited, &hop->source, frame);
	if (!packet)
		return DROP_MEMORY;
	return whole ? ip_dispatch(ip, hop, packet) : cut_v6(ip, hop, send, packet);
}

static enum verdict output(struct ip *ip, const struct ip_send *send, struct frame *frame)
{
	struct hop hop;
	enum verdict refused = DELIVERED;

	int error = hop_find(ip, send->interface, &send->source, &send->destination, &hop);
	hop.not_to_self = send->not_to_self;
	hop.only_to_self = send->only_to_self;
	bool whole = error == 0 && fits(hop.interface, mtu_of(ip, &hop, send), send, frame);
	if (error)
		refused = error == -EINVAL ? DROP_BAD_SOURCE : DROP_NO_ROUTE;
	else if (!whole && !may_be_cut(send, frame))
		refused = DROP_TOO_BIG;
	if (refused != DELIVERED) {
		frame_free(frame);
		return refused;
	}
	return address_is_v4(&send->destination) ? output_v4(ip, send, &hop, frame, whole)
						 : output_v6(ip, send, &hop, frame, whole);
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
		return count_drop(ip, ip_dispatch(ip, &hop, packet));
	frame_free(packet);
	return count_drop(ip, refused);
}
