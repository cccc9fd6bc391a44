#include "inquiry/rows.h"

#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>

enum {
	CARRIER_IS_THERE = 1 << 16, /* IFF_LOWER_UP, which <net/if.h> leaves out */
	QUEUE_LENGTH = 1000,        /* txqlen, DEFAULT_TX_QUEUE_LEN */
	OPERATIONAL_UNKNOWN = 0,
	OPERATIONAL_UP = 6, /* IF_OPER_UP, RFC 2863 */
	METRIC_IPV6 = 256,  /* IP6_RT_PRIO_ADDRCONF */
	METRIC_MIDDLE = 0,  /* the preference of RFC 4191 that routes have without one */
};

static void put_traffic(struct netlink_writer *writer, const struct berth_interface_info *interface)
{
	const struct rtnl_link_stats64 wide = {
		.rx_packets = interface->received.packets,
		.rx_bytes = interface->received.bytes,
		.tx_packets = interface->sent.packets,
		.tx_bytes = interface->sent.bytes,
	};
	const struct rtnl_link_stats narrow = {
		.rx_packets = (uint32_t)wide.rx_packets,
		.rx_bytes = (uint32_t)wide.rx_bytes,
		.tx_packets = (uint32_t)wide.tx_packets,
		.tx_bytes = (uint32_t)wide.tx_bytes,
	};

	netlink_put(writer, IFLA_STATS64, &wide, sizeof wide);
	netlink_put(writer, IFLA_STATS, &narrow, sizeof narrow);
}

static void put_link_addresses(struct netlink_writer *writer,
			       const struct berth_interface_info *interface)
{
	uint8_t everybody[6];

	memset(everybody, interface->is_loopback ? 0 : 0xff, sizeof everybody);
	netlink_put(writer, IFLA_ADDRESS, interface->mac, sizeof interface->mac);
	netlink_put(writer, IFLA_BROADCAST, everybody, sizeof everybody);
}

void row_interface(struct netlink_writer *writer, uint16_t type, uint16_t flags,
		   const struct berth_interface_info *interface)
{
	const struct ifinfomsg header = {
		.ifi_type = interface->is_loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER,
		.ifi_index = interface->index,
		.ifi_flags = interface_flags(interface) | CARRIER_IS_THERE,
	};
	const struct rtnl_link_ifmap map = { 0 };

	netlink_begin(writer, type, flags, &header, sizeof header);
	netlink_put_text(writer, IFLA_IFNAME, interface->name);
	netlink_put_word(writer, IFLA_TXQLEN, QUEUE_LENGTH);
	netlink_put_byte(writer, IFLA_OPERSTATE,
			 interface->is_loopback ? OPERATIONAL_UNKNOWN : OPERATIONAL_UP);
	netlink_put_byte(writer, IFLA_LINKMODE, 0);
	netlink_put_word(writer, IFLA_MTU, interface->mtu);
	netlink_put_word(writer, IFLA_GROUP, 0);
	netlink_put_word(writer, IFLA_PROMISCUITY, 0);
	netlink_put_word(writer, IFLA_NUM_TX_QUEUES, 1);
	netlink_put_word(writer, IFLA_NUM_RX_QUEUES, 1);
	netlink_put_byte(writer, IFLA_CARRIER, 1);
	netlink_put_text(writer, IFLA_QDISC, "noqueue");
	netlink_put(writer, IFLA_MAP, &map, sizeof map);
	put_link_addresses(writer, interface);
	put_traffic(writer, interface);
	netlink_end(writer);
}

static void put_ip(struct netlink_writer *writer, uint16_t type, const struct berth_ip *ip)
{
	netlink_put(writer, type, ip->bytes, ip_size(ip->family));
}

static bool is_link_local(const struct berth_ip *ip)
{
	return ip->family == AF_INET6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

static uint8_t scope_of(const struct inventory *inventory, const struct berth_address_info *address)
{
	const struct berth_interface_info *interface =
		inventory_interface(inventory, address->interface);

	if (interface && interface->is_loopback)
		return RT_SCOPE_HOST;
	return is_link_local(&address->address) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

void row_address(struct netlink_writer *writer, uint16_t type, uint16_t flags,
		 const struct inventory *inventory, const struct berth_address_info *address)
{
	const struct berth_interface_info *interface =
		inventory_interface(inventory, address->interface);
	const struct ifaddrmsg header = {
		.ifa_family = (uint8_t)address->address.family,
		.ifa_prefixlen = (uint8_t)address->prefix,
		.ifa_flags = (uint8_t)address->flags,
		.ifa_scope = scope_of(inventory, address),
		.ifa_index = (uint32_t)address->interface,
	};
	const struct ifa_cacheinfo lives = { .ifa_prefered = address->preferred,
					     .ifa_valid = address->valid };
	struct berth_ip broadcast;

	netlink_begin(writer, type, flags, &header, sizeof header);
	put_ip(writer, IFA_ADDRESS, &address->address);
	if (header.ifa_family == AF_INET) {
		put_ip(writer, IFA_LOCAL, &address->address);
		if (inventory_broadcast(inventory, address, &broadcast))
			put_ip(writer, IFA_BROADCAST, &broadcast);
		netlink_put_text(writer, IFA_LABEL, interface ? interface->name : "");
	}
	netlink_put_word(writer, IFA_FLAGS, address->flags);
	netlink_put(writer, IFA_CACHEINFO, &lives, sizeof lives);
	netlink_end(writer);
}

void row_neighbour(struct netlink_writer *writer, uint16_t type, uint16_t flags,
		   const struct berth_neighbour_info *neighbour)
{
	const struct ndmsg header = {
		.ndm_family = (uint8_t)neighbour->address.family,
		.ndm_ifindex = neighbour->interface,
		.ndm_state = (uint16_t)neighbour->state,
		.ndm_type = RTN_UNICAST,
	};

	netlink_begin(writer, type, flags, &header, sizeof header);
	put_ip(writer, NDA_DST, &neighbour->address);
	if (neighbour->state != NUD_INCOMPLETE)
		netlink_put(writer, NDA_LLADDR, neighbour->mac, sizeof neighbour->mac);
	netlink_end(writer);
}

struct route_row route_describe(const struct inventory *inventory,
				const struct berth_route_info *info)
{
	const bool is_v4 = info->destination.family == AF_INET;
	const bool is_near = info->gateway.family == 0;
	struct route_row route = {
		.family = info->destination.family,
		.table = RT_TABLE_MAIN,
		.type = RTN_UNICAST,
		.scope = is_v4 && is_near ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.protocol = is_near ? RTPROT_KERNEL : RTPROT_STATIC,
		.prefix = info->prefix,
		.destination = info->destination,
		.gateway = info->gateway,
		.interface = info->interface,
		.metric = is_v4 ? 0 : METRIC_IPV6,
	};

	for (size_t i = 0; i < inventory->address_count && is_v4 && is_near; i++) {
		const struct berth_address_info *own = &inventory->addresses[i];
		if (own->interface == info->interface && route.source.family == 0 &&
		    ip_within(&own->address, &info->destination, info->prefix))
			route.source = own->address;
	}
	return route;
}

void row_route(struct netlink_writer *writer, uint16_t type, uint16_t flags,
	       const struct route_row *route)
{
	const struct rtmsg header = {
		.rtm_family = (uint8_t)route->family,
		.rtm_dst_len = (uint8_t)route->prefix,
		.rtm_table = route->table,
		.rtm_protocol = route->protocol,
		.rtm_scope = route->scope,
		.rtm_type = route->type,
		.rtm_flags = route->flags,
	};

	netlink_begin(writer, type, flags, &header, sizeof header);
	netlink_put_word(writer, RTA_TABLE, route->table);
	if (route->prefix > 0)
		put_ip(writer, RTA_DST, &route->destination);
	if (route->metric > 0)
		netlink_put_word(writer, RTA_PRIORITY, route->metric);
	if (route->source.family != 0)
		put_ip(writer, RTA_PREFSRC, &route->source);
	if (route->gateway.family != 0)
		put_ip(writer, RTA_GATEWAY, &route->gateway);
	netlink_put_word(writer, RTA_OIF, (uint32_t)route->interface);
	if (route->flags & RTM_F_CLONED)
		netlink_put_word(writer, RTA_UID, route->uid);
	if (route->family == AF_INET6)
		netlink_put_byte(writer, RTA_PREF, METRIC_MIDDLE);
	netlink_end(writer);
}
