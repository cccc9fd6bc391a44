/* udp_lite: UDP-Lite (RFC 3828): UDP whose sender says how many bytes of a datagram, the header first, its checksum covers,
 * for those who would rather have a damaged datagram than none. Its sockets are UDP's, with ports of their own. */
#ifndef TRANSPORT_UDP_LITE_H
#define TRANSPORT_UDP_LITE_H

#include "transport/udp.h"
#include "wire/udp.h"

/* As udp_init. */
bool udp_lite_init(struct udp *lite, struct ip *ip, const uint8_t seed[16],
		   const struct udp_config *config);

/* DELIVERED, with the header and how much of the packet is covered; DROP_MALFORMED or DROP_CHECKSUM. */
enum verdict udp_lite_judge(const struct ip_packet *packet, struct udp_header *header,
			    uint32_t *covered);

/* Does the socket take a datagram of that size with so much covered (UDPLITE_RECV_CSCOV)? */
bool udp_lite_takes(const struct udp_socket *socket, uint32_t size, uint32_t covered);

/* Writes the header in front of a payload, its checksum included. */
void udp_lite_write(const struct udp_socket *socket, const struct address *source,
		    const struct endpoint *peer, struct frame *frame);

#endif
