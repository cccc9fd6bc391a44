/* group: which groups the host has joined, on which interface, from which sources. Telling the routers of the link, and
 * switches that snoop, is group_report.h's.
 *
 * A member (a socket's membership) says what it wants to hear of one group on one interface. What the interface asks for
 * is what its members want between them (RFC 9776, 3.2; RFC 9777, 4.2). The host itself is one of all sources where it
 * holds a group: of IPv6, those by which its addresses are asked for (RFC 4291, 2.8).
 *
 * The filter here only says what others need not send. A socket's own filter is its transport's to keep. A filter of too
 * many sources, or one that there is no memory for, asks for all of them.
 *
 * All hosts (224.0.0.1) and all nodes (ff02::1, ff01::1) are joined by everybody and never spoken of. */
#ifndef IP_GROUP_H
#define IP_GROUP_H

#include "base/clock.h"
#include "base/list.h"
#include "base/random.h"
#include "base/table.h"
#include "ip/sources.h"

struct interface;
struct ip;

enum {
	GROUPS_MOST = 1024,      /* a host's, those that are still being left included */
	GROUP_SOURCES_MOST = 64, /* of one interface's filter */
	GROUP_CHANGES_MOST = 64, /* one record of them fits the least MTU of either family */
};

enum group_family { GROUPS_OF_IPV4, GROUPS_OF_IPV6, GROUP_FAMILIES };

/* Hear these sources, or all but these. */
struct source_filter {
	bool exclude;
	struct sources sources;
};

/* Embedded in a membership. Its filter is set before it joins; later only by group_member_changed's caller. The filter's
 * memory is the membership's. */
struct group_member {
	struct list link;    /* in the group's members */
	struct group *group; /* NULL: it is in none, or its interface has gone */
	struct source_filter filter;
};

/* A source whose standing has changed, and how often that is still to be said. */
struct group_change {
	struct address source;
	uint8_t left;
};

/* What is to be said of single sources. */
struct group_talk {
	uint32_t change_count, asked_count;
	struct group_change changes[GROUP_CHANGES_MOST];
	struct address asked[GROUP_SOURCES_MOST];
};

struct group {
	struct table_node node;
	struct list link; /* in groups->all */
	struct interface *interface;
	struct address address;
	struct list members; /* none, and not held: it is being left */
	uint32_t member_count;
	uint32_t held; /* by the host itself, so often */
	bool quiet;    /* held, and answered for, but not spoken of before another is */
	struct source_filter filter;
	uint8_t mode_left;       /* how often the whole filter is still to be said */
	struct group_talk *talk; /* NULL: nothing is to be said of single sources */
	uint64_t change_due;     /* NEVER: nothing is to be said */
	uint64_t
		answer_due; /* NEVER: nobody has asked; of the whole group, where talk says of no source */
};

/* What is known of an interface's querier, one of each family. Zero: none has been heard. */
struct group_querier {
	uint64_t oldest_until, older_until; /* one of that version is taken to be there */
	uint64_t answer_due;                /* to its general query; 0: it has not asked */
	uint64_t interval_ns;               /* between its queries; 0: the default */
	uint8_t robustness;                 /* 0: the default */
};

struct groups {
	struct ip *ip;
	struct table table; /* by interface and address */
	struct siphash_key key;
	struct list all;
	uint32_t count;
	struct alarm alarm; /* the first thing due of any group or querier */
};

/* False: no memory. */
bool groups_init(struct ip *ip);
/* Members that have not left are not looked at, and must not leave any more. */
void groups_close(struct ip *ip);

/* 0; -ENOBUFS: too many groups; -ENOMEM. */
int group_join(struct ip *ip, struct group_member *member, struct interface *interface,
	       const struct address *address);
/* May be in no group. */
void group_leave(struct ip *ip, struct group_member *member);
/* Its filter is another now. */
void group_member_changed(struct ip *ip, struct group_member *member);

/* The host itself wants the group, from all sources, as often as it is held. 0; -ENOBUFS; -ENOMEM. */
int group_hold(struct ip *ip, struct interface *interface, const struct address *address);
/* As that, but the link is not told before it asks, or is told of another group of IPv6. */
int group_hold_quietly(struct ip *ip, struct interface *interface, const struct address *address);
void group_let_go(struct ip *ip, const struct interface *interface, const struct address *address);

/* Does the interface want what source sends to the group? */
bool group_admits(const struct ip *ip, const struct interface *interface,
		  const struct address *address, const struct address *source);
bool group_is_joined(const struct ip *ip, const struct interface *interface,
		     const struct address *address);

/* Members of this interface's groups are in none from now on. */
void groups_forget(struct ip *ip, const struct interface *interface);

/* Would the filter let the source through? */
bool source_filter_admits(const struct source_filter *filter, const struct address *source);

static inline bool group_is_wanted(const struct group *group)
{
	return group->member_count > 0 || group->held > 0;
}

/* A group that nobody wants, and with nothing left to say, goes. */
void group_free_if_over(struct ip *ip, struct group *group);

#endif
