/* berth/observe.h: what can be seen of a host and a LAN: sockets, counters, every packet. */
#ifndef BERTH_OBSERVE_H
#define BERTH_OBSERVE_H

#include <berth/host.h>
#include <berth/lan.h>

#include <netinet/in.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct berth_capture;

/* One socket, as a row of ss(8). */
struct berth_socket_info {
	int descriptor;         /* -1: it has none (closed by its owner, or not yet accepted) */
	int domain;             /* AF_INET, AF_INET6, AF_PACKET */
	int type;               /* SOCK_STREAM, SOCK_DGRAM, SOCK_RAW */
	int protocol;           /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP; of a raw socket any;
				   of a packet socket an ethertype */
	int state;              /* TCP_ESTABLISHED ... as in <netinet/tcp.h>; of a datagram socket
				   TCP_ESTABLISHED (connected) or TCP_CLOSE (ss: UNCONN) */
	uint32_t receive_queue; /* bytes unread; of a listener: connections waiting; of a datagram
				   socket: the memory that what is unread takes, as ss shows it */
	uint32_t send_queue;    /* bytes not acknowledged; of a listener: the backlog */
	struct sockaddr_storage local;
	struct sockaddr_storage peer; /* of a packet socket nothing */
	const char *interface; /* that a packet socket is bound to, good until the call returns;
				  NULL: none */
};

/* Calls each for every socket of the host, in no order; it must not call back into the host. */
void berth_host_sockets(struct berth_host *host,
			void (*each)(void *context, const struct berth_socket_info *info),
			void *context);

/* A group that sockets of the host have joined, as a row of netstat -g. */
struct berth_group_info {
	const char *interface; /* its name, good until the call returns */
	struct sockaddr_storage group;
	uint32_t users; /* sockets that have joined it there */
};

/* As berth_host_sockets. */
void berth_host_groups(struct berth_host *host,
		       void (*each)(void *context, const struct berth_group_info *info),
		       void *context);

/* A member of a group as the LAN's switch knows it: what a bridge's mdb has a row for. */
struct berth_lan_group_info {
	struct sockaddr_storage group;
	struct berth_host *host; /* that has reported it */
	uint64_t until;          /* it is one, unless it reports again */
};

/* Calls each for every member of a group that the switch snooped, in no order; it must not call back into the LAN. */
void berth_lan_groups(const struct berth_lan *lan,
		      void (*each)(void *context, const struct berth_lan_group_info *info),
		      void *context);

/* An IP address of either family: IPv4's is the first four bytes. family 0: none. */
struct berth_ip {
	int family; /* AF_INET, AF_INET6 */
	uint8_t bytes[16];
};

/* Packets and bytes, the link's header left out. */
struct berth_traffic {
	uint64_t packets;
	uint64_t bytes;
};

/* One interface, as a row of ip-link(8). All are up. */
struct berth_interface_info {
	int index;
	char name[16];
	int is_loopback; /* lo: it has no link, and no link address */
	uint8_t mac[6];
	uint32_t mtu;
	struct berth_traffic received, sent;
};

/* One address of an interface, as a row of ip-address(8). */
struct berth_address_info {
	int interface;
	struct berth_ip address;
	unsigned prefix; /* 0 to 32, or 128 of IPv6 */
	unsigned flags;  /* IFA_F_PERMANENT, IFA_F_TENTATIVE ... as in <linux/if_addr.h> */
	uint32_t preferred, valid; /* seconds that it is so yet; UINT32_MAX: for ever */
};

/* One route, as a row of ip-route(8). Addresses of the host itself are reached without one. */
struct berth_route_info {
	struct berth_ip destination;
	unsigned prefix;
	struct berth_ip gateway; /* family 0: the destination is on the link itself */
	int interface;
};

/* Who is next on a link, as a row of ip-neighbour(8). */
struct berth_neighbour_info {
	int interface;
	struct berth_ip address;
	uint8_t mac[6];
	int state; /* NUD_INCOMPLETE ... as in <linux/neighbour.h>; INCOMPLETE has no mac yet */
};

/* As berth_host_sockets; interfaces and their addresses in the order in which they were added, routes by falling prefix. */
void berth_host_interfaces(struct berth_host *host,
			   void (*each)(void *context, const struct berth_interface_info *info),
			   void *context);
void berth_host_addresses(struct berth_host *host,
			  void (*each)(void *context, const struct berth_address_info *info),
			  void *context);
void berth_host_routes(struct berth_host *host,
		       void (*each)(void *context, const struct berth_route_info *info),
		       void *context);
void berth_host_neighbours(struct berth_host *host,
			   void (*each)(void *context, const struct berth_neighbour_info *info),
			   void *context);

/* Which way a packet to destination would go: *route with that destination, a gateway where there is one, and in *source the
 * address it would be from. To the host itself: by lo. 0; -ENETUNREACH; -EINVAL. */
int berth_host_path(struct berth_host *host, const struct berth_ip *destination,
		    struct berth_route_info *route, struct berth_ip *source);

/* How an address stands that berth_address_claim or berth_link_local asked for. */
enum berth_claim_state {
	BERTH_CLAIM_PROBING, /* not used yet */
	BERTH_CLAIM_HELD,    /* an address of the interface */
	BERTH_CLAIM_LOST,    /* somebody else has it */
};

struct berth_claim_info {
	int interface; /* its index */
	struct in_addr address;
	int link_local; /* not 0: berth_link_local's */
	enum berth_claim_state state;
	uint32_t conflicts; /* met so far */
};

/* As berth_host_sockets. */
void berth_host_claims(struct berth_host *host,
		       void (*each)(void *context, const struct berth_claim_info *info),
		       void *context);

/* RFC 9293's name of a state (<netinet/tcp.h>'s number) as ss(8) writes it: ESTAB, LISTEN, TIME-WAIT ... */
const char *berth_tcp_state_name(int state);

/* One thing counted. name is the verdict in words ("bad checksum"), good for ever. */
struct berth_counter {
	const char *name;
	uint64_t count;
};

/* Fills at most most counters of what became of arriving packets, the zero ones too, and returns how many there are. */
int berth_host_counters(const struct berth_host *host, struct berth_counter *counters, int most);

/* A capture of a LAN, written as pcapng (draft-ietf-opsawg-pcapng): one interface block a host, nanosecond times, large
 * segments as the frames the wire would have carried, dropped frames with a comment that says why. */
struct berth_capture_config {
	/* Takes a piece of the file, whole, or refuses it whole (returns not 0): then what it held is counted as
	 * dropped, and the next packet's epb_dropcount says so. It must not call back into the LAN. */
	int (*write)(void *context, const void *data, size_t size);
	void *context;
	uint64_t epoch; /* what to add to the LAN's clock to have nanoseconds since 1970 */
	struct berth_host *const
		*hosts; /* only frames these send or receive; NULL with count 0: all */
	int host_count;
	uint32_t snapshot; /* bytes kept a frame; default 262,144 */
};

/* Starts a capture. NULL: no memory, or write refused the beginning. */
struct berth_capture *berth_capture_start(struct berth_lan *lan,
					  const struct berth_capture_config *config);

/* Ends it with an interface statistics block a host. Ended by berth_lan_free too. */
void berth_capture_stop(struct berth_capture *capture);

#ifdef __cplusplus
}
#endif

#endif
