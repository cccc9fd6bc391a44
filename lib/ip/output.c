/* output: from a protocol's packet to the interface and the neighbour it goes to, or back to ourselves (ip.h). Of what
 * is broadcast the host's own programs hear too, by way of lo. */
#include "ip/ip.h"
#include "wire/cut.h"
#include "wire/ipv4.h"

#include <errno.h>

enum { TTL_DEFAULT = 64 }; /* RFC 1700 */

static const uint32_t loopback_address = 0x7f000001, limited_broadcast = 0xffffffff;

/* Where a packet goes first. */
struct hop {
	struct interface *interface;
	uint32_t next; /* the neighbour, or the group */
	uint32_t source;
	bool to_group;
	bool not_to_self, only_to_self; /* as struct ip_send has it */
};

struct interface *ip_interface_of(const struct ip *ip, uint32_t address)
{
	for (uint32_t place = 0; place < ip->interfaces.count; place++) {
		if (interface_address_find(ip->interfaces.at[place], address))
			return ip->interfaces.at[place];
	}
	return NULL;
}

/* To ourselves. Linux speaks to itself from the address it is called by, and to all of 127/8 from 127.0.0.1. */
static void hop_to_self(const struct ip *ip, uint32_t source, uint32_t destination, struct hop *hop)
{
	hop->interface = ip->interfaces.at[0];
	hop->next = destination;
	hop->to_group = false;
	if (source)
		hop->source = source;
	else
		hop->source = v4_is_loopback(destination) ? loopback_address : destination;
}

static bool is_group(uint32_t destination)
{
	return destination == limited_broadcast || v4_is_multicast(destination);
}

/* A group that no route leads to is on the first link there is: a host need not be told, as Linux's must be. */
struct interface *ip_interface_for_group(const struct ip *ip, uint32_t destination)
{
	const struct route *route = route_find(&ip->routes, destination);
	if (route)
		return route->interface;
	return v4_is_multicast(destination) && ip->interfaces.count > 1 ? ip->interfaces.at[1]
									: NULL;
}

static bool next_of_route(const struct ip *ip, uint32_t destination, struct hop *hop)
{
	const struct route *route = route_find(&ip->routes, destination);
	if (!route)
		return false;
	hop->interface = route->interface;
	hop->next = route->gateway ? route->gateway : destination;
	return true;
}

/* To others. A group is on the link asked for, else the one its sender is on; an unbound sender, and all else, go by the
 * routes. */
static bool hop_to_others(const struct ip *ip, int interface, uint32_t source, uint32_t destination,
			  struct hop *hop)
{
	bool group = is_group(destination);

	if (destination >> 24 == 0)
		return false; /* 0/8 is no destination (RFC 1122, 3.2.1.3) */
	hop->next = destination;
	if (group && interface)
		hop->interface = interface_find(ip, interface);
	else if (group)
		hop->interface = source ? ip_interface_of(ip, source)
					: ip_interface_for_group(ip, destination);
	else if (!next_of_route(ip, destination, hop))
		return false;
	if (!hop->interface)
		return false;
	hop->to_group = group || interface_is_broadcast(hop->interface, destination);
	hop->source = source ? source : interface_source(hop->interface, hop->next);
	return hop->source != 0;
}

/* 0; -ENETUNREACH; -EINVAL: the source cannot be used. */
static int hop_find(const struct ip *ip, int interface, const struct address *from,
		    const struct address *to, struct hop *hop)
{
	if (!address_is_v4(to))
		return -ENETUNREACH;
	uint32_t destination = address_to_v4(to);
	uint32_t source = address_is_any(from) ? 0 : address_to_v4(from);
	if (source && !ip_is_own(ip, from))
		return -EINVAL;

	if (ip_is_own(ip, to)) {
		hop_to_self(ip, source, destination, hop);
		return 0;
	}
	if (v4_is_loopback(source) &&
	    !(interface == LOOPBACK_INDEX && v4_is_multicast(destination)))
		return -EINVAL;
	return hop_to_others(ip, interface, source, destination, hop) ? 0 : -ENETUNREACH;
}

int ip_find_path_by(struct ip *ip, int interface, const struct address *source,
		    const struct address *destination, struct ip_path *path)
{
	struct address self = address_is_any(source) ? address_v4(loopback_address) : *source;
	bool to_self = address_is_v4(destination) && address_is_any(destination);
	struct hop hop;

	int error = hop_find(ip, interface, source, to_self ? &self : destination, &hop);
	if (error)
		return error;
	*path = (struct ip_path){
		.interface = hop.interface,
		.source = address_v4(hop.source),
		.mtu = hop.interface->mtu,
		.largest_segment = hop.interface->largest_segment,
	};
	return 0;
}

int ip_find_path(struct ip *ip, const struct address *source, const struct address *destination,
		 struct ip_path *path)
{
	return ip_find_path_by(ip, 0, source, destination, path);
}

void ip_confirm(struct ip *ip, const struct address *destination)
{
	struct address any = address_v4(0);
	struct hop hop;

	if (hop_find(ip, 0, &any, destination, &hop) != 0 || !hop.interface->ethernet ||
	    hop.to_group)
		return;
	struct address next = address_v4(hop.next);
	struct neighbour *neighbour = neighbour_find(ip, hop.interface, &next);
	if (neighbour)
		neighbour_confirm(neighbour);
}

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

static struct ipv4_header header_of(struct ip *ip, const struct ip_send *send, uint32_t source,
				    const struct frame *frame)
{
	return (struct ipv4_header){
		.tos = send->tos,
		.total_size = (uint16_t)(IPV4_HEADER_SIZE + frame_size(frame)),
		.identification = choose_identification(ip, send->dont_fragment),
		.dont_fragment = send->dont_fragment,
		.ttl = send->ttl ? send->ttl : TTL_DEFAULT,
		.protocol = send->protocol,
		.source = source,
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
	bool multicast = v4_is_multicast(hop->next);
	struct mac group = multicast ? mac_of_group(hop->next)
				     : (struct mac){ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

	if (!multicast)
		send_copy_to_self(ip, packet, NULL);
	else if (!hop->not_to_self && group_is_joined(ip, hop->interface, hop->next))
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
	struct address next = address_v4(hop->next);
	return neighbour_output(ip, hop->interface, &next, packet);
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
	struct ipv4_header ipv4 = header_of(ip, send, hop.source, frame);
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
