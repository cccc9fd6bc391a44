/* udp_group: which groups a socket has joined, and from which sources it hears (RFC 3678, with Linux's answers). */
#ifndef TRANSPORT_UDP_GROUP_H
#define TRANSPORT_UDP_GROUP_H

#include "ip/group.h"
#include "wire/address.h"

struct udp_socket;

enum {
	UDP_MEMBERSHIPS_MOST = 20, /* of IPv4: net.ipv4.igmp_max_memberships */
	UDP_SOURCES_MOST = 10,     /* of one of those: net.ipv4.igmp_max_msf */
	/* Of IPv6 Linux counts the memory they take (net.core.optmem_max): some 2,000. A host has half as many groups. */
	UDP_MEMBERSHIPS_MOST_V6 = 512,
	UDP_SOURCES_MOST_V6 = 64, /* net.ipv6.mld_max_msf */
};

/* What a socket says of all groups of one family. */
struct udp_group_settings {
	uint8_t ttl;          /* hop limit; 0: the host itself */
	bool not_to_own_host; /* IP_MULTICAST_LOOP, the other way round */
	bool own_groups_only; /* IP_MULTICAST_ALL, likewise */
	int interface;        /* index; 0: the route's choice */
	uint32_t address;     /* of IPv4, to send from; 0: the interface's choice */
};

struct udp_membership {
	struct list link; /* in the socket's memberships */
	struct group_member member;
	struct address group;
	uint32_t address; /* of IPv4, what named the interface; 0: an index did, or nothing */
	int interface;
};

/* Which group on which interface a call is about: of index, else of this address of IPv4, else where routes lead. */
struct udp_group_request {
	struct address group;
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
			 bool exclude, const struct address *source);
int udp_group_drop_source(struct udp_socket *socket, const struct udp_group_request *request,
			  bool exclude, const struct address *source);

/* All that a membership hears, at once: all sources but these, or these, of which there are no more than udp_sources_most.
 * -EINVAL: not joined; -ENODEV; -ENOBUFS: no memory. Who would hear nobody leaves, as udp_group_leave. */
int udp_group_set_filter(struct udp_socket *socket, const struct udp_group_request *request,
			 bool exclude, const struct address *sources, uint32_t count);
/* -EINVAL: no group; -ENODEV; -EADDRNOTAVAIL: not joined. */
int udp_group_find_filter(const struct udp_socket *socket, const struct udp_group_request *request,
			  const struct source_filter **filter);
/* On the interface of that index alone; NULL: not joined. */
const struct source_filter *udp_group_filter_on(const struct udp_socket *socket,
						const struct address *group, int interface);

/* Does the socket hear what source sent to the group, come in by this interface? */
bool udp_group_hears(const struct udp_socket *socket, const struct address *group,
		     const struct address *source, int interface);

/* How many sources Linux lets a membership of the group's family have. */
static inline uint32_t udp_sources_most(const struct address *group)
{
	return address_is_v4(group) ? UDP_SOURCES_MOST : UDP_SOURCES_MOST_V6;
}

#endif
