/* outgoing: what sending has in common for sockets of datagrams: UDP's, ping's and raw ones. */
#ifndef TRANSPORT_OUTGOING_H
#define TRANSPORT_OUTGOING_H

#include "transport/udp.h"

/* Where a datagram goes, and what is known of the way. */
struct outgoing_way {
	struct endpoint peer;
	struct address source;
	int interface; /* the one to send to a group by */
	uint32_t mtu;
	bool known; /* what the way takes is remembered: it is a connected socket's */
};

/* 0; -EDESTADDRREQ; -EINVAL; -ENETUNREACH; -EACCES. */
int outgoing_find_way(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		      struct outgoing_way *way);

/* Is that much behind the IP header more than IP carries (whose length counts IPv4's header and not IPv6's), or more than
 * the way takes where IP_MTU_DISCOVER says not to cut? */
bool outgoing_is_too_big(const struct udp_socket *socket, const struct outgoing_way *way,
			 size_t size);

/* Is it no more than the way takes in one piece? */
bool outgoing_fits_way(const struct outgoing_way *way, size_t size);

/* What is wrong with the socket itself: its pending error, told once, or -EPIPE; or 0. */
int outgoing_refusal(struct udp_socket *socket);

/* All pieces one after the other. */
void outgoing_gather(uint8_t *to, const struct udp_outgoing *outgoing);

/* A frame of the payload alone. NULL: no memory. */
struct frame *outgoing_frame(struct pool *pool, const struct udp_outgoing *outgoing);

/* Sends what a protocol has finished; takes the frame. 0, or what sendmsg(2) says. */
int outgoing_emit(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		  const struct outgoing_way *way, uint8_t protocol, struct frame *frame);

/* What became of it, as sendmsg(2) tells: what is lost behind the socket is not the sender's to know. */
int outgoing_result(enum verdict verdict);

/* udp_output.c: sends a block's first size bytes as one datagram, or as many of segment bytes each where that is not 0. */
int udp_emit(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
	     const struct outgoing_way *way, struct block *block, uint32_t size);
/* 0, -EMSGSIZE or -EINVAL: may that much of payload be sent so? */
int udp_judge_size(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		   const struct outgoing_way *way, size_t size);

/* udp_cork.c: begins a datagram that more is to come for; and adds to the one that is there, which goes if nothing more is. */
int udp_cork_begin(struct udp_socket *socket, const struct udp_outgoing *outgoing,
		   const struct outgoing_way *way);
int udp_cork_add(struct udp_socket *socket, const struct udp_outgoing *outgoing);

#endif
