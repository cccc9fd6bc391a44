/* interface: a host's place on a link, with its addresses of both families. Index 1 is lo, which has no link.
 *
 * The functions named ip_ change several rooms at once: addresses come with a route and an announcement, and an interface
 * goes with all that knew it. All of them return 0 (or an index) or the negative errno Linux gives. */
#ifndef IP_INTERFACE_H
#define IP_INTERFACE_H

#include "base/frame.h"
#include "ip/group.h"
#include "wire/address.h"
#include "wire/ethernet.h"

struct advertiser;
struct autoconf;
struct ip;

enum {
	INTERFACES_MOST = 64, /* a host's, lo included: as many as a busy gateway has links */
	INTERFACE_ADDRESSES_MOST = 64, /* they are searched one by one */
	INTERFACE_NAME_SIZE = 16,      /* as Linux's IFNAMSIZ, the zero at the end included */
	INTERFACE_MTU_LEAST = 576,     /* what every host takes (RFC 791, 3.1) */
	INTERFACE_MTU_MOST = 65535,
	INTERFACE_MTU_DEFAULT = 1500,
	LOOPBACK_INDEX = 1,
};

struct interface;

/* Whoever looks at every frame that comes in by an interface or goes out by it, link header at head; lo's has one too,
 * Ethernet's with addresses of zeros, as Linux shows it. It only looks. see NULL: nobody does. */
struct tap {
	void (*see)(void *context, const struct interface *interface, const struct frame *frame,
		    bool outgoing);
	void *context;
};

enum address_state {
	ADDRESS_PREFERRED,
	ADDRESS_DEPRECATED, /* used where it is in use, and where there is no other */
	ADDRESS_OPTIMISTIC, /* used, though perhaps another's */
	/* not ours, or not yet (dad.h) */
	ADDRESS_TENTATIVE,
	ADDRESS_DUPLICATE,
};

enum address_origin {
	ADDRESS_GIVEN,
	ADDRESS_OF_LINK,
	ADDRESS_AUTOCONFIGURED,
};

struct interface_address {
	struct address address;
	struct address mask;  /* of what is on the link by it */
	uint8_t prefix;       /* of struct address: IPv4's is 96 more than it is called */
	uint64_t quiet_until; /* when it may be defended in ARP again (RFC 5227, 2.4) */
	/* of IPv6 */
	enum address_state state;
	enum address_origin origin;
	uint64_t preferred_until, valid_until; /* NEVER: for ever */
	uint64_t probe_due;                    /* dad.h; NEVER: it is not asked for */
	uint8_t probes_left;
	uint8_t duplicates; /* how many of its like were another's */
	uint8_t nonce[6];   /* of the last probe */
};

/* What has crossed it, IP headers and all; a large segment is one packet. */
struct interface_traffic {
	uint64_t packets;
	uint64_t bytes;
};

struct interface {
	int index;
	char name[INTERFACE_NAME_SIZE];
	struct mac mac;
	uint32_t mtu;             /* IP bytes a frame */
	uint32_t largest_segment; /* TCP payload taken in one piece; 0: single frames only */
	bool checksums; /* transport checksums are made on the way out; else they may be left out */
	bool ethernet;  /* false: lo */
	/* Takes a frame, its Ethernet header at head; it does not call back into the host. */
	void (*transmit)(void *context, struct frame *frame);
	void *context;
	const struct tap *tap; /* all interfaces have one */
	struct interface_traffic received, sent;
	struct group_querier queriers[GROUP_FAMILIES];
	/* What a router says of IPv6 on the link (RFC 4861, 6.3.4); 0: nothing. */
	uint64_t reachable_ns, retransmit_ns;
	uint32_t mtu6;
	uint8_t hop_limit;
	struct autoconf *autoconf;     /* NULL: what routers say is nothing to it */
	struct advertiser *advertiser; /* NULL: it is no router */
	uint32_t address_count;
	struct interface_address addresses[INTERFACE_ADDRESSES_MOST];
};

struct interfaces {
	struct interface *at[INTERFACES_MOST]; /* the first is lo */
	uint32_t count;
	int next_index; /* no index is used twice */
	struct tap tap;
};

/* An Ethernet link. Fields as in struct interface; name NULL: eth0, eth1 ...; mtu 0: the default. */
struct interface_config {
	const char *name;
	struct mac mac;
	uint32_t mtu;
	uint32_t largest_segment;
	bool checksums;
	void (*transmit)(void *context, struct frame *frame);
	void *context;
};

/* The new index. -EINVAL: a bad name, one in use, MAC or MTU; -ENOMEM, also for one too many. */
int interface_add(struct ip *ip, const struct interface_config *config);

/* NULL: none. */
struct interface *interface_find(const struct ip *ip, int index);

/* With its addresses, routes and neighbours; what waits for a neighbour on it is dropped. Not lo. -ENODEV. */
int interface_remove(struct ip *ip, int index);

/* prefix: 0 to 32, or 128 of IPv6. Brings the route to its subnet, and tells the link (RFC 5227, 2.3). A link-local address
 * is of the interface's zone, whatever it says. -ENODEV; -EINVAL: no unicast address, or IPv6 on a link of less than 1,280 bytes; -EEXIST: the host has it already;
 * -ENOMEM. */
int ip_address_add(struct ip *ip, int index, const struct address *address, unsigned prefix);

/* The address of its link that every interface has (RFC 4291, 2.5.6). -ENOMEM. */
int ip_link_local_add(struct ip *ip, struct interface *interface);

/* With the route to its subnet, unless another address of the interface is on it. -ENODEV; -EADDRNOTAVAIL: it is none of
 * the interface's. */
int ip_address_remove(struct ip *ip, int index, const struct address *address);

/* Can it be the address of one host? */
bool address_is_assignable(const struct address *address);

/* An address made of a router's prefix, of its first 64 bits; its lifetimes are the caller's to set. NULL: the host has it, or has no
 * room. */
struct interface_address *ip_address_form(struct ip *ip, struct interface *interface,
					  const struct address *prefix);

/* gateway NULL or any: the destination itself is on the link. -ENODEV; -EINVAL: a prefix over 32 (IPv6: 128), bits of the
 * destination behind the prefix, a gateway of the other family, or our own address as gateway; -ENETUNREACH: the gateway is on none of the interface's subnets; -EEXIST;
 * -ENOMEM. */
int ip_route_add(struct ip *ip, const struct address *destination, unsigned prefix,
		 const struct address *gateway, int index);

/* index: of a link-local destination, the link's. -EINVAL: a prefix over 32 (IPv6: 128); -ESRCH: there is no such route. */
int ip_route_remove(struct ip *ip, const struct address *destination, unsigned prefix, int index);

/* lo, with 127.0.0.1/8 and ::1/128. False: no memory. */
bool interfaces_init(struct ip *ip);
void interfaces_close(struct ip *ip);

/* May it be spoken from, and heard at? */
static inline bool interface_address_is_usable(const struct interface_address *own)
{
	return own->state <= ADDRESS_OPTIMISTIC;
}

/* The entry of one of its own addresses, usable or not; NULL: not one. */
struct interface_address *interface_address_find(struct interface *interface,
						 const struct address *address);

/* Is it on one of the interface's subnets? */
bool interface_on_link(const struct interface *interface, const struct address *address);

/* 255.255.255.255, or the last address of one of its IPv4 subnets (none in a /31 or /32: RFC 3021). */
bool interface_is_broadcast(const struct interface *interface, const struct address *address);

/* What a packet to a destination of either family may be on it. */
static inline uint32_t interface_mtu_to(const struct interface *interface,
					const struct address *destination)
{
	return interface->mtu6 && !address_is_v4(destination) ? interface->mtu6 : interface->mtu;
}

/* RetransTimer (RFC 4861, 6.3.2). */
uint64_t interface_retransmit_ns(const struct interface *interface);

/* The usable address of next_hop's family to speak to it with: of its subnet, else the first; NULL: there is none. */
const struct address *interface_source(const struct interface *interface,
				       const struct address *next_hop);

static inline void interface_count(struct interface_traffic *traffic, const struct frame *packet)
{
	traffic->packets++;
	traffic->bytes += frame_size(packet);
}

/* Puts an Ethernet header in front and hands the frame to the link; takes it. */
void interface_transmit(struct interface *interface, const struct mac *destination, uint16_t type,
			struct frame *frame);

/* The same where its sender has written the header. */
void interface_transmit_written(struct interface *interface, struct frame *frame);

static inline void interface_show(const struct interface *interface, const struct frame *frame,
				  bool outgoing)
{
	if (interface->tap->see)
		interface->tap->see(interface->tap->context, interface, frame, outgoing);
}

#endif
