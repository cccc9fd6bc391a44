/* ip: the internet layer of one host (RFC 791, 1122, 8200): from a frame to the protocol it is for, and from a protocol's
 * packet to a frame on the right interface, link address found.
 *
 * It knows the protocols above it only as a table of functions. What is sent to one of the host's own addresses never
 * reaches a link: it waits in the loopback queue until ip_loopback_run. */
#ifndef IP_IP_H
#define IP_IP_H

#include "base/clock.h"
#include "base/frame.h"
#include "base/random.h"
#include "base/verdict.h"
#include "ip/discovery.h"
#include "ip/fragment.h"
#include "ip/group.h"
#include "ip/icmp_limit.h"
#include "ip/interface.h"
#include "ip/neighbour.h"
#include "ip/pmtu.h"
#include "ip/route.h"
#include "wire/address.h"

struct ip;

/* What the sender of IPv6 packets asks for them. */
struct ipv6_settings {
	uint8_t hop_limit; /* 0: the default */
	uint8_t traffic_class;
};

enum {
	IP_TTL_DEFAULT = 64,         /* RFC 1700; of IPv6 too */
	IP_LOOPBACK_MOST = 16384,    /* frames waiting in the loopback queue */
	IP_LOOPBACK_RUN_MOST = 1024, /* delivered in one run, so that other hosts get their turn */
	IP_IDENTIFICATIONS = 64,
};

/* A packet that is for this host. frame's head begins at the transport header; its length is the IP payload's, padding
 * gone. It belongs to the caller: who keeps payload takes references (frame_share_payload). */
struct ip_packet {
	struct interface *
		interface; /* it came in by; what we sent to a group ourselves: went out by */
	struct frame *frame;
	struct address source;
	struct address destination;
	struct bytes header; /* the IP header as it came, options or extension headers and all */
	uint8_t version;     /* 4 or 6 */
	uint8_t protocol;
	uint8_t ttl; /* hop limit */
	uint8_t tos; /* DSCP and ECN */
	bool to_group; /* multicast or broadcast, of IP or of the link: no error about it (RFC 1122, 3.2.2) */
};

/* Bad news about a packet this host sent: an ICMP error from outside, or our own (no neighbour). Its addresses are the
 * lost packet's: source is ours. */
struct ip_error {
	int error; /* positive errno, as Linux maps type and code (its icmp_err_convert table) */
	bool hard; /* RFC 1122, 4.2.3.9: protocol, port unreachable and fragmentation needed are; the rest is soft */
	bool local;   /* our own verdict (EHOSTUNREACH, no neighbour), not a stranger's word */
	uint16_t mtu; /* of a fragmentation-needed (error EMSGSIZE); else 0 */
	uint8_t type, code;
	struct address offender; /* who says so */
	struct address source;
	struct address destination;
	uint8_t protocol;       /* the lost packet's */
	struct bytes transport; /* the first bytes of the lost transport header: at least 8 */
};

struct ip_protocol {
	enum verdict (*input)(void *context, const struct ip_packet *packet);
	void (*error)(void *context, const struct ip_error *error);
	void *context;
};

/* What a protocol says of the packet it sends. */
struct ip_send {
	struct address source; /* one of the host's own, or any: the route's choice */
	struct address destination;
	uint8_t protocol;
	int interface; /* index of the one to send to a group by; 0: the source's, or the route's */
	uint8_t ttl;   /* hop limit; 0: 64 */
	uint8_t tos;   /* traffic class */
	uint32_t
		flow; /* IPv6's flow label, 20 bits; 0: one of the addresses, the protocol and its ports (RFC 6437) */
	/* IPv6's extension headers, whole: what the first one is, and the last names protocol. size 0: none. */
	struct bytes headers;
	uint8_t first_header;
	bool dont_fragment;
	bool not_to_self;  /* of what is sent to a group, our own members get nothing */
	bool only_to_self; /* ... or only they do: its time to live is 0 */
};

/* Where a packet to a destination would go. */
struct ip_path {
	struct interface *interface;
	struct address source; /* what an unbound sender uses */
	uint32_t mtu;
	uint32_t largest_segment; /* TCP payload in one piece; 0: only what fits the MTU */
};

struct ip {
	const struct berth_allocator *allocator;
	struct pool *pool;
	struct clock *clock;
	struct random random;
	struct siphash_key identification_key;
	struct siphash_key
		flow_key; /* of flow labels, and of where identifications of IPv6 begin */
	uint32_t flow_identifications
		[IP_IDENTIFICATIONS]; /* those of paths that hash alike count up */
	uint32_t identification;
	struct interfaces interfaces;
	/* A router: what is for others goes on (forward.h). By family: IPv4's and IPv6's. */
	bool forwarding4, forwarding6;
	/* Of packets whose sender names none: ip_default_ttl, and what no router has told an interface otherwise. */
	uint8_t ttl4, ttl6;
	/* Who is not answered his echo requests: icmp_echo_ignore_... */
	bool echo_ignore_all, echo_ignore_broadcasts;
	bool echo6_ignore_all, echo6_ignore_multicast;
	struct routes routes;
	struct pmtus pmtus;
	struct neighbours neighbours;
	struct discovery discovery;
	struct fragments fragments;
	struct groups groups;
	struct list claims; /* claim.h */
	uint32_t claim_count;
	struct icmp_limit icmp_limit;
	struct ip_protocol protocols[256]; /* by number; input NULL: none */
	/* Sees every packet before its protocol does, and every error after; DELIVERED: somebody has a copy, so that nobody is
	 * told that the protocol is unknown. input NULL: none. */
	struct ip_protocol raw;
	/* What answers this host's own echo requests, and errors about them. input NULL: none. */
	struct ip_protocol echo;
	struct list loopback; /* frames to ourselves, IP header first */
	uint32_t loopback_count;
	/* What became of every packet that came in; and of those sent, why one was dropped. */
	uint64_t counts[VERDICT_COUNT];
};

/* Fills *ip, with lo (index 1, 127.0.0.1/8). pool, clock and allocator outlive it. False: no memory. */
bool ip_init(struct ip *ip, const struct berth_allocator *allocator, struct pool *pool,
	     struct clock *clock, const uint8_t seed[16]);
void ip_close(struct ip *ip);

void ip_register(struct ip *ip, uint8_t protocol, const struct ip_protocol *functions);

/* A frame from a link; takes the frame. Counts the verdict, and returns it. */
enum verdict ip_input(struct ip *ip, struct interface *interface, struct frame *frame);
/* A packet from the loopback queue, as that. frame->from: the interface that it went out by to a group; NULL: lo. */
enum verdict ip_loopback_input(struct ip *ip, struct frame *frame);

/* Sends a transport packet (head at its header); takes the frame. The transport checksum is left out by the sender
 * (frame->checksum_left_out, the field zero) and filled in here where the interface wants it. A packet larger than the
 * path's MTU that carries no segment_size is cut, or DROP_TOO_BIG where it may not be. Returns DELIVERED (handed on, or to ourselves),
 * QUEUED (for the neighbour) or why not. */
enum verdict ip_output(struct ip *ip, const struct ip_send *send, struct frame *frame);

/* Sends a packet whose IP header its sender has written, which may say what it likes of its source (head at the header, which
 * parses): it goes where one to destination goes, and is never cut. Else as ip_output. */
enum verdict ip_output_written(struct ip *ip, const struct address *destination,
			       struct frame *packet);

/* Sends a frame of that interface whose link header its sender has written, all of it at head; takes it. Of lo's, which is
 * Ethernet's too, only an IP packet gets any further. */
enum verdict ip_output_frame(struct ip *ip, struct interface *interface, struct frame *frame);

/* 0 and *path; -ENETUNREACH; -EINVAL: source is not an address of the host, or 127/8 to leave it. source: the address the
 * sender is bound to, or any. A destination of 0.0.0.0 is the host itself: path->source is the address meant. */
int ip_find_path(struct ip *ip, const struct address *source, const struct address *destination,
		 struct ip_path *path);
/* As that, to a group by way of this interface (0: any). -ENETUNREACH, too, where there is no such interface. */
int ip_find_path_by(struct ip *ip, int interface, const struct address *source,
		    const struct address *destination, struct ip_path *path);

/* The entry of one of the host's addresses, usable or not; NULL: not one. */
const struct interface_address *ip_find_own(const struct ip *ip, const struct address *address);

/* Is it one of the host's own that it may use (any of 127/8 included)? */
bool ip_is_own(const struct ip *ip, const struct address *address);
bool ip_is_broadcast(const struct ip *ip, const struct address *address);

/* The interface with this address; NULL: none. */
struct interface *ip_interface_of(const struct ip *ip, const struct address *address);
/* The one by which an unbound sender reaches a group; NULL: none. */
struct interface *ip_interface_for_group(const struct ip *ip, const struct address *group);

/* A protocol has found that an error of EMSGSIZE is about what it sent indeed: the path takes no more (RFC 1191, RFC 8201). */
void ip_path_narrowed(struct ip *ip, const struct ip_error *error);

/* A protocol knows that the neighbour on the way to destination is alive (forward progress). */
void ip_confirm(struct ip *ip, const struct address *destination);

/* Delivers what we sent to ourselves, what that causes included, up to a bound; true when some is left. */
bool ip_loopback_run(struct ip *ip);

/* What waits there will not say that it came by this interface. */
void ip_loopback_forget(struct ip *ip, const struct interface *interface);

/* icmp.c: answers a packet with an ICMP error (RFC 1122, 3.2.2 says when not; rate limited). code: the ICMP code of
 * destination unreachable (port 3, protocol 2), of which IPv6 has the like. */
void icmp_unreachable(struct ip *ip, const struct ip_packet *packet, uint8_t code);
/* As that, about the first fragment of a packet whose others did not come (RFC 792, time exceeded, code 1). */
void icmp_reassembly_time_exceeded(struct ip *ip, const struct ip_packet *packet);

#endif
