/* ping: Linux's ping sockets (SOCK_DGRAM with IPPROTO_ICMP or IPPROTO_ICMPV6), with which programs send echo requests and hear the answers
 * without any privilege. Such a socket is one of UDP's with another header: its port is the echo's identifier, and what it
 * sends and receives is the ICMP message, header and all. The identifier and the checksum are filled in.
 *
 * Left out: everything but echo (RFC 8335's extended echo). */
#ifndef TRANSPORT_PING_H
#define TRANSPORT_PING_H

#include "transport/udp.h"

/* False: no memory. From now on, ip's echo replies come here. udp_open, bind, connect, disconnect and close do the rest;
 * udp_close_all ends it. */
bool ping_init(struct udp *ping, struct ip *ip, const uint8_t seed[16],
	       const struct udp_config *config);

/* As udp_send. -EINVAL: it is no echo request. */
int ping_send(struct udp_socket *socket, const struct udp_outgoing *outgoing);

#endif
