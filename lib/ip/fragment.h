/* fragment: packets too large for a link are cut (RFC 791, 3.2; RFC 8200, 4.5), and put together again by whom they are for.
 *
 * A packet under reassembly is one block that its fragments are copied into, and a bitmap of the 8-byte units that have
 * come: taking a fragment costs its own length, however many came before it (FragmentSmack). A second bitmap remembers
 * where fragments began, which tells an exact repetition, which is tolerated, from an overlap, which refuses the packet
 * and all that may still come of it (teardrop and its kin; RFC 5722 for IPv4 too).
 *
 * All of it is bounded, in bytes and in packets, a host and a source: at a bound the oldest makes place. Sources share a
 * fixed number of allowances by keyed hash, so that made-up ones cost no memory. Given up after 30 seconds (IPv6: 60), with
 * the ICMP error where its first fragment, which says what it was, had come.
 *
 * That the first fragment of an IPv6 packet has all its headers (RFC 7112), and the shape of any of its fragments, is for
 * wire/ipv6_chain.h to judge. */
#ifndef IP_FRAGMENT_H
#define IP_FRAGMENT_H

#include "base/clock.h"
#include "base/frame.h"
#include "base/list.h"
#include "base/random.h"
#include "base/table.h"
#include "base/verdict.h"
#include "wire/ipv4.h"

struct ip;
struct ip_packet;

enum {
	FRAGMENT_BYTES_MOST = 4 << 20,  /* a host's: as Linux's ipfrag_high_thresh */
	FRAGMENT_SHARE_BYTES = 1 << 20, /* a source's: fifteen of the largest packets at once */
	FRAGMENT_PACKETS_MOST = 1024,   /* a host's */
	FRAGMENT_SHARE_PACKETS = 256,   /* a source's */
	FRAGMENT_SHARES = 64,
	FRAGMENT_HEADER_MOST =
		256, /* what lies in front of the cut: more headers than anybody has use for are refused */
};
#define FRAGMENT_TIMEOUT_NS    (30 * SECOND) /* ipfrag_time; RFC 1122, 3.3.2 asks for the like */
#define FRAGMENT_TIMEOUT_V6_NS (60 * SECOND) /* RFC 8200, 4.5 */

/* Of one source (of IPv6 the prefix of its link, which one station can fill), or of several that hash alike. */
struct fragment_share {
	struct list oldest_first;
	uint32_t count;
	uint32_t bytes;
};

struct fragments {
	struct table table; /* by addresses, identification, and of IPv4 the protocol */
	struct siphash_key key;
	struct list oldest_first;
	uint32_t count;
	uint32_t bytes;
	struct fragment_share shares[FRAGMENT_SHARES];
};

/* False: no memory. */
bool fragments_init(struct fragments *fragments, const struct berth_allocator *allocator,
		    struct random *random);
void fragments_close(struct ip *ip);

/* What a fragment's header says of it. */
struct fragment {
	uint32_t identification;
	uint16_t offset; /* bytes */
	bool more;
	uint32_t
		name_at; /* of IPv6: the byte of the packet's header that names its last, the fragment header */
};

/* A fragment for this host: its packet's header ends, of IPv6, with the fragment header; its frame, which stays the caller's,
 * holds the payload alone. With the last that was missing the packet is delivered, its header as if it had never been cut,
 * and that verdict returned; else REASSEMBLING, or why it is refused. */
enum verdict fragment_input(struct ip *ip, const struct ip_packet *packet,
			    const struct fragment *fragment,
			    enum verdict (*deliver)(struct ip *ip, const struct ip_packet *packet));

/* Cuts a packet, or a fragment, given as its header and a frame of its payload, into as many as the mtu asks for, and gives
 * each to emit, which owns it. Where emit refuses one, or there is no memory, the rest is of no use and is not made. */
enum verdict fragment_cut(const struct ipv4_header *ipv4, const struct frame *payload, uint32_t mtu,
			  enum verdict (*emit)(void *context, struct frame *piece), void *context);

/* Likewise of IPv6: header has all headers that each piece is to have, and the byte at name_at of it names what is cut. */
struct fragment_header {
	struct bytes bytes;
	uint32_t name_at;
	uint32_t identification;
};
enum verdict fragment_cut_v6(const struct fragment_header *header, const struct frame *payload,
			     uint32_t mtu, enum verdict (*emit)(void *context, struct frame *piece),
			     void *context);

#endif
