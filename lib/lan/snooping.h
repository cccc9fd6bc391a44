/* snooping: which ports of the switch want what is sent to which group of IP, learned from the reports that members send to
 * routers (RFC 4541). It overhears IGMP and MLD (overhear.h), and looks at nothing else of IP's.
 *
 *   reports and leaves       go to router ports only, so that no member's report silences another's (2.1.1, 1)
 *   queries, 224.0.0.x       go everywhere (2.1.2, 2), as does ff02::1 (3), and what cannot be read
 *   a group with members     goes to their ports and to router ports
 *   a group without          goes everywhere, so that a report that is lost costs nothing
 *
 * A router port is one that a query or PIM's hello came by. Without a querier on the LAN (querier.h) memberships would end
 * unrenewed: then, and until one has asked everybody and had the time to hear them, all goes everywhere, as in Linux's
 * bridge. A port just plugged in is given everything until it has been asked. A table that is full floods.
 *
 * Sources are not looked at: who asks for some of a group is given all of it. Fast leave is left out: a port loses a group
 * when nobody there has answered the question that a leave brings. */
#ifndef LAN_SNOOPING_H
#define LAN_SNOOPING_H

#include "base/table.h"
#include "lan/port.h"
#include "lan/querier.h"
#include "wire/address.h"

enum {
	SNOOPING_GROUPS_MOST = 4096, /* as Linux's mcast_hash_max */
	/* On one chain of the table: stations choose their groups, and may choose them to collide. */
	SNOOPING_CHAIN_MOST = 32,
	SNOOPING_MEMBERS_MOST = 65536, /* of all groups together */
};

struct snooped_group {
	struct table_node node;
	struct list asking; /* in the querier's list; to itself: nothing is asked about it */
	struct address address;
	struct list members;
	uint64_t flooded_until; /* a member found no room */
	uint64_t ask_at;
	uint8_t asks_left;
};

struct snooped_member {
	struct list link; /* in the group's members */
	struct lan_port *port;
	uint64_t until;
};

struct snooping {
	bool on;
	struct table groups;
	uint32_t member_count;
	uint32_t asked_for[SNOOPED_FAMILIES]; /* members of groups beyond the link's own */
	uint64_t choice;                      /* counts the frames that went to some ports only */
	uint64_t due;                         /* no membership ends before */
	struct querier queriers[SNOOPED_FAMILIES];
	struct pool *pool;
	struct lan_port port; /* what the switch says comes from it; it hears nothing */
};

/* The queriers' alarms are set by the clock. False: no memory, and it stays off. */
bool snooping_start(struct lan_switch *lan, struct clock *clock, bool with_queriers);
/* It may never have been started. */
void snooping_close(struct lan_switch *lan);

/* Reads what a frame to a group of Ethernet's says. True: it goes where snooping_has_chosen says; else everywhere. */
bool snooping_choose(struct lan_switch *lan, const struct frame *frame);

static inline bool snooping_has_chosen(const struct snooping *snooping, const struct lan_port *port)
{
	return port->snooped.chosen == snooping->choice;
}

/* What has been overheard on a port. A member of the group is there: the group, or NULL where there is no room for it. */
struct snooped_group *snooping_join(struct lan_switch *lan, struct lan_port *port,
				    const struct address *address);
/* A member may be there no more. */
void snooping_leave(struct lan_switch *lan, const struct lan_port *port,
		    const struct address *address);
/* A record of a report of version 3 (MLD's: 2), whose types have the same numbers. */
void snooping_record(struct lan_switch *lan, struct lan_port *port, uint8_t type,
		     const struct address *address, uint16_t source_count);
/* Another querier asks all, or who is still in a group. */
void snooping_query(struct lan_switch *lan, struct lan_port *port, const struct address *source,
		    uint64_t response_ns, enum snooped_family family);
void snooping_query_of_group(struct lan_switch *lan, struct lan_port *port,
			     const struct address *address, uint64_t response_ns);
/* A router is there. */
void snooping_router(struct lan_switch *lan, struct lan_port *port, enum snooped_family family);

/* Ends memberships whose time is over. */
void snooping_expire(struct lan_switch *lan);

void snooping_port_came(struct lan_switch *lan, struct lan_port *port);
void snooping_port_went(struct lan_switch *lan, const struct lan_port *port);

/* Each member of each group, in no order. */
void snooping_list(const struct lan_switch *lan,
		   void (*each)(void *context, const struct snooped_group *group,
				const struct snooped_member *member),
		   void *context);

#endif
