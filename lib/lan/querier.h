/* querier: who asks the members of groups of one family whether they still are (RFC 9776, 7 and 8; RFC 9777, 8 and 9): a
 * router or a switch somewhere on the LAN; and where nobody does, this switch.
 *
 * It begins with the first report of a group beyond the link's own, and ends when none is left, so that a LAN without
 * groups is quiet. Its queries are of the newest version. IGMP's come from 0.0.0.0, with which it takes part in no election
 * (RFC 4541, 2.1.1, 1b): whoever else asks, it is silent until he has been so for long enough. MLD's come from a link-local
 * address, as they must; who has a lower one silences it. A leave brings two questions about that group. */
#ifndef LAN_QUERIER_H
#define LAN_QUERIER_H

#include "base/clock.h"
#include "lan/port.h"
#include "wire/address.h"

enum snooped_family { SNOOPED_IGMP, SNOOPED_MLD, SNOOPED_FAMILIES };

/* RFC 9776, 8. */
enum { QUERIER_ROBUSTNESS = 2, QUERIER_INTERVAL_S = 125, QUERIER_RESPONSE_S = 10 };

/* How long a report holds: section 8.4. */
#define QUERIER_MEMBERSHIP_NS                                                                      \
	((QUERIER_ROBUSTNESS * QUERIER_INTERVAL_S + QUERIER_RESPONSE_S) * SECOND)

struct snooped_group;

struct querier {
	struct lan_switch *lan;
	struct clock *clock;
	struct alarm alarm;
	enum snooped_family family;
	bool allowed;
	bool running;
	uint8_t startup_left; /* queries to come at the short interval */
	uint64_t query_at;
	uint64_t other_until; /* somebody else is taken to ask until then */
	uint64_t settled_at;  /* by then all have been asked, and have had the time to answer */
	struct list asking;   /* groups that are asked about, the next first */
};

/* False: no memory. */
bool querier_init(struct querier *querier, struct lan_switch *lan, enum snooped_family family,
		  struct clock *clock, bool allowed);
void querier_close(struct querier *querier);

/* Does anybody ask? */
bool querier_is_known(const struct querier *querier);
/* ... and are the first answers in? */
bool querier_has_settled(const struct querier *querier);

/* Somebody is a member of something. */
void querier_report_heard(struct querier *querier);
/* Somebody else has asked everybody; response_ns: the longest delay of their answers. */
void querier_query_heard(struct querier *querier, const struct address *source,
			 uint64_t response_ns);
/* Somebody may have left: asks who is still there. Returns when all answers are in; NEVER: nothing is asked. */
uint64_t querier_leave_heard(struct querier *querier, struct snooped_group *group);
/* Somebody has been plugged in. Returns by when he has been asked, and has had the time to answer. */
uint64_t querier_port_came(struct querier *querier);

#endif
