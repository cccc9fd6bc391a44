#include "ip/icmp6_error.h"

#include "ip/icmp_error.h"
#include "wire/checksum.h"
#include "wire/ipv6_chain.h"

#include <errno.h>

enum {
	QUOTE_MOST =
		512, /* looked at: headers, and behind them what a protocol knows its packet by */
	TRANSPORT_MOST = 64, /* of a transport header: the longest of TCP */
};

struct meaning {
	int error;
	bool hard;
};

/* By code, as in Linux's icmpv6_err_convert. */
static const struct meaning unreachables[] = {
	[ICMP6_NO_ROUTE] = { ENETUNREACH, false },
	[ICMP6_PROHIBITED] = { EACCES, true },
	[ICMP6_BEYOND_SCOPE] = { EHOSTUNREACH, false },
	[ICMP6_ADDRESS_UNREACHABLE] = { EHOSTUNREACH, false },
	[ICMP6_PORT_UNREACHABLE] = { ECONNREFUSED, true },
	[ICMP6_SOURCE_POLICY] = { EACCES, true },
	[ICMP6_ROUTE_REJECTED] = { EACCES, true },
};

/* Types that are not known are told too, as EPROTO (RFC 4443, 2.4 a). */
static struct meaning meaning_of(const struct icmp6_message *icmp6)
{
	switch (icmp6->type) {
	case ICMP6_UNREACHABLE:
		return icmp6->code < sizeof unreachables / sizeof unreachables[0]
			       ? unreachables[icmp6->code]
			       : (struct meaning){ EPROTO, true };
	case ICMP6_PACKET_TOO_BIG:
		return (struct meaning){ EMSGSIZE, true };
	case ICMP6_TIME_EXCEEDED:
		return (struct meaning){ EHOSTUNREACH, false };
	case ICMP6_PARAMETER_PROBLEM:
		return (struct meaning){ EPROTO, true };
	default:
		return (struct meaning){ EPROTO, false };
	}
}

/* A packet of ours, as far as it is quoted. */
struct lost {
	struct ipv6_header ipv6;
	struct ipv6_chain chain;
	struct bytes transport;
};

/* The quote's length field speaks of the packet that was lost, not of what is quoted. Its link was the report's. */
static bool parse_quote(struct bytes quote, int zone, struct lost *lost)
{
	if (!ipv6_parse(quote, SIZE_MAX, &lost->ipv6) || !ipv6_chain_skim(quote, &lost->chain))
		return false;
	size_t whole = (size_t)IPV6_HEADER_SIZE + lost->ipv6.payload_size;
	size_t end = quote.size < whole ? quote.size : whole;
	if (lost->chain.upper_at > end)
		return false;
	lost->transport =
		(struct bytes){ quote.at + lost->chain.upper_at, end - lost->chain.upper_at };
	if (lost->transport.size > TRANSPORT_MOST)
		lost->transport.size = TRANSPORT_MOST;
	lost->ipv6.source = address_in_zone(lost->ipv6.source, zone);
	lost->ipv6.destination = address_in_zone(lost->ipv6.destination, zone);
	return lost->transport.size >= ICMP_QUOTE_LEAST;
}

/* What is quoted, less what RFC 4884 lets follow it: the header then says where the quote ends. */
static size_t copy_quote(const struct ip_packet *packet, const struct icmp6_message *icmp6,
			 uint8_t quote[QUOTE_MOST])
{
	bool may_be_extended =
		icmp6->type == ICMP6_UNREACHABLE || icmp6->type == ICMP6_TIME_EXCEEDED;
	size_t said = may_be_extended ? (icmp6->rest >> 24) * (size_t)8 : 0;
	size_t size = said > 0 && said < QUOTE_MOST ? said : QUOTE_MOST;

	return frame_copy_out(packet->frame, ICMP6_HEADER_SIZE, quote, size);
}

static enum verdict tell(struct ip *ip, const struct lost *lost, struct ip_error *error)
{
	error->protocol = lost->chain.protocol;
	error->source = lost->ipv6.source;
	error->destination = lost->ipv6.destination;
	error->transport = lost->transport;
	return icmp_error_tell(ip, error);
}

/* 0: it says nothing that could be true of the packet quoted. */
static uint16_t mtu_of(const struct icmp6_message *icmp6, const struct lost *lost)
{
	uint32_t size = IPV6_HEADER_SIZE + (uint32_t)lost->ipv6.payload_size;
	return icmp6->rest >= IPV6_MTU_LEAST && icmp6->rest < size ? (uint16_t)icmp6->rest : 0;
}

enum verdict icmp6_error_input(struct ip *ip, const struct ip_packet *packet,
			       const struct icmp6_message *icmp6)
{
	uint8_t quote[QUOTE_MOST];
	struct lost lost;
	size_t size = copy_quote(packet, icmp6, quote);
	struct meaning meaning = meaning_of(icmp6);

	if (!parse_quote((struct bytes){ quote, size }, packet->interface->index, &lost))
		return DROP_MALFORMED;
	if (!ip_is_own(ip, &lost.ipv6.source))
		return DROP_NOT_OURS;
	if (lost.chain.has_fragment && lost.chain.fragment_offset > 0)
		return DROP_IGNORED; /* a later piece: no transport header is quoted */
	uint16_t mtu = meaning.error == EMSGSIZE ? mtu_of(icmp6, &lost) : 0;
	if (meaning.error == EMSGSIZE && mtu == 0)
		return DROP_IGNORED;
	return tell(ip, &lost,
		    &(struct ip_error){ .error = meaning.error,
					.hard = meaning.hard,
					.mtu = mtu,
					.type = icmp6->type,
					.code = icmp6->code,
					.offender = packet->source });
}

/* As show_no_neighbour of icmp_error.c. */
static void show_no_neighbour(struct ip *ip, const struct lost *lost, struct bytes quote)
{
	const struct address *own = &lost->ipv6.source;
	struct frame *error = frame_with_room(ip->pool, ICMP6_HEADER_SIZE + (uint32_t)quote.size);
	uint8_t header[IPV6_HEADER_SIZE];
	struct checksum checksum = { 0 };

	if (!error)
		return;
	icmp6_write(error->head, ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, 0);
	memcpy(error->head + ICMP6_HEADER_SIZE, quote.at, quote.size);
	checksum_add_pseudo(&checksum, own, own, PROTOCOL_ICMP6, error->head_size);
	checksum_add_frame(&checksum, error);
	put16(error->head + ICMP6_CHECKSUM_AT, checksum_finish(&checksum));
	ipv6_write(header, &(struct ipv6_header){ .payload_size = (uint16_t)error->head_size,
						  .next_header = PROTOCOL_ICMP6,
						  .hop_limit = 64,
						  .source = *own,
						  .destination = *own });
	ip->raw.input(ip->raw.context, &(struct ip_packet){ .interface = ip->interfaces.at[0],
							    .frame = error,
							    .source = *own,
							    .destination = *own,
							    .header = { header, sizeof header },
							    .version = 6,
							    .protocol = PROTOCOL_ICMP6,
							    .ttl = 64 });
	frame_free(error);
}

void icmp6_error_no_neighbour(struct ip *ip, const struct interface *interface,
			      const struct frame *packet)
{
	uint8_t quote[QUOTE_MOST];
	size_t size = frame_copy_out(packet, 0, quote, sizeof quote);
	struct lost lost;
	bool whole = parse_quote((struct bytes){ quote, size }, interface->index, &lost);

	if (!whole || (lost.chain.has_fragment && lost.chain.fragment_offset > 0))
		return; /* nothing of a transport header is left, or the first one says what it was */
	size = (size_t)(lost.transport.at - quote) + lost.transport.size;
	if (ip->raw.input)
		show_no_neighbour(ip, &lost, (struct bytes){ quote, size });
	tell(ip, &lost,
	     &(struct ip_error){ .error = EHOSTUNREACH,
				 .local = true,
				 .type = ICMP6_UNREACHABLE,
				 .code = ICMP6_ADDRESS_UNREACHABLE,
				 .offender = lost.ipv6.source });
}
