/* rows: one interface, address, route, neighbour as the rtnetlink message that a dump, an answer or a notification shows it
 * by (rtnetlink(7)). type is RTM_NEW..., or RTM_DEL... of what has gone. */
#ifndef INQUIRY_ROWS_H
#define INQUIRY_ROWS_H

#include "inquiry/inventory.h"
#include "inquiry/writer.h"

void row_interface(struct netlink_writer *writer, uint16_t type, uint16_t flags,
		   const struct berth_interface_info *interface);
void row_address(struct netlink_writer *writer, uint16_t type, uint16_t flags,
		 const struct inventory *inventory, const struct berth_address_info *address);
void row_neighbour(struct netlink_writer *writer, uint16_t type, uint16_t flags,
		   const struct berth_neighbour_info *neighbour);

/* A route of any of Linux's tables. */
struct route_row {
	int family;
	uint8_t table, type, scope, protocol;
	unsigned prefix;
	struct berth_ip destination; /* meaningless with prefix 0 */
	struct berth_ip gateway;     /* family 0: none */
	struct berth_ip source;      /* family 0: none */
	int interface;
	uint32_t metric; /* 0: none is said */
	unsigned flags;  /* RTM_F_CLONED: an answer to a question, with the uid of who asked, ... */
	uint32_t uid;
};

/* One that the library lists, as it stands in Linux's main table. */
struct route_row route_describe(const struct inventory *inventory,
				const struct berth_route_info *info);

void row_route(struct netlink_writer *writer, uint16_t type, uint16_t flags,
	       const struct route_row *route);

#endif
