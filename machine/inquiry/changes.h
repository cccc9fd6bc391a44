/* changes: what rtnetlink's groups are told of (rtnetlink(7)): the rows that are new, have changed or have gone between two
 * inventories of a host. */
#ifndef INQUIRY_CHANGES_H
#define INQUIRY_CHANGES_H

#include "inquiry/inventory.h"
#include "inquiry/writer.h"

/* Each change is a datagram of the writer's (port and sequence 0: nobody asked); *group is its RTNLGRP_... while it is sent. */
void changes_tell(const struct inventory *before, const struct inventory *now,
		  struct netlink_writer *writer, unsigned *group);

#endif
