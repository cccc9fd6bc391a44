#include "ip/fragment.h"

#include "ip/icmp6.h"
#include "ip/ip.h"
#include "wire/checksum.h"
#include "wire/ipv6_chain.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum {
	UNIT = 8, /* bytes: what offsets count */
	PACKET_MOST = 65535,
	MAP_WORDS = (PACKET_MOST + 1) / UNIT / 64,
	/* Where the header has what a fragment's would contradict. */
	TOTAL_SIZE_AT = 2,
	FRAGMENT_AT = 6,
	CHECKSUM_AT = 10,
};

/* A bit for each unit of a packet. */
struct units {
	uint64_t words[MAP_WORDS];
};

/* A packet of which fragments have come. */
struct fragmented {
	struct table_node node;
	struct list age;          /* in fragments->oldest_first */
	struct list age_in_share; /* in share->oldest_first */
	struct fragment_share *share;
	struct alarm alarm;
	struct ip *ip;
	struct address source, destination;
	uint32_t identification;
	uint8_t version;
	uint8_t protocol; /* of IPv6 the first fragment's word for it, which alone counts (RFC 8200, 4.5) */
	bool refused; /* remembered until the time is over: nothing of it is taken any more */
	bool to_group;
	bool last_came;
	uint8_t ecn_came; /* a bit for each codepoint */
	uint8_t ttl, tos; /* the first fragment's */
	uint8_t header[FRAGMENT_HEADER_MOST];
	uint32_t header_size; /* 0: the first fragment has not come */
	uint32_t name_at;     /* as struct fragment has it */
	uint32_t first_size;
	uint32_t end;  /* of all that came; of the packet, once its last fragment came */
	uint32_t size; /* bytes that came */
	struct block *block;
	struct units came, begun;
};

/* One fragment's place: bytes, and the units they fill. */
struct extent {
	uint32_t offset, end;
	uint32_t from, to;
	bool more;
	uint32_t name_at;
};

static uint64_t mask_of(uint32_t word, uint32_t from, uint32_t to)
{
	uint32_t low = from > word * 64 ? from - word * 64 : 0;
	uint64_t below = to < (word + 1) * 64 ? (UINT64_C(1) << (to - word * 64)) - 1 : UINT64_MAX;
	return below & UINT64_MAX << low;
}

static bool units_any(const struct units *units, uint32_t from, uint32_t to)
{
	for (uint32_t word = from / 64; word * 64 < to; word++) {
		if (units->words[word] & mask_of(word, from, to))
			return true;
	}
	return false;
}

static bool units_all(const struct units *units, uint32_t from, uint32_t to)
{
	for (uint32_t word = from / 64; word * 64 < to; word++) {
		if (~units->words[word] & mask_of(word, from, to))
			return false;
	}
	return true;
}

static void units_set(struct units *units, uint32_t from, uint32_t to)
{
	for (uint32_t word = from / 64; word * 64 < to; word++)
		units->words[word] |= mask_of(word, from, to);
}

bool fragments_init(struct fragments *fragments, const struct berth_allocator *allocator,
		    struct random *random)
{
	fragments->key = random_key(random);
	list_init(&fragments->oldest_first);
	for (uint32_t index = 0; index < FRAGMENT_SHARES; index++)
		list_init(&fragments->shares[index].oldest_first);
	return table_init(&fragments->table, allocator);
}

static uint32_t held(const struct fragmented *packet)
{
	return (uint32_t)sizeof *packet + (packet->block ? packet->block->room : 0);
}

static void account(struct fragmented *packet, uint32_t before)
{
	packet->share->bytes += held(packet) - before;
	packet->ip->fragments.bytes += held(packet) - before;
}

static void release_block(struct fragmented *packet)
{
	uint32_t before = held(packet);

	if (packet->block)
		block_release(packet->block);
	packet->block = NULL;
	account(packet, before);
}

static void forget(struct fragmented *packet)
{
	struct ip *ip = packet->ip;

	release_block(packet);
	list_remove(&packet->age);
	list_remove(&packet->age_in_share);
	packet->share->count--;
	packet->share->bytes -= held(packet);
	ip->fragments.count--;
	ip->fragments.bytes -= held(packet);
	table_remove(&ip->fragments.table, &packet->node);
	clock_dismiss(ip->clock, &packet->alarm);
	memory_give(ip->allocator, packet, sizeof *packet);
}

void fragments_close(struct ip *ip)
{
	while (!list_is_empty(&ip->fragments.oldest_first))
		forget(CONTAINER_OF(ip->fragments.oldest_first.next, struct fragmented, age));
	table_close(&ip->fragments.table);
}

/* RFC 1122, 3.3.2: without the first fragment there is nobody to tell what. */
static void tell_sender(struct fragmented *packet)
{
	struct frame *frame = frame_from_bytes(
		packet->ip->pool, (struct bytes){ packet->block->bytes, packet->first_size });
	if (!frame)
		return;
	struct ip_packet first = {
		.frame = frame,
		.source = packet->source,
		.destination = packet->destination,
		.header = { packet->header, packet->header_size },
		.version = packet->version,
		.protocol = packet->protocol,
		.to_group = packet->to_group,
	};
	icmp_reassembly_time_exceeded(packet->ip, &first);
	frame_free(frame);
}

static void timed_out(struct alarm *alarm)
{
	struct fragmented *packet = CONTAINER_OF(alarm, struct fragmented, alarm);

	if (!packet->refused) {
		packet->ip->counts[DROP_REASSEMBLY]++;
		if (packet->header_size)
			tell_sender(packet);
	}
	forget(packet);
}

/* What tells packets apart. IPv6's are told apart without the protocol, which its fragments may name differently. */
struct key {
	struct address source, destination;
	uint32_t identification;
	uint8_t version, protocol;
};

static struct key key_of(const struct ip_packet *packet, const struct fragment *fragment)
{
	return (struct key){
		.source = packet->source,
		.destination = packet->destination,
		.identification = fragment->identification,
		.version = packet->version,
		.protocol = packet->version == 4 ? packet->protocol : 0,
	};
}

static uint32_t hash_of(const struct fragments *fragments, const struct key *key)
{
	enum { ADDRESS = sizeof key->source.bytes };
	uint8_t message[2 * ADDRESS + 5];
	memcpy(message, key->source.bytes, ADDRESS);
	memcpy(message + ADDRESS, key->destination.bytes, ADDRESS);
	put32(message + (size_t)2 * ADDRESS, key->identification);
	message[sizeof message - 1] = key->protocol;
	return (uint32_t)siphash(&fragments->key, (struct bytes){ message, sizeof message });
}

static struct fragment_share *share_of(struct fragments *fragments, const struct address *source)
{
	bool whole = address_is_v4(source) || address_is_link_local(source);
	struct bytes who = { source->bytes, whole ? 16 : 8 };
	return &fragments->shares[siphash(&fragments->key, who) % FRAGMENT_SHARES];
}

static bool is_of(const struct fragmented *packet, const struct key *key)
{
	return address_equal(&packet->source, &key->source) &&
	       address_equal(&packet->destination, &key->destination) &&
	       packet->identification == key->identification &&
	       (key->version == 6 || packet->protocol == key->protocol);
}

static struct fragmented *find(const struct fragments *fragments, const struct key *key,
			       uint32_t hash)
{
	for (struct table_node *node = table_chain(&fragments->table, hash); node;
	     node = node->next) {
		struct fragmented *packet = CONTAINER_OF(node, struct fragmented, node);
		if (node->hash == hash && is_of(packet, key))
			return packet;
	}
	return NULL;
}

static struct fragmented *make(struct ip *ip, const struct key *key, uint32_t hash)
{
	struct fragments *fragments = &ip->fragments;
	struct fragmented *packet = memory_take(ip->allocator, sizeof *packet);
	if (!packet)
		return NULL;
	if (!clock_admit(ip->clock, &packet->alarm, timed_out)) {
		memory_give(ip->allocator, packet, sizeof *packet);
		return NULL;
	}
	packet->ip = ip;
	packet->share = share_of(fragments, &key->source);
	packet->source = key->source;
	packet->destination = key->destination;
	packet->identification = key->identification;
	packet->version = key->version;
	packet->protocol = key->protocol;
	list_append(&fragments->oldest_first, &packet->age);
	list_append(&packet->share->oldest_first, &packet->age_in_share);
	fragments->count++;
	packet->share->count++;
	account(packet, 0);
	table_insert(&fragments->table, &packet->node, hash);
	clock_set(ip->clock, &packet->alarm,
		  ip->clock->now +
			  (key->version == 4 ? FRAGMENT_TIMEOUT_NS : FRAGMENT_TIMEOUT_V6_NS));
	return packet;
}

/* The oldest that is in the way of the bounds; NULL: all are kept. */
static struct fragmented *surplus(const struct fragments *fragments,
				  const struct fragment_share *share)
{
	if (share->count > FRAGMENT_SHARE_PACKETS || share->bytes > FRAGMENT_SHARE_BYTES)
		return CONTAINER_OF(share->oldest_first.next, struct fragmented, age_in_share);
	if (fragments->count > FRAGMENT_PACKETS_MOST || fragments->bytes > FRAGMENT_BYTES_MOST)
		return CONTAINER_OF(fragments->oldest_first.next, struct fragmented, age);
	return NULL;
}

/* False: this packet was the oldest itself, and is gone. */
static bool keep_bounds(struct fragmented *packet)
{
	struct ip *ip = packet->ip;
	const struct fragment_share *share = packet->share;

	for (struct fragmented *oldest; (oldest = surplus(&ip->fragments, share));) {
		bool itself = oldest == packet;
		forget(oldest);
		if (itself)
			return false;
		ip->counts[DROP_REASSEMBLY]++;
	}
	return true;
}

/* RFC 1858 and 3128: a first fragment that leaves part of the transport header to the next, or one that would write over
 * it, serves only to deceive filters. */
static bool is_tiny(uint8_t protocol, const struct extent *extent)
{
	uint32_t header = protocol == PROTOCOL_TCP ? TCP_HEADER_SIZE : UDP_HEADER_SIZE;

	return extent->offset == 0 ? extent->end < header : extent->offset < header;
}

/* Of what was cut, behind this header, there can be no more. */
static uint32_t payload_most(uint8_t version, uint32_t header_size)
{
	return version == 4
		       ? PACKET_MOST - header_size
		       : PACKET_MOST - (header_size - IPV6_FRAGMENT_HEADER_SIZE - IPV6_HEADER_SIZE);
}

/* What can be said of a fragment alone. */
static enum verdict judge(const struct ip_packet *packet, const struct extent *extent)
{
	if (extent->end == extent->offset || (extent->more && extent->end % UNIT != 0))
		return DROP_MALFORMED;
	if (packet->header.size > FRAGMENT_HEADER_MOST)
		return DROP_FRAGMENT;
	if (extent->end > payload_most(packet->version, (uint32_t)packet->header.size))
		return DROP_MALFORMED; /* the ping of death */
	return packet->version == 4 && is_tiny(packet->protocol, extent) ? DROP_FRAGMENT
									 : DELIVERED;
}

/* The very fragment again, though not perhaps its bytes: the first that came count. */
static bool is_repeated(const struct fragmented *packet, const struct extent *extent)
{
	bool ends_alike = !units_any(&packet->came, extent->to, extent->to + 1) ||
			  units_any(&packet->begun, extent->to, extent->to + 1);
	bool last = packet->last_came && extent->end == packet->end;

	return units_all(&packet->came, extent->from, extent->to) &&
	       units_any(&packet->begun, extent->from, extent->from + 1) &&
	       !units_any(&packet->begun, extent->from + 1, extent->to) && ends_alike &&
	       last == !extent->more;
}

/* Does it agree with what is known of where the packet ends? */
static bool end_agrees(const struct fragmented *packet, const struct extent *extent)
{
	if (extent->more)
		return !packet->last_came || extent->end <= packet->end;
	return packet->last_came ? extent->end == packet->end : extent->end >= packet->end;
}

/* And with those that came before it? DELIVERED: it is new. */
static enum verdict compare(const struct fragmented *packet, const struct extent *extent)
{
	if (packet->refused)
		return DROP_FRAGMENT;
	if (!end_agrees(packet, extent))
		return DROP_OVERLAP;
	if (!units_any(&packet->came, extent->from, extent->to))
		return DELIVERED;
	return is_repeated(packet, extent) ? DROP_DUPLICATE : DROP_OVERLAP;
}

static bool reserve(struct fragmented *packet, uint32_t size)
{
	uint32_t before = held(packet);

	if (packet->block && packet->block->room >= size)
		return true;
	struct block *block = block_new(packet->ip->pool, size);
	if (!block)
		return false;
	if (packet->block) {
		memcpy(block->bytes, packet->block->bytes, packet->end);
		block_release(packet->block);
	}
	block->used = block->room;
	packet->block = block;
	account(packet, before);
	return true;
}

static void take_first(struct fragmented *packet, const struct ip_packet *fragment,
		       const struct extent *extent)
{
	memcpy(packet->header, fragment->header.at, fragment->header.size);
	packet->header_size = (uint32_t)fragment->header.size;
	packet->name_at = extent->name_at;
	packet->protocol = fragment->protocol;
	packet->first_size = extent->end;
	packet->ttl = fragment->ttl;
	packet->tos = fragment->tos;
}

/* Its bytes have a place. */
static void take(struct fragmented *packet, const struct ip_packet *fragment,
		 const struct extent *extent)
{
	frame_copy_out(fragment->frame, 0, packet->block->bytes + extent->offset,
		       extent->end - extent->offset);
	units_set(&packet->came, extent->from, extent->to);
	units_set(&packet->begun, extent->from, extent->from + 1);
	packet->size += extent->end - extent->offset;
	if (extent->end > packet->end)
		packet->end = extent->end;
	if (!extent->more)
		packet->last_came = true;
	packet->to_group |= fragment->to_group;
	packet->ecn_came |= (uint8_t)(1 << (fragment->tos & 3));
	if (extent->offset == 0)
		take_first(packet, fragment, extent);
}

/* RFC 3168, 5.3: what was marked on the way stays so, unless part of it could not have been. False: refused. */
static bool settle_ecn(struct fragmented *packet)
{
	enum { NOT_ECT = 1 << 0, CE = 1 << 3 };

	if (!(packet->ecn_came & CE))
		return true;
	packet->tos |= 3;
	return !(packet->ecn_came & NOT_ECT);
}

static void mend_ipv4(struct fragmented *packet)
{
	struct checksum checksum = { 0 };

	put16(packet->header + TOTAL_SIZE_AT, (uint16_t)(packet->header_size + packet->end));
	packet->header[TOTAL_SIZE_AT - 1] = packet->tos;
	put16(packet->header + FRAGMENT_AT, 0);
	put16(packet->header + CHECKSUM_AT, 0);
	checksum_add(&checksum, (struct bytes){ packet->header, packet->header_size });
	put16(packet->header + CHECKSUM_AT, checksum_finish(&checksum));
}

/* The fragment header goes, and what it named is named in its place. */
static void mend_ipv6(struct fragmented *packet)
{
	uint8_t *header = packet->header;

	packet->header_size -= IPV6_FRAGMENT_HEADER_SIZE;
	header[packet->name_at] = packet->protocol;
	put16(header + IPV6_PAYLOAD_SIZE_AT,
	      (uint16_t)(packet->header_size - IPV6_HEADER_SIZE + packet->end));
	header[0] = (uint8_t)(6 << 4 | packet->tos >> 4);
	header[1] = (uint8_t)(packet->tos << 4 | (header[1] & 0x0f));
}

/* Its header as if it had never been cut. */
static void mend_header(struct fragmented *packet)
{
	if (packet->version == 4)
		mend_ipv4(packet);
	else
		mend_ipv6(packet);
}

/* All of it has come. */
static enum verdict hand_on(struct fragmented *packet, const struct ip_packet *fragment,
			    enum verdict (*deliver)(struct ip *ip, const struct ip_packet *packet))
{
	if (packet->end > payload_most(packet->version, packet->header_size) || !settle_ecn(packet))
		return DROP_FRAGMENT;
	struct frame *frame = frame_new(packet->ip->pool);
	if (!frame)
		return DROP_MEMORY;

	block_hold(packet->block);
	frame->head_block = packet->block;
	frame->head = packet->block->bytes;
	frame->head_size = packet->end;
	mend_header(packet);
	struct ip_packet whole = *fragment;
	whole.frame = frame;
	whole.header = (struct bytes){ packet->header, packet->header_size };
	whole.protocol = packet->protocol;
	whole.ttl = packet->ttl;
	whole.tos = packet->tos;
	whole.to_group = packet->to_group;
	enum verdict verdict = deliver(packet->ip, &whole);
	frame_free(frame);
	return verdict;
}

static enum verdict add(struct fragmented *packet, const struct ip_packet *fragment,
			const struct extent *extent,
			enum verdict (*deliver)(struct ip *ip, const struct ip_packet *packet))
{
	enum verdict verdict = compare(packet, extent);
	if (verdict == DROP_OVERLAP) {
		packet->refused = true;
		release_block(packet);
	}
	if (verdict != DELIVERED)
		return verdict;
	if (!reserve(packet, extent->end))
		return DROP_MEMORY;
	if (!keep_bounds(packet))
		return DROP_REASSEMBLY;

	take(packet, fragment, extent);
	if (!packet->last_came || packet->size < packet->end)
		return REASSEMBLING;
	verdict = hand_on(packet, fragment, deliver);
	forget(packet);
	return verdict;
}

enum verdict fragment_input(struct ip *ip, const struct ip_packet *packet,
			    const struct fragment *fragment,
			    enum verdict (*deliver)(struct ip *ip, const struct ip_packet *packet))
{
	uint32_t end = fragment->offset + frame_size(packet->frame);
	struct extent extent = {
		.offset = fragment->offset,
		.end = end,
		.from = fragment->offset / UNIT,
		.to = (end + UNIT - 1) / UNIT,
		.more = fragment->more,
		.name_at = fragment->name_at,
	};
	enum verdict verdict = judge(packet, &extent);
	if (verdict != DELIVERED)
		return verdict;

	struct key key = key_of(packet, fragment);
	uint32_t hash = hash_of(&ip->fragments, &key);
	struct fragmented *fragmented = find(&ip->fragments, &key, hash);
	if (!fragmented)
		fragmented = make(ip, &key, hash);
	return fragmented ? add(fragmented, packet, &extent, deliver) : DROP_MEMORY;
}
