/* group: which groups of IPv4 the host has joined, on which interface, from which sources; and IGMP's host side, which tells
 * the routers of the link and switches that snoop (RFC 9776).
 *
 * A member (a socket's membership) says what it wants to hear of one group on one interface. What the interface asks for
 * is what its members want between them (RFC 9776, 3.2); a change of that is reported at once and again, as often as the
 * robustness variable says, and queries are answered after a random delay. Where a querier of an older version has been
 * heard, all is said in its version until it has been silent for long enough (section 8).
 *
 * The filter here only says what others need not send. A socket's own filter is its transport's to keep. A filter of too
 * many sources asks for all of them.
 *
 * All hosts (224.0.0.1) is joined by everybody and never spoken of. Nothing is reported on lo. Left out: the querier's and
 * routers' side. */
#ifndef IP_GROUP_H
#define IP_GROUP_H

#include "base/clock.h"
#include "base/list.h"
#include "base/random.h"
#include "base/table.h"
#include "base/verdict.h"

struct interface;
struct ip;
struct ip_packet;

enum {
	GROUPS_MOST = 1024,             /* a host's, those that are still being left included */
	GROUP_MEMBER_SOURCES_MOST = 10, /* net.ipv4.igmp_max_msf */
	GROUP_SOURCES_MOST = 64,        /* of one interface's filter */
	GROUP_CHANGES_MOST = 2 * GROUP_SOURCES_MOST, /* one record of them fits the least MTU */
};

#define ALL_HOSTS UINT32_C(0xe0000001) /* 224.0.0.1: nobody has to join it (RFC 1112, 4) */

/* Hear these sources, or all but these. */
struct source_filter {
	bool exclude;
	uint32_t count;
	uint32_t sources[GROUP_SOURCES_MOST];
};

/* Embedded in a membership. Its filter is set before it joins; later only by group_member_changed's caller. */
struct group_member {
	struct list link;    /* in the group's members */
	struct group *group; /* NULL: it is in none, or its interface has gone */
	bool exclude;
	uint8_t source_count;
	uint32_t sources[GROUP_MEMBER_SOURCES_MOST];
};

/* A source whose standing has changed, and how often that is still to be said. */
struct group_change {
	uint32_t source;
	uint8_t left;
};

struct group {
	struct table_node node;
	struct list link; /* in groups->all */
	struct interface *interface;
	uint32_t address;
	struct list members; /* none: it is being left */
	uint32_t member_count;
	struct source_filter filter;
	uint8_t mode_left; /* how often the whole filter is still to be said */
	uint32_t change_count;
	struct group_change changes[GROUP_CHANGES_MOST];
	uint64_t change_due;  /* NEVER: nothing is to be said */
	uint64_t answer_due;  /* NEVER: nobody has asked */
	uint32_t asked_count; /* 0: about the whole group */
	uint32_t asked[GROUP_SOURCES_MOST];
};

/* What is known of an interface's querier. Zero: none has been heard. */
struct group_querier {
	uint64_t v1_until, v2_until; /* one of that version is taken to be there */
	uint64_t answer_due;         /* to its general query; 0: it has not asked */
	uint64_t interval_ns;        /* between its queries; 0: the default */
	uint8_t robustness;          /* 0: the default */
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
	       uint32_t address);
/* May be in no group. */
void group_leave(struct ip *ip, struct group_member *member);
/* Its filter is another now. */
void group_member_changed(struct ip *ip, struct group_member *member);

/* Does the interface want what source sends to the group? */
bool group_admits(const struct ip *ip, const struct interface *interface, uint32_t address,
		  uint32_t source);
bool group_is_joined(const struct ip *ip, const struct interface *interface, uint32_t address);

/* Members of this interface's groups are in none from now on. */
void groups_forget(struct ip *ip, const struct interface *interface);

/* Would the filter let the source through? */
bool source_filter_admits(const struct source_filter *filter, uint32_t source);

/* igmp.c. What ip registers for IGMP: queries, and reports of others. */
enum verdict igmp_input(void *context, const struct ip_packet *packet);
/* The group's filter was another before, or the group is new (before: nothing was asked for). */
void igmp_filter_changed(struct ip *ip, struct group *group, const struct source_filter *before);
/* Whatever is due by now; sets the alarm again. */
void igmp_due(struct alarm *alarm);

/* A group that has no members, and nothing left to say, goes. */
void group_free_if_over(struct ip *ip, struct group *group);

#endif
