/* berth/lan.h: a LAN in memory: a learning switch (IEEE 802.1D, 7.8) and the hosts plugged into it. Large segments cross
 * it in one piece, without a copy and without checksums. */
#ifndef BERTH_LAN_H
#define BERTH_LAN_H

#include <berth/host.h>

#ifdef __cplusplus
extern "C" {
#endif

struct berth_lan;

struct berth_lan_config {
	const struct berth_allocator *allocator; /* required */
	uint64_t
		now; /* the clock as the LAN begins; the hosts plugged in go by the LAN's clock from then on */
	uint32_t mtu; /* default 1,500 */
	/* Payload bytes of the largest TCP segment carried in one piece; default 65,160 (IP's limit). 0 takes the default;
	 * at most the MTU's: every segment is a frame. */
	uint32_t largest_segment;
	int checksums; /* not 0: transport checksums are made and checked, as on a real link */
	/* What is sent to a group of IP goes only where it is wanted (RFC 4541), once somebody asks members whether they
	 * still are: a querier of the embedder's own, or this switch, from the first report of a member on and while there
	 * are any. Not 0: groups are flooded; this switch asks nobody. */
	int no_snooping, no_querier;
	/* Another LAN, whose clock and turns this one shares (now is not looked at): a host may be plugged into both.
	 * NULL: a clock of its own. */
	struct berth_lan *beside;
};

/* NULL: no memory. */
struct berth_lan *berth_lan_new(const struct berth_lan_config *config);

/* Unplugs every host (they live on, without a link) and ends the LAN. NULL does nothing. */
void berth_lan_free(struct berth_lan *lan);

/* Plugs a host in: a new interface of it, with that unicast MAC. Returns the interface's index on the host. The LAN moves
 * the host's time from here on: berth_host_advance is not called for it any more. A host may be plugged into several LANs that are beside each
 * other, once into each. -EBUSY: it is plugged into this one; -EXDEV: into one that is not beside this one; -EINVAL: the
 * MAC; -ENOMEM. Where the host's clock was ahead, the LAN's next moment is not before it. */
int berth_lan_plug(struct berth_lan *lan, struct berth_host *host, const uint8_t mac[6]);

/* Pulls the plug out of this LAN, where the host has one; berth_host_free pulls all. */
void berth_lan_unplug(struct berth_lan *lan, struct berth_host *host);

/* Moves the clock of this LAN, and of those beside it, to now: carries frames, advances the hosts that have something due, until nothing is left to do at this
 * moment. Returns the next deadline. Call it after calls on the hosts: they only queue what they send. */
uint64_t berth_lan_advance(struct berth_lan *lan, uint64_t now);

/* The next host that has events (berth_events), each once until it has new ones, on this LAN or one beside it; NULL:
 * none. */
struct berth_host *berth_lan_ready(struct berth_lan *lan);

#ifdef __cplusplus
}
#endif

#endif
