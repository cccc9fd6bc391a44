#include "ip/icmp_error.h"

#include "base/assert.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#include <errno.h>

enum { TRANSPORT_MOST = 64 }; /* of a transport header: the longest of TCP */

struct meaning {
	int error;
	bool hard;
};

/* By code, as in Linux's icmp_err_convert; hard as RFC 1122, 4.2.3.9 has it. */
static const struct meaning unreachables[] = {
	{ ENETUNREACH, false },  { EHOSTUNREACH, false }, { ENOPROTOOPT, true },
	{ ECONNREFUSED, true },  { EMSGSIZE, true },      { EOPNOTSUPP, false },
	{ ENETUNREACH, false },  { EHOSTDOWN, false },    { ENONET, false },
	{ ENETUNREACH, false },  { EHOSTUNREACH, false }, { ENETUNREACH, false },
	{ EHOSTUNREACH, false }, { EHOSTUNREACH, false }, { EHOSTUNREACH, false },
	{ EHOSTUNREACH, false },
};

static bool find_meaning(const struct icmp_message *icmp, struct meaning *meaning)
{
	switch (icmp->type) {
	case ICMP_UNREACHABLE:
		if (icmp->code >= sizeof unreachables / sizeof unreachables[0])
			return false;
		*meaning = unreachables[icmp->code];
		return true;
	case ICMP_TIME_EXCEEDED:
		*meaning = (struct meaning){ EHOSTUNREACH, false };
		return true;
	case ICMP_PARAMETER_PROBLEM:
		*meaning = (struct meaning){ EPROTO, false };
		return true;
	default:
		return false;
	}
}

/* The next smaller of the MTUs there are, for routers older than RFC 1191, which says none (its section 7.1). */
static uint32_t plateau_below(uint32_t size)
{
	static const uint16_t plateaus[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006 };
	for (size_t index = 0; index < sizeof plateaus / sizeof plateaus[0]; index++) {
		if (plateaus[index] < size)
			return plateaus[index];
	}
	return ICMP_MTU_LEAST;
}

/* 0: it says nothing that could be true of the packet quoted. */
static uint16_t mtu_of(const struct icmp_message *icmp, const struct ipv4_header *lost)
{
	uint32_t mtu = icmp->rest & UINT16_MAX;
	if (mtu == 0)
		mtu = plateau_below(lost->total_size);
	if (mtu < ICMP_MTU_LEAST)
		mtu = ICMP_MTU_LEAST;
	return mtu < lost->total_size ? (uint16_t)mtu : 0;
}

enum verdict icmp_error_tell(struct ip *ip, const struct ip_error *error)
{
	bool echo = error->protocol == PROTOCOL_ICMP || error->protocol == PROTOCOL_ICMP6;
	const struct ip_protocol *protocol = echo ? &ip->echo : &ip->protocols[error->protocol];

	if (protocol->error)
		protocol->error(protocol->context, error);
	if (ip->raw.error)
		ip->raw.error(ip->raw.context, error);
	return protocol->error ? DELIVERED : DROP_NO_PROTOCOL;
}

static enum verdict tell(struct ip *ip, const struct ipv4_header *lost, struct ip_error *error)
{
	error->protocol = lost->protocol;
	error->source = address_v4(lost->source);
	error->destination = address_v4(lost->destination);
	return icmp_error_tell(ip, error);
}

/* The quote's length field speaks of the packet that was lost, not of what is quoted. */
static bool parse_quote(struct bytes quote, struct ipv4_header *lost, struct bytes *transport)
{
	if (!ipv4_parse(quote, UINT16_MAX, lost))
		return false;
	*transport = bytes_after(quote, lost->header_size);
	size_t lost_size = (size_t)lost->total_size - lost->header_size;
	if (transport->size > lost_size)
		transport->size = lost_size;
	return transport->size >= ICMP_QUOTE_LEAST;
}

enum verdict icmp_error_input(struct ip *ip, const struct address *sender,
			      const struct icmp_message *icmp)
{
	struct ipv4_header lost;
	struct bytes transport;
	struct meaning meaning;

	if (!find_meaning(icmp, &meaning))
		return DROP_IGNORED;
	if (!parse_quote(icmp->body, &lost, &transport))
		return DROP_MALFORMED;
	struct address source = address_v4(lost.source);
	if (!ip_is_own(ip, &source))
		return DROP_NOT_OURS;
	if (lost.fragment_offset > 0)
		return DROP_IGNORED; /* a later piece: no transport header is quoted */

	uint16_t mtu = meaning.error == EMSGSIZE ? mtu_of(icmp, &lost) : 0;
	if (meaning.error == EMSGSIZE && mtu == 0)
		return DROP_IGNORED;
	return tell(ip, &lost,
		    &(struct ip_error){ .error = meaning.error,
					.hard = meaning.hard,
					.mtu = mtu,
					.type = icmp->type,
					.code = icmp->code,
					.offender = *sender,
					.transport = transport });
}

/* The ICMP error that Linux sends itself in this case, for raw sockets: it is how ping knows. What it quotes is the IP
 * header and what an echo request or a probe is known by. */
static void show_no_neighbour(struct ip *ip, const struct ipv4_header *lost, struct bytes transport,
			      const struct frame *lost_packet)
{
	uint32_t quoted = lost->header_size + (uint32_t)transport.size;
	struct frame *error = frame_with_room(ip->pool, ICMP_HEADER_SIZE + quoted);
	if (!error)
		return;

	struct checksum checksum = { 0 };
	uint8_t header[IPV4_HEADER_SIZE];
	icmp_write(error->head, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, 0);
	memcpy(error->head + ICMP_HEADER_SIZE, lost_packet->head, lost->header_size);
	memcpy(error->head + ICMP_HEADER_SIZE + lost->header_size, transport.at, transport.size);
	checksum_add_frame(&checksum, error);
	put16(error->head + 2, checksum_finish(&checksum));
	ipv4_write(header, &(struct ipv4_header){
				   .tos = ICMP_ERROR_TOS,
				   .total_size = (uint16_t)(IPV4_HEADER_SIZE + frame_size(error)),
				   .ttl = 64,
				   .protocol = PROTOCOL_ICMP,
				   .source = lost->source,
				   .destination = lost->source });
	ip->raw.input(ip->raw.context, &(struct ip_packet){ .interface = ip->interfaces.at[0],
							    .frame = error,
							    .source = address_v4(lost->source),
							    .destination = address_v4(lost->source),
							    .header = { header, sizeof header },
							    .version = 4,
							    .protocol = PROTOCOL_ICMP,
							    .ttl = 64,
							    .tos = ICMP_ERROR_TOS });
	frame_free(error);
}

void icmp_error_no_neighbour(struct ip *ip, const struct frame *packet)
{
	uint8_t transport[TRANSPORT_MOST];
	struct ipv4_header lost;
	bool written = ipv4_parse(frame_head(packet), frame_size(packet), &lost);

	assert(written); /* by ip_output */
	if (lost.fragment_offset > 0)
		return; /* the first one says what it was */
	size_t size = frame_copy_out(packet, lost.header_size, transport, sizeof transport);
	if (ip->raw.input)
		show_no_neighbour(ip, &lost, (struct bytes){ transport, size }, packet);
	if (size < ICMP_QUOTE_LEAST)
		return;
	tell(ip, &lost,
	     &(struct ip_error){ .error = EHOSTUNREACH,
				 .local = true,
				 .type = ICMP_UNREACHABLE,
				 .code = ICMP_HOST_UNREACHABLE,
				 .offender = address_v4(lost.source),
				 .transport = { transport, size } });
}
