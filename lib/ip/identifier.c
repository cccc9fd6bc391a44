#include "ip/identifier.h"

#include "ip/ip.h"

static void form_of_mac(struct address *address, const struct mac *mac)
{
	uint8_t *identifier = address->bytes + 8;

	memcpy(identifier, mac->bytes, 3);
	identifier[0] ^= 2;
	identifier[3] = 0xff;
	identifier[4] = 0xfe;
	memcpy(identifier + 5, mac->bytes + 3, 3);
}

/* RFC 5453: the anycast addresses of subnet routers and of RFC 2526, and what was IANA's MAC. */
static bool is_reserved(const uint8_t identifier[8])
{
	static const struct {
		uint8_t first[8];
		unsigned bits;
	} reserved[] = {
		{ { 0 }, 64 },
		{ { 0x02, 0x00, 0x5e, 0xff, 0xfe }, 40 },
		{ { 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80 }, 57 },
	};

	for (size_t index = 0; index < sizeof reserved / sizeof *reserved; index++) {
		struct address a = { { { 0 } } }, b = { { { 0 } } };
		memcpy(a.bytes, identifier, 8);
		memcpy(b.bytes, reserved[index].first, 8);
		if (address_has_prefix(&a, &b, reserved[index].bits))
			return true;
	}
	return false;
}

/* RFC 7217, 5: F(prefix, interface, counter, secret), and again where that is reserved. */
static void form_of_secret(const struct ip *ip, struct address *address, const char *name,
			   uint8_t duplicates)
{
	uint8_t message[8 + INTERFACE_NAME_SIZE + 2] = { 0 };

	memcpy(message, address->bytes, 8);
	memcpy(message + 8, name, INTERFACE_NAME_SIZE);
	message[8 + INTERFACE_NAME_SIZE] = duplicates;
	do {
		uint64_t hash =
			siphash(&ip->discovery.secret, (struct bytes){ message, sizeof message });
		memcpy(address->bytes + 8, &hash, sizeof hash);
		message[8 + INTERFACE_NAME_SIZE + 1]++;
	} while (is_reserved(address->bytes + 8));
}

struct address identifier_form(const struct ip *ip, const struct interface *interface,
			       const struct address *prefix, uint8_t duplicates)
{
	struct address address = address_prefix(prefix, 128 - IDENTIFIER_BITS);

	if (!ip->discovery.stable_identifiers) {
		form_of_mac(&address, &interface->mac);
		return address;
	}
	struct address plain = address_in_zone(address, 0); /* an index need not stay */
	form_of_secret(ip, &plain, interface->name, duplicates);
	memcpy(address.bytes + 8, plain.bytes + 8, 8);
	return address;
}
