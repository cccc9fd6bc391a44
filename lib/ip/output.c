/* output: from a protocol's packet to the interface and the neighbour it goes to, or back to ourselves (ip.h). Of what
 * is broadcast the host's own programs hear too, by way of lo. */
#include "ip/hop.h"
#include "wire/cut.h"
#include "wire/ipv4.h"

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

/* Its pieces, where it may be cut, are the sender's to make fit. */
static bool fits(const struct interface *interface, const struct frame *frame)
{
	uint32_t size = IPV4_HEADER_SIZE + frame_size(frame);

	if (frame->segment_size == 0)
		return size <= interface->mtu;
	return interface->largest_segment > 0 && frame->segment_size < interface->mtu &&
	       size <= INTERFACE_MTU_MOST;
}

static bool may_be_cut(const struct ip_send *send, const struct frame *frame)
{
	return !send->dont_fragment && frame->segment_size == 0 &&
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

/* Of what is broadcast the host's own programs hear too (Linux does this), and of a group its own members. */
static void send_copy_to_self(struct ip *ip, const struct frame *packet, struct interface *group_of)
{
	struct frame *copy = frame_clone(packet);
	if (copy)
		copy->from = group_of;
	if (!copy || send_to_self(ip, copy) != DELIVERED)
		ip->counts[copy ? DROP_QUEUE_FULL : DROP_MEMORY]++;
}

static enum verdict send_to_group(struct ip *ip, const struct hop *hop, struct frame *packet)
{
	uint32_t next = address_to_v4(&hop->next);
	bool multicast = v4_is_multicast(next);
	struct mac group = multicast ? mac_of_group(next)
				     : (struct mac){ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

	if (!multicast)
		send_copy_to_self(ip, packet, NULL);
	else if (!hop->not_to_self && group_is_joined(ip, hop->interface, next))
		send_copy_to_self(ip, packet, hop->interface);
	if (hop->only_to_self)
		frame_free(packet);
	else
		interface_transmit(hop->interface, &group, ETHERTYPE_IPV4, packet);
	return DELIVERED;
}

/* Takes the packet, whose header is written. */
static enum verdict dispatch(struct ip *ip, const struct hop *hop, struct frame *packet)
{
	if (!hop->interface->ethernet)
		return send_to_self(ip, packet);
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
	bool whole = error == 0 && fits(hop.interface, frame);
	if (error)
		refused = error == -EINVAL ? DROP_BAD_SOURCE : DROP_NO_ROUTE;
	else if (!whole && !may_be_cut(send, frame))
		refused = DROP_TOO_BIG;
	if (refused != DELIVERED) {
		frame_free(frame);
		return refused;
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

enum verdict ip_output_written(struct ip *ip, const struct address *destination,
			       struct frame *packet)
{
	struct address any = address_v4(0);
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
