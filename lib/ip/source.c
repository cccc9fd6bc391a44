#include "ip/source.h"

enum { SCOPE_SITE_LOCAL = SCOPE_SITE, UNSPECIFIED_LABEL = 1 };

/* RFC 6724, 2.1, longest prefix first; what is not among them has the label of ::/0. Mapped addresses are IPv4's here. */
static const struct {
	struct address prefix;
	uint8_t bits;
	uint8_t label;
} policies[] = {
	{ { .bytes = { [15] = 1 } }, 128, 0 },   /* ::1 */
	{ { .bytes = { 0 } }, 96, 3 },           /* IPv4-compatible */
	{ { .bytes = { 0x20, 0x01 } }, 32, 5 },  /* Teredo */
	{ { .bytes = { 0x20, 0x02 } }, 16, 2 },  /* 6to4 */
	{ { .bytes = { 0x3f, 0xfe } }, 16, 12 }, /* 6bone */
	{ { .bytes = { 0xfe, 0xc0 } }, 10, 11 }, /* site-local */
	{ { .bytes = { 0xfc } }, 7, 13 },        /* unique local */
};

static uint8_t label_of(const struct address *address)
{
	for (size_t index = 0; index < sizeof policies / sizeof policies[0]; index++) {
		if (address_has_prefix(address, &policies[index].prefix, policies[index].bits))
			return policies[index].label;
	}
	return UNSPECIFIED_LABEL;
}

/* RFC 6724, 3.1 and 3.4: loopback is as narrow as a link; site-local is what it was. */
static uint8_t scope_of(const struct address *address)
{
	if (address_is_multicast(address))
		return address_group_scope(address);
	if (address_is_link_local(address) || address_is_loopback(address))
		return SCOPE_LINK;
	if (address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0xc0)
		return SCOPE_SITE_LOCAL;
	return SCOPE_GLOBAL;
}

/* An address that could be the source, and all that is asked of it. */
struct candidate {
	const struct interface_address *own;
	bool is_destination;
	uint8_t scope;
	bool deprecated;
	bool outgoing;
	bool label_agrees;
	unsigned common; /* bits with the destination, within the address's own prefix */
};

static struct candidate examine(const struct interface_address *own, bool outgoing,
				const struct address *destination)
{
	unsigned common = address_common_bits(&own->address, destination);

	return (struct candidate){
		.own = own,
		.is_destination = address_equal(&own->address, destination),
		.scope = scope_of(&own->address),
		.deprecated = own->state != ADDRESS_PREFERRED, /* optimistic too (RFC 4429, 3.1) */
		.outgoing = outgoing,
		.label_agrees = label_of(&own->address) == label_of(destination),
		.common = common < own->prefix ? common : own->prefix,
	};
}

/* Rule 2: the narrowest scope that reaches the destination's; else the widest. */
static bool has_better_scope(uint8_t a, uint8_t b, uint8_t destination)
{
	return a < b ? a >= destination : b < destination;
}

/* The rules in their order; the first that tells them apart decides. */
static bool is_better(const struct candidate *a, const struct candidate *b, uint8_t scope)
{
	if (a->is_destination != b->is_destination)
		return a->is_destination;
	if (a->scope != b->scope)
		return has_better_scope(a->scope, b->scope, scope);
	if (a->deprecated != b->deprecated)
		return b->deprecated;
	if (a->outgoing != b->outgoing)
		return a->outgoing;
	if (a->label_agrees != b->label_agrees)
		return a->label_agrees;
	return a->common > b->common;
}

/* A link-local address means nothing on another link. */
static bool may_be_used(const struct interface_address *own, bool outgoing)
{
	return !address_is_v4(&own->address) && interface_address_is_usable(own) &&
	       (outgoing || !address_is_link_local(&own->address));
}

static void examine_all(const struct interface *of, bool outgoing,
			const struct address *destination, struct candidate *best)
{
	uint8_t scope = scope_of(destination);

	for (uint32_t place = 0; place < of->address_count; place++) {
		const struct interface_address *own = &of->addresses[place];
		if (may_be_used(own, outgoing)) {
			struct candidate candidate = examine(own, outgoing, destination);
			if (!best->own || is_better(&candidate, best, scope))
				*best = candidate;
		}
	}
}

const struct address *source_select(const struct ip *ip, const struct interface *interface,
				    const struct address *destination)
{
	bool of_link = address_is_link_local(destination) || address_is_multicast(destination);
	struct candidate best = { 0 };

	examine_all(interface, true, destination, &best);
	for (uint32_t place = 0; place < ip->interfaces.count && !of_link; place++) {
		const struct interface *other = ip->interfaces.at[place];
		if (other != interface && other->ethernet) /* lo's is of no use elsewhere */
			examine_all(other, false, destination, &best);
	}
	return best.own ? &best.own->address : NULL;
}
