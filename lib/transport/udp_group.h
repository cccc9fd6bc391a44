/* udp_group: which groups a socket has joined, and from which sources it hears (RFC 3678, with Linux's answers). */
#ifndef TRANSPORT_UDP_GROUP_H
#define TRANSPORT_UDP_GROUP_H

#include "ip/group.h"
#include "wire/address.h"

struct udp_socket;

enum { UDP_MEMBERSHIPS_MOST = 20 }; /* net.ipv4.igmp_max_memberships */

struct udp_membership {
	struct list link; /* in the socket's memberships */
	struct group_member member;
	uint32_t group;
	uint32_t address; /* what named the interface; 0: an index did, or nothing */
	int interface;
};

/* Which group on which interface a call is about: of index, else of this address, else where routes lead. */
struct udp_group_request {
	uint32_t group;
	uint32_t address;
	int interface;
};

/* -EINVAL: no group; -ENODEV: no such interface; -EADDRINUSE: joined already; -ENOBUFS; -ENOMEM. exclude: from any source;
 * else from none yet. */
int udp_group_join(struct udp_socket *socket, const struct udp_group_request *request,
		   bool exclude);
/* -ENODEV; -EADDRNOTAVAIL: it was not joined. */
int udp_group_leave(struct udp_socket *socket, const struct udp_group_request *request);
void udp_groups_leave(struct udp_socket *socket);

/* Puts a source on the list of those a membership excludes, or includes, or takes it off. -EINVAL: not joined, or joined
 * in the other mode; -EADDRNOTAVAIL: it is there already, or is not; -ENOBUFS: too many. */
int udp_group_add_source(struct udp_socket *socket, const struct udp_group_request *request,
			 bool exclude, uint32_t source);
int udp_group_drop_source(struct udp_socket *socket, const struct udp_group_request *request,
			  bool exclude, uint32_t source);

/* Does the socket hear what source sent to the group, come in by this interface? */
bool udp_group_hears(const struct udp_socket *socket, uint32_t group, uint32_t source,
		     int interface);

#endif
