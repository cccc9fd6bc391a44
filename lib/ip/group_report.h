/* group_report: what is said of the host's groups, and when: IGMP's and MLD's host side, which are one protocol in two forms
 * (RFC 9776, 5 and 8; RFC 9777, 6 and 9; RFC 2236, RFC 1112 and RFC 2710 where an older querier is there).
 *
 * A change of what an interface asks for is reported at once and again, as often as the robustness variable says, and
 * queries are answered after a random delay. Where a querier of an older version has been heard, all is said in its version
 * until it has been silent for long enough.
 *
 * How a report looks is each protocol's own: igmp.c, mld.c. Nothing is reported on lo. Left out: the querier's and the routers'
 * side (a LAN's switch has one: lan/querier.h). */
#ifndef IP_GROUP_REPORT_H
#define IP_GROUP_REPORT_H

#include "base/bytes.h"
#include "base/verdict.h"
#include "ip/group.h"
#include "wire/address.h"

struct ip_packet;

enum {
	GROUP_REPORT_MOST = 1280, /* bytes of a report, and more than any has */
};

#define ALL_HOSTS UINT32_C(0xe0000001) /* 224.0.0.1 */

/* What a version can say, of either family. */
enum group_version {
	GROUP_VERSION_OLDEST = 1, /* that there is a member: IGMP's first */
	GROUP_VERSION_OLDER = 2,  /* and that there is none any more: IGMP's second, MLD's first */
	GROUP_VERSION_NEWEST = 3, /* and of which sources: IGMP's third, MLD's second */
};

/* The kinds of a report's records, as both protocols number them. */
enum group_record {
	RECORD_IS_INCLUDE = 1,
	RECORD_IS_EXCLUDE = 2,
	RECORD_TO_INCLUDE = 3,
	RECORD_TO_EXCLUDE = 4,
	RECORD_ALLOW = 5,
	RECORD_BLOCK = 6,
};

/* How one family says it. */
struct group_protocol {
	uint16_t report_most; /* bytes of a report: nobody is to reassemble for it */
	uint8_t header_size;
	uint8_t record_size; /* without its sources */
	uint8_t source_size;
	size_t (*write_record)(uint8_t *at, enum group_record type, const struct address *group,
			       const struct address *sources, uint16_t count);
	/* Records lie behind the room for the header already. */
	void (*send_report)(struct ip *ip, struct interface *interface, uint8_t *bytes, size_t size,
			    uint16_t count);
	/* In an older version: there is a member, or none any more. */
	void (*send_old)(struct ip *ip, struct interface *interface, enum group_version version,
			 const struct address *group, bool joined);
	struct address (*read_source)(const struct interface *interface, const uint8_t *at);
};

extern const struct group_protocol igmp_protocol, mld_protocol;

/* What a querier asks. */
struct group_query {
	enum group_version version;
	bool general; /* of all groups; else of group */
	struct address group;
	uint64_t response_ns; /* the longest delay of an answer */
	uint64_t
		interval_ns; /* this and the next, of the newest version: what the querier goes by */
	uint8_t robustness;  /* 0: not said */
	uint16_t count;      /* of sources that are asked about; 0: the whole group */
	struct bytes sources;
};

/* The group's filter was another before, or the group is new (before: nothing was asked for). */
void group_filter_changed(struct ip *ip, struct group *group, const struct source_filter *before);
/* An address of the link has become usable: what was said from nobody is said again (RFC 3590). */
void group_reports_renew(struct ip *ip, struct interface *interface);
/* Whatever is due by now; sets the alarm again. */
void group_reports_due(struct alarm *alarm);

void group_hear_query(struct ip *ip, struct interface *interface, enum group_family family,
		      const struct group_query *query);
/* Another member of the group has reported, in an older version. */
void group_hear_report(struct ip *ip, const struct interface *interface,
		       const struct address *address);

/* igmp.c. What ip registers for IGMP: queries, and reports of others. */
enum verdict igmp_input(void *context, const struct ip_packet *packet);

#endif
