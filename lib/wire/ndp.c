#include "wire/ndp.h"

#include "base/assert.h"
#include "wire/icmp6.h"

enum {
	UNIT = 8, /* of option lengths */
	ADDRESS_SIZE = 16,
	LABEL_MOST = 63,
	NAME_MOST = 255,
	REDIRECTED_MOST = 248,

	TARGET_AT = 8,
	DESTINATION_AT = 24,
	FLAG_MANAGED = 0x80,
	FLAG_OTHER = 0x40,
	FLAG_ROUTER = 0x80,
	FLAG_SOLICITED = 0x40,
	FLAG_OVERRIDE = 0x20,
	FLAG_ON_LINK = 0x80,
	FLAG_AUTONOMOUS = 0x40,
};

static const uint8_t fixed_sizes[] = { 8, 16, 24, 24, 40 };

static uint8_t fixed_size(uint8_t type)
{
	assert(type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT);
	return fixed_sizes[type - ICMP6_ROUTER_SOLICITATION];
}

/* RFC 4191, 2.1: 2 bits in the middle of a byte. The reserved value is told by the return. */
static bool read_preference(uint8_t byte, enum ndp_preference *preference)
{
	static const enum ndp_preference values[] = { NDP_MEDIUM, NDP_HIGH, NDP_MEDIUM, NDP_LOW };
	uint8_t bits = byte >> 3 & 3;

	*preference = values[bits];
	return bits != 2;
}

static uint8_t preference_bits(enum ndp_preference preference)
{
	return (uint8_t)(((unsigned)preference & 3) << 3);
}

bool ndp_take_option(struct bytes *options, struct ndp_option *option)
{
	if (options->size < UNIT)
		return false;
	size_t size = (size_t)options->at[1] * UNIT;
	if (size == 0 || size > options->size)
		return false;
	*option = (struct ndp_option){ options->at[0], { options->at, size } };
	*options = bytes_after(*options, size);
	return true;
}

/* As Linux, refuses the message where its link address is not Ethernet's. */
static bool read_mac(const struct ndp_option *option, bool *has, struct mac *mac)
{
	if (option->bytes.size != UNIT)
		return false;
	*has = true;
	memcpy(mac->bytes, option->bytes.at + 2, sizeof mac->bytes);
	return true;
}

static bool read_option(const struct ndp_option *option, struct ndp_message *ndp)
{
	switch (option->type) {
	case NDP_SOURCE_MAC:
		return read_mac(option, &ndp->has_source_mac, &ndp->source_mac);
	case NDP_TARGET_MAC:
		return read_mac(option, &ndp->has_target_mac, &ndp->target_mac);
	case NDP_MTU:
		if (option->bytes.size == UNIT)
			ndp->mtu = get32(option->bytes.at + 4);
		return true;
	case NDP_NONCE:
		ndp->nonce = bytes_after(option->bytes, 2);
		return true;
	case NDP_REDIRECTED:
		ndp->redirected = bytes_after(option->bytes, UNIT);
		return true;
	default:
		return true; /* RFC 4861, 4.6: unknown ones are passed over */
	}
}

static bool read_options(struct bytes options, struct ndp_message *ndp)
{
	struct ndp_option option;

	ndp->options = options;
	while (ndp_take_option(&options, &option)) {
		if (!read_option(&option, ndp))
			return false;
	}
	return options.size == 0;
}

static void read_router_advertisement(const uint8_t *at, struct ndp_message *ndp)
{
	ndp->hop_limit = at[4];
	ndp->managed = at[5] & FLAG_MANAGED;
	ndp->other_configuration = at[5] & FLAG_OTHER;
	read_preference(at[5], &ndp->preference);
	ndp->lifetime_s = get16(at + 6);
	ndp->reachable_ms = get32(at + 8);
	ndp->retransmit_ms = get32(at + 12);
	if (ndp->lifetime_s == 0)
		ndp->preference = NDP_MEDIUM; /* RFC 4191, 2.2 */
}

/* An address of one node. */
static bool is_one_node(const struct address *address)
{
	return address_fits_wire(address) && !address_is_multicast(address);
}

static bool read_target(const uint8_t *at, struct ndp_message *ndp)
{
	ndp->target = address_v6(at + TARGET_AT);
	return is_one_node(&ndp->target);
}

/* RFC 4861, 8.1: to a router by its link-local address, or to the destination itself. */
static bool read_redirect(const uint8_t *at, struct ndp_message *ndp)
{
	if (!read_target(at, ndp))
		return false;
	ndp->destination = address_v6(at + DESTINATION_AT);
	return is_one_node(&ndp->destination) && (address_is_link_local(&ndp->target) ||
						  address_equal(&ndp->target, &ndp->destination));
}

static bool read_fixed(const uint8_t *at, struct ndp_message *ndp)
{
	switch (ndp->type) {
	case ICMP6_ROUTER_SOLICITATION:
		return true;
	case ICMP6_ROUTER_ADVERTISEMENT:
		read_router_advertisement(at, ndp);
		return true;
	case ICMP6_NEIGHBOUR_SOLICITATION:
		return read_target(at, ndp);
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
		ndp->router = at[4] & FLAG_ROUTER;
		ndp->solicited = at[4] & FLAG_SOLICITED;
		ndp->override = at[4] & FLAG_OVERRIDE;
		return read_target(at, ndp);
	default:
		return read_redirect(at, ndp);
	}
}

bool ndp_parse(struct bytes message, struct ndp_message *ndp)
{
	if (message.size < ICMP6_HEADER_SIZE || message.at[0] < ICMP6_ROUTER_SOLICITATION ||
	    message.at[0] > ICMP6_REDIRECT || message.at[1] != 0)
		return false;
	*ndp = (struct ndp_message){ .type = message.at[0] };
	size_t fixed = fixed_size(ndp->type);
	return message.size >= fixed && read_fixed(message.at, ndp) &&
	       read_options(bytes_after(message, fixed), ndp);
}

bool ndp_parse_prefix(const struct ndp_option *option, struct ndp_prefix *prefix)
{
	const uint8_t *at = option->bytes.at;

	if (option->type != NDP_PREFIX || option->bytes.size != NDP_PREFIX_SIZE || at[2] > 128)
		return false;
	*prefix = (struct ndp_prefix){
		.prefix = address_v6(at + 16),
		.bits = at[2],
		.on_link = at[3] & FLAG_ON_LINK,
		.autonomous = at[3] & FLAG_AUTONOMOUS,
		.valid_s = get32(at + 4),
		.preferred_s = get32(at + 8),
	};
	return address_fits_wire(&prefix->prefix);
}

/* RFC 4191, 2.3: of the prefix, there is as much as its bits need, or more. */
bool ndp_parse_route(const struct ndp_option *option, struct ndp_route *route)
{
	const uint8_t *at = option->bytes.at;
	size_t size = option->bytes.size;

	if (option->type != NDP_ROUTE || size > NDP_ROUTE_MOST || at[2] > 128 ||
	    (at[2] + 63u) / 64 * 8 > size - 8)
		return false;
	*route = (struct ndp_route){ .bits = at[2], .lifetime_s = get32(at + 4) };
	if (!read_preference(at[3], &route->preference))
		return false;
	memcpy(route->prefix.bytes, at + 8, size - 8);
	route->prefix = address_prefix(&route->prefix, route->bits);
	return address_fits_wire(&route->prefix);
}

bool ndp_parse_name_servers(const struct ndp_option *option, struct ndp_name_servers *servers)
{
	size_t size = option->bytes.size;

	if (option->type != NDP_NAME_SERVERS || size < 24 || (size - 8) % ADDRESS_SIZE != 0)
		return false;
	*servers = (struct ndp_name_servers){
		.lifetime_s = get32(option->bytes.at + 4),
		.count = (uint8_t)((size - 8) / ADDRESS_SIZE),
		.addresses = bytes_after(option->bytes, 8),
	};
	return true;
}

/* Labels, each name ended by an empty one, and no more than zeros behind (RFC 8106, 5.2). */
static bool names_hold(struct bytes names)
{
	size_t name_size = 0;

	while (names.size > 0) {
		size_t size = (size_t)1 + names.at[0];
		if (size > 1 + LABEL_MOST || size > names.size)
			return false;
		name_size = size > 1 ? name_size + size : 0;
		if (name_size >= NAME_MOST)
			return false;
		names = bytes_after(names, size);
	}
	return name_size == 0;
}

bool ndp_parse_search_list(const struct ndp_option *option, struct ndp_search_list *list)
{
	if (option->type != NDP_SEARCH_LIST || option->bytes.size < 16)
		return false;
	*list = (struct ndp_search_list){
		.lifetime_s = get32(option->bytes.at + 4),
		.names = bytes_after(option->bytes, 8),
	};
	return list->names.at[0] != 0 && names_hold(list->names);
}

static void write_fixed(uint8_t *at, const struct ndp_message *ndp)
{
	switch (ndp->type) {
	case ICMP6_ROUTER_ADVERTISEMENT:
		at[4] = ndp->hop_limit;
		at[5] = (uint8_t)((ndp->managed ? FLAG_MANAGED : 0) |
				  (ndp->other_configuration ? FLAG_OTHER : 0) |
				  preference_bits(ndp->preference));
		put16(at + 6, ndp->lifetime_s);
		put32(at + 8, ndp->reachable_ms);
		put32(at + 12, ndp->retransmit_ms);
		break;
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
		at[4] = (uint8_t)((ndp->router ? FLAG_ROUTER : 0) |
				  (ndp->solicited ? FLAG_SOLICITED : 0) |
				  (ndp->override ? FLAG_OVERRIDE : 0));
		address_write_v6(at + TARGET_AT, &ndp->target);
		break;
	case ICMP6_NEIGHBOUR_SOLICITATION:
		address_write_v6(at + TARGET_AT, &ndp->target);
		break;
	case ICMP6_REDIRECT:
		address_write_v6(at + TARGET_AT, &ndp->target);
		address_write_v6(at + DESTINATION_AT, &ndp->destination);
		break;
	default:
		break;
	}
}

/* The type, the length, and zeros. */
static size_t start_option(uint8_t *at, uint8_t type, size_t size)
{
	assert(size % UNIT == 0 && size > 0 && size / UNIT <= UINT8_MAX);
	memset(at, 0, size);
	at[0] = type;
	at[1] = (uint8_t)(size / UNIT);
	return size;
}

static size_t write_mac(uint8_t *at, uint8_t type, const struct mac *mac)
{
	size_t size = start_option(at, type, UNIT);
	memcpy(at + 2, mac->bytes, sizeof mac->bytes);
	return size;
}

static size_t write_mtu(uint8_t *at, uint32_t mtu)
{
	size_t size = start_option(at, NDP_MTU, UNIT);
	put32(at + 4, mtu);
	return size;
}

static size_t write_nonce(uint8_t *at, struct bytes nonce)
{
	assert(nonce.size == NDP_NONCE_SIZE);
	size_t size = start_option(at, NDP_NONCE, 2 + nonce.size);
	memcpy(at + 2, nonce.at, nonce.size);
	return size;
}

static size_t write_redirected(uint8_t *at, struct bytes packet)
{
	size_t part = packet.size < REDIRECTED_MOST ? packet.size / UNIT * UNIT : REDIRECTED_MOST;
	size_t size = start_option(at, NDP_REDIRECTED, UNIT + part);
	memcpy(at + UNIT, packet.at, part);
	return size;
}

size_t ndp_write(uint8_t at[NDP_MOST], const struct ndp_message *ndp)
{
	size_t size = fixed_size(ndp->type);

	memset(at, 0, size);
	at[0] = ndp->type;
	write_fixed(at, ndp);
	if (ndp->has_source_mac)
		size += write_mac(at + size, NDP_SOURCE_MAC, &ndp->source_mac);
	if (ndp->has_target_mac)
		size += write_mac(at + size, NDP_TARGET_MAC, &ndp->target_mac);
	if (ndp->mtu > 0)
		size += write_mtu(at + size, ndp->mtu);
	if (ndp->nonce.size > 0)
		size += write_nonce(at + size, ndp->nonce);
	if (ndp->redirected.size > 0)
		size += write_redirected(at + size, ndp->redirected);
	return size;
}

size_t ndp_write_prefix(uint8_t at[NDP_PREFIX_SIZE], const struct ndp_prefix *prefix)
{
	size_t size = start_option(at, NDP_PREFIX, NDP_PREFIX_SIZE);

	assert(prefix->bits <= 128);
	at[2] = prefix->bits;
	at[3] = (uint8_t)((prefix->on_link ? FLAG_ON_LINK : 0) |
			  (prefix->autonomous ? FLAG_AUTONOMOUS : 0));
	put32(at + 4, prefix->valid_s);
	put32(at + 8, prefix->preferred_s);
	address_write_v6(at + 16, &prefix->prefix);
	return size;
}

size_t ndp_write_route(uint8_t at[NDP_ROUTE_MOST], const struct ndp_route *route)
{
	assert(route->bits <= 128);
	size_t prefix_size = (route->bits + 63u) / 64 * 8;
	size_t size = start_option(at, NDP_ROUTE, UNIT + prefix_size);

	at[2] = route->bits;
	at[3] = preference_bits(route->preference);
	put32(at + 4, route->lifetime_s);
	memcpy(at + 8, route->prefix.bytes, prefix_size);
	return size;
}

size_t ndp_write_name_servers(uint8_t *at, uint32_t lifetime_s, const struct address *servers,
			      uint8_t count)
{
	size_t size = start_option(at, NDP_NAME_SERVERS, UNIT + count * (size_t)ADDRESS_SIZE);

	put32(at + 4, lifetime_s);
	for (uint8_t index = 0; index < count; index++)
		address_write_v6(at + UNIT + index * (size_t)ADDRESS_SIZE, &servers[index]);
	return size;
}

size_t ndp_write_search_list(uint8_t *at, uint32_t lifetime_s, struct bytes names)
{
	size_t size = start_option(at, NDP_SEARCH_LIST, UNIT + (names.size + 7) / UNIT * UNIT);

	put32(at + 4, lifetime_s);
	memcpy(at + UNIT, names.at, names.size);
	return size;
}
