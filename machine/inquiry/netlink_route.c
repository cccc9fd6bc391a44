/* rtnetlink(7): what can be asked. Each dump is a loop over an inventory; each single question looks one row up. */
#include "inquiry/netlink.h"
#include "inquiry/rows.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/in_route.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum {
	LOOPBACK_NETWORK = 127,
	PRIORITY_LOCAL = 0,
	PRIORITY_MAIN = 32766,
	PRIORITY_DEFAULT = 32767,
};

/* Copies the fixed header that the request begins with; what is left out is zero. */
static void read_header(const struct netlink_request *request, void *header, size_t size)
{
	memset(header, 0, size);
	memcpy(header, request->payload, request->size < size ? request->size : size);
}

static uint8_t family_asked(const struct netlink_request *request)
{
	return request->payload[0];
}

/* AF_UNSPEC, and what no one has a table of (PF_PACKET ...), is all. */
static bool family_matches(const struct netlink_request *request, int family)
{
	const uint8_t asked = family_asked(request);
	return asked == family || (asked != AF_INET && asked != AF_INET6);
}

/* Interfaces. */

/* There is no bridge here, no bond, and no other interface above or below another. */
static bool asks_for_kind(const struct netlink_request *request)
{
	size_t size;
	const size_t header = sizeof(struct ifinfomsg);

	return family_asked(request) == AF_BRIDGE ||
	       netlink_attribute(request, header, IFLA_MASTER, 4, &size) ||
	       netlink_attribute(request, header, IFLA_LINKINFO, 0, &size);
}

static int dump_interfaces(struct netlink_request *request, const struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->interface_count && !asks_for_kind(request); i++)
		row_interface(request->writer, RTM_NEWLINK, NLM_F_MULTI, &inventory->interfaces[i]);
	return NETLINK_DUMPED;
}

static const struct berth_interface_info *find_named(const struct netlink_request *request,
						     const struct inventory *inventory,
						     uint16_t attribute)
{
	char name[sizeof inventory->interfaces->name] = { 0 };
	size_t size;
	const char *asked =
		netlink_attribute(request, sizeof(struct ifinfomsg), attribute, 1, &size);

	if (!asked || size > sizeof name)
		return NULL;
	memcpy(name, asked, size);
	name[sizeof name - 1] = '\0';
	return inventory_interface_named(inventory, name);
}

static bool names_one(const struct netlink_request *request)
{
	size_t size;
	const size_t header = sizeof(struct ifinfomsg);

	return netlink_attribute(request, header, IFLA_IFNAME, 1, &size) ||
	       netlink_attribute(request, header, IFLA_ALT_IFNAME, 1, &size);
}

static int get_interface(struct netlink_request *request, const struct inventory *inventory)
{
	const struct berth_interface_info *found;
	struct ifinfomsg header;

	read_header(request, &header, sizeof header);
	if (header.ifi_index > 0) {
		found = inventory_interface(inventory, header.ifi_index);
	} else if (names_one(request)) {
		found = find_named(request, inventory, IFLA_IFNAME);
		if (!found)
			found = find_named(request, inventory, IFLA_ALT_IFNAME);
	} else {
		return -EINVAL;
	}
	if (!found)
		return -ENODEV;
	row_interface(request->writer, RTM_NEWLINK, 0, found);
	return 0;
}

/* Addresses. */

static int dump_addresses(struct netlink_request *request, const struct inventory *inventory)
{
	struct ifaddrmsg header;

	read_header(request, &header, sizeof header);
	const int only = request->asker->strict ? (int)header.ifa_index : 0;
	if (only != 0 && !inventory_interface(inventory, only))
		return -ENODEV;
	for (size_t i = 0; i < inventory->address_count; i++) {
		const struct berth_address_info *address = &inventory->addresses[i];
		if (family_matches(request, address->address.family) &&
		    (only == 0 || address->interface == only))
			row_address(request->writer, RTM_NEWADDR, NLM_F_MULTI, inventory, address);
	}
	return NETLINK_DUMPED;
}

/* Neighbours. */

static int dump_neighbours(struct netlink_request *request, const struct inventory *inventory)
{
	struct ndmsg header;
	uint32_t only = 0;

	read_header(request, &header, sizeof header);
	if (request->asker->strict)
		only = (uint32_t)header.ndm_ifindex;
	netlink_attribute_word(request, sizeof header, NDA_IFINDEX, &only);
	if (header.ndm_flags & NTF_PROXY || family_asked(request) == AF_BRIDGE)
		return NETLINK_DUMPED;
	for (size_t i = 0; i < inventory->neighbour_count; i++) {
		const struct berth_neighbour_info *neighbour = &inventory->neighbours[i];
		if (family_matches(request, neighbour->address.family) &&
		    (only == 0 || neighbour->interface == (int)only))
			row_neighbour(request->writer, RTM_NEWNEIGH, NLM_F_MULTI, neighbour);
	}
	return NETLINK_DUMPED;
}

static int get_neighbour(struct netlink_request *request, const struct inventory *inventory)
{
	struct ndmsg header;
	struct berth_ip asked = { 0 };
	size_t size;

	read_header(request, &header, sizeof header);
	asked.family = header.ndm_family;
	const void *address = netlink_attribute(request, sizeof header, NDA_DST, 4, &size);
	if (!address || (asked.family != AF_INET && asked.family != AF_INET6) ||
	    size != ip_size(asked.family))
		return -EINVAL;
	memcpy(asked.bytes, address, size);
	for (size_t i = 0; i < inventory->neighbour_count; i++) {
		const struct berth_neighbour_info *neighbour = &inventory->neighbours[i];
		if (ip_equal(&neighbour->address, &asked) &&
		    neighbour->interface == header.ndm_ifindex) {
			row_neighbour(request->writer, RTM_NEWNEIGH, 0, neighbour);
			return 0;
		}
	}
	return -ENOENT;
}

/* Routes. */

/* Which of them a dump wants: with strict checking what its header says, else all. */
struct route_filter {
	uint32_t table, interface;
	uint8_t type, protocol;
};

static struct route_filter read_filter(const struct netlink_request *request)
{
	struct route_filter filter = { 0 };
	struct rtmsg header;

	if (!request->asker->strict)
		return filter;
	read_header(request, &header, sizeof header);
	filter = (struct route_filter){ .table = header.rtm_table,
					.type = header.rtm_type,
					.protocol = header.rtm_protocol };
	netlink_attribute_word(request, sizeof header, RTA_TABLE, &filter.table);
	netlink_attribute_word(request, sizeof header, RTA_OIF, &filter.interface);
	return filter;
}

static void dump_route(const struct netlink_request *request, const struct route_filter *filter,
		       const struct route_row *route)
{
	if (!family_matches(request, route->family) ||
	    (filter->table != 0 && filter->table != route->table) ||
	    (filter->interface != 0 && (int)filter->interface != route->interface) ||
	    (filter->type != 0 && filter->type != route->type) ||
	    (filter->protocol != 0 && filter->protocol != route->protocol))
		return;
	row_route(request->writer, RTM_NEWROUTE, NLM_F_MULTI, route);
}

/* All of 127/8 is the host's own. */
static void dump_loopback(const struct netlink_request *request, const struct route_filter *filter,
			  struct route_row route, unsigned prefix)
{
	route.prefix = prefix;
	memset(route.destination.bytes + 1, 0, 3);
	dump_route(request, filter, &route);
}

/* What Linux has in its table of local addresses. */
static void dump_local(const struct netlink_request *request, const struct route_filter *filter,
		       const struct inventory *inventory, const struct berth_address_info *address)
{
	const bool is_v4 = address->address.family == AF_INET;
	struct route_row route = {
		.family = address->address.family,
		.table = RT_TABLE_LOCAL,
		.type = RTN_LOCAL,
		.scope = is_v4 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
		.protocol = RTPROT_KERNEL,
		.prefix = is_v4 ? 32 : 128,
		.destination = address->address,
		.interface = address->interface,
	};
	struct berth_ip broadcast;

	if (is_v4)
		route.source = address->address;
	dump_route(request, filter, &route);
	if (is_v4 && address->prefix < 32 && address->address.bytes[0] == LOOPBACK_NETWORK)
		dump_loopback(request, filter, route, address->prefix);
	if (!inventory_broadcast(inventory, address, &broadcast))
		return;
	route.type = RTN_BROADCAST;
	route.scope = RT_SCOPE_LINK;
	route.destination = broadcast;
	dump_route(request, filter, &route);
}

/* There is no cache of routes to be listed. */
static int dump_routes(struct netlink_request *request, const struct inventory *inventory)
{
	const struct route_filter filter = read_filter(request);
	struct rtmsg header;

	read_header(request, &header, sizeof header);
	if (header.rtm_flags & RTM_F_CLONED)
		return NETLINK_DUMPED;
	for (size_t i = 0; i < inventory->route_count; i++) {
		const struct route_row route = route_describe(inventory, &inventory->routes[i]);
		dump_route(request, &filter, &route);
	}
	for (size_t i = 0; i < inventory->address_count; i++)
		dump_local(request, &filter, inventory, &inventory->addresses[i]);
	return NETLINK_DUMPED;
}

static bool is_multicast(const struct berth_ip *ip)
{
	return ip->family == AF_INET ? (ip->bytes[0] & 0xf0) == 0xe0 : ip->bytes[0] == 0xff;
}

static uint8_t type_of(const struct inventory *inventory, const struct berth_ip *destination,
		       int interface)
{
	static const uint8_t everybody[] = { 255, 255, 255, 255 };
	const struct berth_interface_info *by = inventory_interface(inventory, interface);
	struct berth_ip broadcast;

	if (by && by->is_loopback)
		return RTN_LOCAL;
	if (is_multicast(destination))
		return RTN_MULTICAST;
	for (size_t i = 0; i < inventory->address_count; i++)
		if (inventory_broadcast(inventory, &inventory->addresses[i], &broadcast) &&
		    ip_equal(&broadcast, destination))
			return RTN_BROADCAST;
	if (destination->family == AF_INET && memcmp(destination->bytes, everybody, 4) == 0)
		return RTN_BROADCAST;
	return RTN_UNICAST;
}

/* ip route get: the way that a packet there would take. */
static int get_route(struct netlink_request *request, const struct inventory *inventory)
{
	struct berth_route_info found;
	struct berth_ip to = { 0 };
	struct rtmsg header;
	size_t size = 0;

	read_header(request, &header, sizeof header);
	to.family = header.rtm_family;
	if (to.family != AF_INET && to.family != AF_INET6)
		return -EOPNOTSUPP;
	const void *asked = netlink_attribute(request, sizeof header, RTA_DST, 1, &size);
	if (asked && size != ip_size(to.family))
		return -EINVAL;
	if (asked)
		memcpy(to.bytes, asked, size);

	struct route_row route = { .family = to.family, .flags = RTM_F_CLONED };
	int error = berth_host_path(request->asker->host, &to, &found, &route.source);
	if (error)
		return error;
	route.type = type_of(inventory, &to, found.interface);
	route.table = route.type == RTN_LOCAL ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
	if (route.type == RTN_LOCAL)
		route.flags |= RTCF_LOCAL;
	route.destination = to;
	route.prefix = found.prefix;
	route.gateway = found.gateway;
	route.interface = found.interface;
	route.uid = request->asker->uid;
	row_route(request->writer, RTM_NEWROUTE, 0, &route);
	return 0;
}

/* Rules: Linux's own three of IPv4, two of IPv6. */

static void dump_rule(const struct netlink_request *request, int family, uint8_t table,
		      uint32_t priority)
{
	const struct fib_rule_hdr header = { .family = (uint8_t)family,
					     .table = table,
					     .action = FR_ACT_TO_TBL };

	if (!family_matches(request, family))
		return;
	netlink_begin(request->writer, RTM_NEWRULE, NLM_F_MULTI, &header, sizeof header);
	netlink_put_word(request->writer, FRA_TABLE, table);
	netlink_put_word(request->writer, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
	netlink_put_byte(request->writer, FRA_PROTOCOL, RTPROT_KERNEL);
	if (priority != 0)
		netlink_put_word(request->writer, FRA_PRIORITY, priority);
	netlink_end(request->writer);
}

static int dump_rules(struct netlink_request *request, const struct inventory *inventory)
{
	(void)inventory;
	dump_rule(request, AF_INET, RT_TABLE_LOCAL, PRIORITY_LOCAL);
	dump_rule(request, AF_INET, RT_TABLE_MAIN, PRIORITY_MAIN);
	dump_rule(request, AF_INET, RT_TABLE_DEFAULT, PRIORITY_DEFAULT);
	dump_rule(request, AF_INET6, RT_TABLE_LOCAL, PRIORITY_LOCAL);
	dump_rule(request, AF_INET6, RT_TABLE_MAIN, PRIORITY_MAIN);
	return NETLINK_DUMPED;
}

typedef int question(struct netlink_request *request, const struct inventory *inventory);

static const struct {
	question *dump, *get;
} questions[] = {
	[RTM_GETLINK - RTM_BASE] = { dump_interfaces, get_interface },
	[RTM_GETADDR - RTM_BASE] = { dump_addresses, NULL },
	[RTM_GETROUTE - RTM_BASE] = { dump_routes, get_route },
	[RTM_GETNEIGH - RTM_BASE] = { dump_neighbours, get_neighbour },
	[RTM_GETRULE - RTM_BASE] = { dump_rules, NULL },
};

/* NEW, DEL, GET and SET follow each other. */
static bool is_change(unsigned type)
{
	return type % 4 != 2;
}

int netlink_route(struct netlink_request *request)
{
	const unsigned type = request->header.nlmsg_type - RTM_BASE;
	struct inventory inventory;

	if (type > RTM_MAX - RTM_BASE)
		return -EOPNOTSUPP;
	if (request->size < sizeof(struct rtgenmsg))
		return 0;
	if (is_change(type)) {
		request->complaint = "The network of a Berth host is not changed from within";
		return -EPERM;
	}
	question *asked = NULL;
	if (type < sizeof questions / sizeof questions[0])
		asked = netlink_is_dump(request) ? questions[type].dump : questions[type].get;
	if (!asked)
		return -EOPNOTSUPP;
	if (!inventory_take(&inventory, request->asker->host))
		return -ENOBUFS;
	int result = asked(request, &inventory);
	inventory_close(&inventory);
	return result;
}
