/* raw: sockets that hear every packet of one IP protocol, whoever else takes it, and send packets of it (raw(7)).
 *
 * A socket gets a copy of what comes for this host by its own family, put together from its fragments: of IPv4 with the IP
 * header in front, every field of it in network byte order, as Linux gives it; of IPv6 what follows the headers, with a
 * checksum that is made and judged for it where it asks (RFC 3542, 3.1; of ICMPv6 always). Its queue, its settings and its peer are those of a UDP socket; it
 * has no port: where one is shown, it is the protocol's number.
 *
 * What IP_RECVERR keeps is what followed the IP header, IP_HDRINCL or not. */
#ifndef TRANSPORT_RAW_H
#define TRANSPORT_RAW_H

#include "transport/udp.h"

enum { RAW_FILTER_WORDS = 8 }; /* a bit for each type of ICMPv6; of ICMP's the first word has all */

struct raw {
	struct udp sockets; /* its list of sockets, no more */
};

struct raw_socket {
	struct udp_socket common; /* first: socket/ has the one for the other */
	uint8_t protocol;
	bool header_included; /* IP_HDRINCL, IPV6_HDRINCL */
	int32_t checksum_at; /* IPV6_CHECKSUM: where in what follows the headers; -1: none is ours to make */
	uint32_t filter
		[RAW_FILTER_WORDS]; /* ICMP_FILTER, ICMP6_FILTER: a bit set is a type not heard */
};

/* False: no memory. Registers itself with ip, which outlives it. */
bool raw_init(struct raw *raw, struct ip *ip, const uint8_t seed[16],
	      const struct udp_config *config);
/* Every socket is closed. */
void raw_close_all(struct raw *raw);

/* NULL: no memory. A new one is of an IPv4 socket; raw_turn_v6 makes it one of an IPv6 socket. */
void raw_turn_v6(struct raw_socket *socket);
struct raw_socket *raw_open(struct raw *raw, uint8_t protocol, void *owner);
void raw_close(struct raw_socket *socket);

/* -EINVAL: connected; -EADDRNOTAVAIL. */
int raw_bind(struct raw_socket *socket, const struct address *local);
/* As udp_connect; the peer's port means nothing, and is remembered. */
int raw_connect(struct raw_socket *socket, const struct endpoint *peer);
void raw_disconnect(struct raw_socket *socket);

/* As udp_send. -EINVAL: a header that is included and is none, or no room for the checksum. */
int raw_send(struct raw_socket *socket, const struct udp_outgoing *outgoing);

#endif
