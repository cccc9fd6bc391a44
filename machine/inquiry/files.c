#include "inquiry/files.h"

#include "inquiry/socket_files.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <net/route.h>
#include <string.h>

enum {
	ROUTE_WIDTH = 127, /* Linux pads the rows of some files */
	HARDWARE_ETHERNET = 1,
	NEIGHBOUR_COMPLETE = 2, /* ATF_COM */
	SCOPE_LINK = 0x20,
	SCOPE_HOST = 0x10,
	METRIC_IPV6 = 256,
};

static void write_traffic(const struct inventory *inventory, FILE *to)
{
	fputs("Inter-|   Receive                                                |  Transmit\n"
	      " face |bytes    packets errs drop fifo frame compressed multicast|"
	      "bytes    packets errs drop fifo colls carrier compressed\n",
	      to);
	for (size_t i = 0; i < inventory->interface_count; i++) {
		const struct berth_interface_info *interface = &inventory->interfaces[i];
		fprintf(to, "%6s: %7llu %7llu %4d %4d %4d %5d %10d %9d ", interface->name,
			(unsigned long long)interface->received.bytes,
			(unsigned long long)interface->received.packets, 0, 0, 0, 0, 0, 0);
		fprintf(to, "%8llu %7llu %4d %4d %4d %5d %7d %10d\n",
			(unsigned long long)interface->sent.bytes,
			(unsigned long long)interface->sent.packets, 0, 0, 0, 0, 0, 0);
	}
}

/* In the network's order, read as a number of the machine's: so Linux prints IPv4's addresses. */
static uint32_t number_of(const struct berth_ip *ip)
{
	uint32_t number;
	memcpy(&number, ip->bytes, sizeof number);
	return number;
}

static uint32_t mask_of(unsigned prefix)
{
	struct berth_ip mask = { 0 };

	for (unsigned bit = 0; bit < prefix; bit++)
		mask.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return number_of(&mask);
}

static const char *name_of(const struct inventory *inventory, int index)
{
	const struct berth_interface_info *interface = inventory_interface(inventory, index);
	return interface ? interface->name : "*";
}

static void write_routes(const struct inventory *inventory, FILE *to)
{
	fprintf(to, "%-*s\n", ROUTE_WIDTH,
		"Iface\tDestination\tGateway "
		"\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT");
	for (size_t i = 0; i < inventory->route_count; i++) {
		const struct berth_route_info *route = &inventory->routes[i];
		char row[ROUTE_WIDTH + 1];
		if (route->destination.family != AF_INET)
			continue;
		const unsigned flags = RTF_UP | (route->gateway.family ? RTF_GATEWAY : 0) |
				       (route->prefix == 32 ? RTF_HOST : 0);
		snprintf(row, sizeof row, "%s\t%08X\t%08X\t%04X\t%d\t%u\t%d\t%08X\t%d\t%u\t%u",
			 name_of(inventory, route->interface), number_of(&route->destination),
			 number_of(&route->gateway), flags, 0, 0u, 0, mask_of(route->prefix), 0, 0u,
			 0u);
		fprintf(to, "%-*s\n", ROUTE_WIDTH, row);
	}
}

static void write_neighbours(const struct inventory *inventory, FILE *to)
{
	fputs("IP address       HW type     Flags       HW address            Mask     Device\n",
	      to);
	for (size_t i = 0; i < inventory->neighbour_count; i++) {
		const struct berth_neighbour_info *neighbour = &inventory->neighbours[i];
		const uint8_t *ip = neighbour->address.bytes, *mac = neighbour->mac;
		char address[16];
		if (neighbour->address.family != AF_INET)
			continue;
		snprintf(address, sizeof address, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
		fprintf(to, "%-16s 0x%-10x0x%-10x", address, HARDWARE_ETHERNET,
			neighbour->state == NUD_INCOMPLETE ? 0 : NEIGHBOUR_COMPLETE);
		fprintf(to, "%02x:%02x:%02x:%02x:%02x:%02x     *        %s\n", mac[0], mac[1],
			mac[2], mac[3], mac[4], mac[5], name_of(inventory, neighbour->interface));
	}
}

static void write_bytes(const uint8_t bytes[16], FILE *to)
{
	for (int i = 0; i < 16; i++)
		fprintf(to, "%02x", bytes[i]);
}

static unsigned scope_of(const struct inventory *inventory,
			 const struct berth_address_info *address)
{
	const struct berth_interface_info *interface =
		inventory_interface(inventory, address->interface);
	const uint8_t *bytes = address->address.bytes;

	if (interface && interface->is_loopback)
		return SCOPE_HOST;
	return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80 ? SCOPE_LINK : 0;
}

static void write_addresses6(const struct inventory *inventory, FILE *to)
{
	for (size_t i = 0; i < inventory->address_count; i++) {
		const struct berth_address_info *address = &inventory->addresses[i];
		if (address->address.family != AF_INET6)
			continue;
		write_bytes(address->address.bytes, to);
		fprintf(to, " %02x %02x %02x %02x %8s\n", (unsigned)address->interface,
			address->prefix, scope_of(inventory, address), address->flags & 0xff,
			name_of(inventory, address->interface));
	}
}

static void write_routes6(const struct inventory *inventory, FILE *to)
{
	static const uint8_t any[16];

	for (size_t i = 0; i < inventory->route_count; i++) {
		const struct berth_route_info *route = &inventory->routes[i];
		if (route->destination.family != AF_INET6)
			continue;
		write_bytes(route->destination.bytes, to);
		fprintf(to, " %02x ", route->prefix);
		write_bytes(any, to);
		fputs(" 00 ", to);
		write_bytes(route->gateway.bytes, to);
		fprintf(to, " %08x %08x %08x %08x %8s\n", METRIC_IPV6, 1, 0,
			RTF_UP | (route->gateway.family ? RTF_GATEWAY : 0),
			name_of(inventory, route->interface));
	}
}

/* Only what is counted is told: a header without what others would count there is read by programs as well. */
static void write_counters(const struct inventory *inventory, FILE *to)
{
	struct berth_traffic received = { 0 }, sent = { 0 };

	for (size_t i = 0; i < inventory->interface_count; i++) {
		received.packets += inventory->interfaces[i].received.packets;
		sent.packets += inventory->interfaces[i].sent.packets;
	}
	fprintf(to,
		"Ip: Forwarding DefaultTTL InReceives OutRequests\n"
		"Ip: 2 64 %llu %llu\n",
		(unsigned long long)received.packets, (unsigned long long)sent.packets);
}

typedef void about_network(const struct inventory *inventory, FILE *to);

static const struct {
	const char *name;
	about_network *network;
	about_sockets *sockets;
} files[] = {
	{ "net/arp", write_neighbours, NULL },       { "net/dev", write_traffic, NULL },
	{ "net/icmp", NULL, file_of_pings },         { "net/if_inet6", write_addresses6, NULL },
	{ "net/igmp", NULL, file_of_groups },        { "net/igmp6", NULL, file_of_groups6 },
	{ "net/ipv6_route", write_routes6, NULL },   { "net/raw", NULL, file_of_raw },
	{ "net/raw6", NULL, file_of_raw6 },          { "net/route", write_routes, NULL },
	{ "net/snmp", write_counters, NULL },        { "net/sockstat", NULL, file_of_numbers },
	{ "net/sockstat6", NULL, file_of_numbers6 }, { "net/tcp", NULL, file_of_tcp },
	{ "net/tcp6", NULL, file_of_tcp6 },          { "net/udp", NULL, file_of_udp },
	{ "net/udp6", NULL, file_of_udp6 },
};

int file_write(const struct file_reader *reader, const char *name, FILE *to)
{
	struct inventory inventory;
	size_t place = 0;

	while (place < sizeof files / sizeof files[0] && strcmp(name, files[place].name) != 0)
		place++;
	if (place == sizeof files / sizeof files[0])
		return -ENOENT;
	if (files[place].sockets) {
		files[place].sockets(reader, to);
		return 0;
	}
	if (!inventory_take(&inventory, reader->host))
		return -ENOMEM;
	files[place].network(&inventory, to);
	inventory_close(&inventory);
	return 0;
}
