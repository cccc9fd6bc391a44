/* berth/host.h: a virtual host: interfaces, addresses, routes, and the clock it lives by.
 *
 * libberth makes no system call, keeps no global variable, starts no thread and reads no clock. A host sees frames
 * handed to it, and time handed to it: nothing moves between two calls. One host (and everything plugged into the same
 * LAN) belongs to one thread at a time; different LANs may run in different threads.
 *
 * Times are nanoseconds on a clock of the caller's that never goes back. Functions that can fail return a negative
 * errno, the number Linux gives. */
#ifndef BERTH_HOST_H
#define BERTH_HOST_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct berth_host;

/* No deadline: nothing will happen until something is handed in. */
#define BERTH_NEVER UINT64_MAX

/* Where all memory comes from. It is copied; context is handed back in each call and must outlive what was made with
 * it. release is told the size that was asked for. */
struct berth_allocator {
	void *(*allocate)(void *context,
			  size_t size); /* aligned as malloc's; NULL when there is none */
	void (*release)(void *context, void *at, size_t size);
	void *context;
};

/* Which addresses of IPv6 are asked after on the link, lest another has them, before they are the host's (RFC 4862, 5.4).
 * That takes one to two seconds, in which the host cannot be spoken to at them, or, optimistically (RFC 4429), already
 * can. */
enum berth_duplicate_detection {
	BERTH_DETECT_AUTOCONFIGURED, /* those formed from a router's prefix, optimistically; no others */
	BERTH_DETECT_ALL,
	BERTH_DETECT_ALL_OPTIMISTICALLY,
};

/* What a host is made with. A field left 0 takes its default. */
struct berth_host_config {
	const struct berth_allocator *allocator; /* required */
	uint8_t seed[16]; /* all randomness; unguessable bytes, unless the run is to be repeated */
	/* 16 bytes behind what peers remember of a host that has ended: sequence numbers and timestamps (RFC 6528; RFC 7323,
	 * 5.4). Hosts that may follow each other at one address share it, and one clock, so that a peer's TIME-WAIT takes
	 * the new one's for later than the old one's. NULL: seed. */
	const uint8_t *lineage;
	const char *name;        /* shown in listings and captures; copied, at most 63 characters */
	uint64_t now;            /* the clock as the host begins */
	uint32_t send_buffer;    /* SO_SNDBUF of a new stream socket, bytes; default 512 KiB */
	uint32_t receive_buffer; /* SO_RCVBUF of a new stream socket, bytes; default 512 KiB */
	uint32_t most_sockets;   /* descriptors at once, at most; default 1,048,576 */
	enum berth_duplicate_detection duplicate_detection;
	/* Addresses of IPv6 that the host forms itself end in what only its lineage can tell (RFC 7217); default: in its MAC. */
	int stable_identifiers;
};

/* A host with a loopback interface (lo, 127.0.0.1/8) and nothing else. NULL: no memory. */
struct berth_host *berth_host_new(const struct berth_host_config *config);

/* Ends the host: every socket with it, without another frame, but for the farewell of one that advertises itself as a
 * router. NULL does nothing. */
void berth_host_free(struct berth_host *host);

const char *berth_host_name(const struct berth_host *host);

/* Moves the host's clock to now (never back), does what is due, carries what it sent to itself, and returns the next
 * deadline (BERTH_NEVER: none). Call it after handing in frames or calls as well: that is when loopback traffic moves. */
uint64_t berth_host_advance(struct berth_host *host, uint64_t now);

/* The clock as last handed over. */
uint64_t berth_host_now(const struct berth_host *host);

/* A link of the embedder's own: Ethernet frames out through transmit, in through berth_interface_input. */
struct berth_interface_config {
	const char *name; /* copied, at most 15 characters; default eth0, eth1 ... */
	uint8_t mac[6];   /* unicast, not all zeros */
	uint32_t mtu;     /* IP bytes a frame; 576 to 65,535; default 1,500 */
	/* One frame, without its check sequence, in count pieces that are good until the call returns; it must not call
	 * back into the host. */
	void (*transmit)(void *context, const struct iovec *pieces, int count);
	void *context;
};

/* Adds an interface and returns its index (from 1; loopback is 1). -EINVAL: the configuration; -ENOMEM. */
int berth_interface_add(struct berth_host *host, const struct berth_interface_config *config);

/* A frame has arrived. It is copied. -ENODEV: no such interface; -EMSGSIZE: over 65,535 bytes; -ENOMEM. A frame that is
 * refused by the stack is counted (berth/observe.h) and is not an error here. */
int berth_interface_input(struct berth_host *host, int index, const void *frame, size_t size);

/* Gives an interface an IPv4 address and with it the route to its subnet. prefix: 0 to 32. -ENODEV; -EINVAL: not a
 * unicast address; -EEXIST; -ENOMEM. */
int berth_address_add(struct berth_host *host, int index, struct in_addr address, unsigned prefix);

/* Likewise an IPv6 address; prefix: 0 to 128. A link-local one is that of this interface. */
int berth_address6_add(struct berth_host *host, int index, const struct in6_addr *address,
		       unsigned prefix);

/* As berth_address_add, but asks the link first whether somebody has the address, and takes it some seconds later, if
 * nobody does; it is given up again when somebody insists on it (RFC 5227). berth_host_claims (berth/observe.h) says how
 * it stands. -EEXIST: claimed or held already; -ENODEV; -EINVAL; -ENOMEM. A claim that was lost may be made again. */
int berth_address_claim(struct berth_host *host, int index, struct in_addr address,
			unsigned prefix);

/* Finds an address of 169.254/16 that nobody on the link has, in the same way; another, where it is lost (RFC 3927).
 * -EEXIST: the interface does so already; -ENODEV; -ENOMEM. */
int berth_link_local(struct berth_host *host, int index);

/* A route by way of a gateway on that interface's subnet (0.0.0.0 or ::: the destination is on the link itself); prefix 0 is the default
 * route. -ENODEV; -EEXIST; -ENOMEM. */
int berth_route_add(struct berth_host *host, struct in_addr destination, unsigned prefix,
		    struct in_addr gateway, int index);
int berth_route6_add(struct berth_host *host, const struct in6_addr *destination, unsigned prefix,
		     const struct in6_addr *gateway, int index);

/* From now on takes what routers on this link advertise: addresses made of their prefixes (RFC 4862), routes, MTU, name
 * servers; and asks for it. -ENODEV; -EINVAL: its MTU is below IPv6's least, 1,280; -EALREADY; -EBUSY: it advertises
 * itself; -ENOMEM. */
int berth_autoconfigure(struct berth_host *host, int index);

/* The name servers that routers have told of (RFC 8106), those told first first; a link-local one with its interface as
 * scope. */
void berth_host_name_servers(struct berth_host *host,
			     void (*each)(void *context, const struct sockaddr_in6 *server),
			     void *context);

#define BERTH_FOR_EVER UINT32_MAX /* of a lifetime in seconds */

/* A prefix that a router advertises (RFC 4861, 4.6.2). */
struct berth_advertised_prefix {
	struct in6_addr prefix;
	uint8_t bits;
	int on_link;    /* all of it is on this link */
	int autonomous; /* hosts make addresses of it; of 64 bits */
	uint32_t valid_s, preferred_s;
};

/* A route that leads over it (RFC 4191, 2.3). */
struct berth_advertised_route {
	struct in6_addr prefix;
	uint8_t bits;
	int preference; /* as the advertisement's */
	uint32_t lifetime_s;
};

/* What a router says of itself. Of prefixes, routes and name servers there are at most 8 each. */
struct berth_advertisement {
	uint16_t lifetime_s; /* as a default router, at most 9,000; 0: it is none, and only tells */
	int preference;      /* -1 low, 0 medium, 1 high (RFC 4191) */
	uint32_t
		interval_s; /* the longest between two, 4 to 1,800, not over lifetime_s; default 600 */
	uint8_t hop_limit; /* for hosts to use; 0: not said */
	uint32_t mtu;      /* likewise */
	const struct berth_advertised_prefix *prefixes;
	unsigned prefix_count;
	const struct berth_advertised_route *routes;
	unsigned route_count;
	const struct in6_addr *name_servers;
	unsigned name_server_count;
	uint32_t name_server_lifetime_s;
};

/* Makes the host advertise itself as a router on this link (RFC 4861, 6.2), from now on, or otherwise than until now; NULL:
 * ends that, with a farewell, as the host's end does (but what a host has not yet sent to a LAN when it is unplugged is
 * lost). -ENODEV; -EINVAL: what is said contradicts itself or the bounds above; -EBUSY: the interface is autoconfigured;
 * -ENOMEM. */
int berth_advertise(struct berth_host *host, int index,
		    const struct berth_advertisement *advertisement);

/* Takes away what was given. What an address brought with it goes too, where no other address needs it. -ENODEV;
 * -EADDRNOTAVAIL: the interface has no such address. */
int berth_address_remove(struct berth_host *host, int index, struct in_addr address);
int berth_address6_remove(struct berth_host *host, int index, const struct in6_addr *address);

/* -EINVAL: the prefix; -ESRCH: there is no such route. index: of a link-local destination, the link's. */
int berth_route_remove(struct berth_host *host, struct in_addr destination, unsigned prefix);
int berth_route6_remove(struct berth_host *host, const struct in6_addr *destination,
			unsigned prefix, int index);

/* on: the host is a router from now on, between all its links and in both families: what is for others it passes on by its
 * routes (RFC 1812, RFC 8200). */
void berth_forwarding(struct berth_host *host, int on);

/* The host's tunables, by the names that sysctl(8) has for them on Linux (net.ipv4.tcp_sack; slashes are dots) and with its
 * meanings. One is there or it is unknown: none is taken and does nothing. A change is for what begins from then on: a
 * connection keeps what was so as it was made. Differences: net.ipv6.conf.all.hop_limit is that of every interface that no
 * router has told one; a stream's buffers begin with the second value of tcp_rmem and tcp_wmem, brought between the first and
 * the third, which must stand in that order; flags are 0 or 1. */
enum { BERTH_SYSCTL_VALUE_SIZE = 64 };

/* Sets one: whole numbers with blanks between, decimal, 0x... or 0...; fewer than there are leave the rest. -ENOENT: it is
 * unknown; -EINVAL: no such number or name, or beyond its bounds. */
int berth_sysctl_set(struct berth_host *host, const char *name, const char *value);

/* Writes its numbers in decimal, tabs between. -ENOENT. */
int berth_sysctl_get(const struct berth_host *host, const char *name,
		     char value[BERTH_SYSCTL_VALUE_SIZE]);

struct berth_sysctl_info {
	const char *name;
	int values;           /* how many numbers it is; 0: it is a name */
	uint32_t least, most; /* the bounds of each of them */
};

/* All there are, by index from 0, in alphabetical order. -ENOENT: there are no more. */
int berth_sysctl_info(int index, struct berth_sysctl_info *info);

#ifdef __cplusplus
}
#endif

#endif
