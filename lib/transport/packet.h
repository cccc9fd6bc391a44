/* packet: sockets that see the frames of a host's interfaces, and send frames of their own (packet(7)). SOCK_RAW has the
 * link header in front; SOCK_DGRAM, cooked, has it in the address.
 *
 * They look at interfaces through a tap (ip/interface.h), which is there only while there is such a socket. One that hears
 * every protocol (ETH_P_ALL) sees what goes out as well, but not what it has sent itself; one of a single protocol sees what
 * comes in; one of protocol 0 nothing. A large segment is seen as the frames that the wire would have carried. Each socket
 * has a copy of its own of what its filter (base/bpf.h) keeps, so that nobody's block is held for it.
 *
 * A link brings every group's frames to its stations, but another station's only to an interface that somebody has made
 * promiscuous; and then only what the switch sends there.
 *
 * Left out: SOCK_PACKET, VLAN tags (a frame is shown with its tag in place), fan-out, and rings of memory that is shared with
 * the reader, which need what this library has not: daemon/ring.h. */
#ifndef TRANSPORT_PACKET_H
#define TRANSPORT_PACKET_H

#include "base/bpf.h"
#include "ip/ip.h"
#include "transport/ports.h"
#include "transport/udp.h"

#include <sys/uio.h>

enum {
	PACKET_PROTOCOL_ALL = 3, /* ETH_P_ALL */
	PACKET_OVERHEAD = 768,   /* a frame's own record, as SO_RCVBUF counts it */
};

struct packets {
	struct ip *ip;
	struct udp_config config;
	struct list all;
	const struct packet_socket *sender; /* of the frame that is on its way out */
};

struct packet_socket {
	struct packets *packets;
	void *owner;
	struct list link;
	struct port_holder holder; /* what options of every socket are kept in: no ports */
	bool cooked;
	bool ignores_outgoing;
	bool broadcast;       /* SO_BROADCAST */
	uint16_t protocol;    /* an ethertype, or PACKET_PROTOCOL_ALL; 0: none */
	int interface;        /* index; 0: any */
	uint32_t send_buffer; /* as a datagram socket's: it never fills */
	uint32_t receive_buffer;
	struct filter filter;
	struct list memberships;
	struct list received;             /* oldest first */
	uint32_t held;                    /* bytes they take, as SO_RCVBUF counts them */
	uint32_t frame_count, drop_count; /* since they were last asked for */
};

/* A frame that was seen. size bytes of it are here, from the link header on, or from behind it for a cooked socket. */
struct packet_frame {
	struct list link;
	int interface;
	uint16_t protocol; /* ethertype */
	uint16_t hardware; /* ARPHRD_ETHER, ARPHRD_LOOPBACK */
	uint8_t type;      /* PACKET_HOST ... */
	struct mac source;
	uint32_t network_at; /* where the network header begins */
	uint64_t arrived;
	uint32_t length; /* the whole frame's */
	uint32_t size;
	uint8_t bytes[];
};

/* What a socket wants of the link (PACKET_ADD_MEMBERSHIP). */
struct packet_membership {
	struct list link;
	int interface;
	uint16_t type; /* PACKET_MR_PROMISC ... */
	uint16_t size; /* of the address */
	uint8_t address[8];
	uint32_t count; /* times it was asked for */
};

/* A frame, or a cooked one's payload, to send. */
struct packet_outgoing {
	int interface;        /* index */
	uint16_t protocol;    /* cooked: the ethertype */
	const struct mac *to; /* cooked; NULL: nobody was named */
	const struct iovec *pieces;
	size_t piece_count;
	size_t size; /* in all pieces */
};

void packets_init(struct packets *packets, struct ip *ip, const struct udp_config *config);
/* Every socket is closed. */
void packets_close(struct packets *packets);

/* NULL: no memory. */
struct packet_socket *packet_open(struct packets *packets, bool cooked, uint16_t protocol,
				  void *owner);
void packet_close(struct packet_socket *socket);

/* interface 0: any; protocol 0: as before. -ENODEV. */
int packet_bind(struct packet_socket *socket, int interface, uint16_t protocol);

/* Fields as in a membership; count means nothing. -ENODEV, -EINVAL, -ENOMEM. */
int packet_join(struct packet_socket *socket, const struct packet_membership *wanted);
/* 0, had it been or not: as Linux. */
int packet_leave(struct packet_socket *socket, const struct packet_membership *unwanted);

/* 0; -ENXIO: no such interface; -EMSGSIZE; -EINVAL: less than a header, or nobody named; -ENOBUFS. */
int packet_send(struct packet_socket *socket, const struct packet_outgoing *outgoing);

/* The oldest frame; NULL: none. Good until it is dropped. */
const struct packet_frame *packet_first(const struct packet_socket *socket);
void packet_drop_first(struct packet_socket *socket);

/* packet_input.c: what is put into the tap. context is the struct packets. */
void packet_see(void *context, const struct interface *interface, const struct frame *frame,
		bool outgoing);

#endif
