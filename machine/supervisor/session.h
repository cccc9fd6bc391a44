/* session: one `berth run`: what was asked for, and the supervisor's whole life. */
#ifndef SUPERVISOR_SESSION_H
#define SUPERVISOR_SESSION_H

#include "supervisor/guest.h"

#include <stdbool.h>

struct session_order {
	const char *lan;
	const char *name; /* of the host; NULL: the daemon chooses */
	const char *ip;   /* NULL: likewise */
	bool exec;        /* the host is there already */
	bool no_files;    /* files are the machine's, those that tell of the network too */
	char **sysctls;   /* KEY=VALUE, of a new host; NULL: none; NULL at the end */
	char **command;   /* NULL at the end */
};

/* In a process of its own: joins the LAN, starts the guest, tells the front by the channel, answers calls until no guest is
 * left, and ends the process. */
_Noreturn void session_run(const struct session_order *order, int channel,
			   const struct guest_inheritance *inheritance);

#endif
