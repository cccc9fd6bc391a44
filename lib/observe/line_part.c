#include "observe/line_part.h"

#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"

enum { PORTS_SIZE = 4 };

void line_add_length(struct text *text, uint32_t size)
{
	text_add(text, ", length ");
	text_add_number(text, size);
}

void line_add_named_number(struct text *text, const char *name, uint32_t number)
{
	text_add(text, name);
	text_add_number(text, number);
}

void line_add_address_port(struct text *text, const struct address *address, uint16_t port)
{
	text_add_address(text, address);
	line_add_named_number(text, ".", port);
}

void line_add_ends(struct text *text, const struct line_ends *ends)
{
	text_add(text, address_is_v4(&ends->source) ? "IP " : "IP6 ");
	text_add_address(text, &ends->source);
	text_add(text, " > ");
	text_add_address(text, &ends->destination);
	text_add(text, ": ");
}

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_ICMP:
		return "icmp";
	case PROTOCOL_ICMP6:
		return "icmp6";
	case PROTOCOL_NONE:
		return "no next header";
	case PROTOCOL_TCP:
		return "tcp";
	case PROTOCOL_UDP:
		return "udp";
	default:
		return NULL;
	}
}

void line_add_protocol(struct text *text, uint8_t protocol)
{
	const char *name = protocol_name(protocol);
	if (name)
		text_add(text, name);
	else
		line_add_named_number(text, "ip-proto-", protocol);
}

struct quote {
	struct address destination;
	uint8_t protocol;
	size_t header_size;
};

static bool read_quoted_v4(struct bytes quoted, struct quote *quote)
{
	if (quoted.size < IPV4_HEADER_SIZE)
		return false;
	quote->destination = address_v4(get32(quoted.at + 16));
	quote->protocol = quoted.at[9];
	quote->header_size = (size_t)(quoted.at[0] & 0xf) * 4;
	return quote->header_size >= IPV4_HEADER_SIZE;
}

static bool read_quoted_v6(struct bytes quoted, struct quote *quote)
{
	struct ipv6_chain chain;

	if (quoted.size < IPV6_HEADER_SIZE || !ipv6_chain_skim(quoted, &chain))
		return false;
	quote->destination = address_v6(quoted.at + IPV6_DESTINATION_AT);
	quote->protocol = chain.protocol;
	quote->header_size = chain.upper_at;
	return true;
}

void line_add_quoted(struct text *text, struct bytes quoted)
{
	struct quote quote;
	bool v6 = quoted.size > 0 && quoted.at[0] >> 4 == 6;

	if (v6 ? !read_quoted_v6(quoted, &quote) : !read_quoted_v4(quoted, &quote))
		return;
	if (quote.header_size + PORTS_SIZE > quoted.size)
		return;
	text_add(text, " (");
	line_add_protocol(text, quote.protocol);
	text_add(text, " to ");
	if (quote.protocol == PROTOCOL_TCP || quote.protocol == PROTOCOL_UDP)
		line_add_address_port(text, &quote.destination,
				      get16(quoted.at + quote.header_size + 2));
	else
		text_add_address(text, &quote.destination);
	text_add(text, ")");
}
