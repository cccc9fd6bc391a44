#include "inquiry/inventory.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

/* An array that grows; after a failure it takes nothing more. */
struct array {
	void *at;
	size_t count, room;
	bool failed;
};

static void add(struct array *array, const void *row, size_t size)
{
	if (array->failed)
		return;
	if (array->count == array->room) {
		size_t room = array->room ? 2 * array->room : 8;
		void *at = realloc(array->at, room * size);
		array->failed = !at;
		if (!at)
			return;
		array->at = at;
		array->room = room;
	}
	memcpy((uint8_t *)array->at + array->count++ * size, row, size);
}

static void add_interface(void *context, const struct berth_interface_info *info)
{
	add(context, info, sizeof *info);
}

static void add_address(void *context, const struct berth_address_info *info)
{
	add(context, info, sizeof *info);
}

static void add_route(void *context, const struct berth_route_info *info)
{
	add(context, info, sizeof *info);
}

static void add_neighbour(void *context, const struct berth_neighbour_info *info)
{
	add(context, info, sizeof *info);
}

bool inventory_take(struct inventory *inventory, struct berth_host *host)
{
	struct array interfaces = { 0 }, addresses = { 0 }, routes = { 0 }, neighbours = { 0 };

	berth_host_interfaces(host, add_interface, &interfaces);
	berth_host_addresses(host, add_address, &addresses);
	berth_host_routes(host, add_route, &routes);
	berth_host_neighbours(host, add_neighbour, &neighbours);
	*inventory = (struct inventory){ .interfaces = interfaces.at,
					 .addresses = addresses.at,
					 .routes = routes.at,
					 .neighbours = neighbours.at,
					 .interface_count = interfaces.count,
					 .address_count = addresses.count,
					 .route_count = routes.count,
					 .neighbour_count = neighbours.count };
	if (!interfaces.failed && !addresses.failed && !routes.failed && !neighbours.failed)
		return true;
	inventory_close(inventory);
	return false;
}

void inventory_close(struct inventory *inventory)
{
	free(inventory->interfaces);
	free(inventory->addresses);
	free(inventory->routes);
	free(inventory->neighbours);
	*inventory = (struct inventory){ 0 };
}

const struct berth_interface_info *inventory_interface(const struct inventory *inventory, int index)
{
	for (size_t i = 0; i < inventory->interface_count; i++)
		if (inventory->interfaces[i].index == index)
			return &inventory->interfaces[i];
	return NULL;
}

const struct berth_interface_info *inventory_interface_named(const struct inventory *inventory,
							     const char *name)
{
	for (size_t i = 0; i < inventory->interface_count; i++)
		if (strcmp(inventory->interfaces[i].name, name) == 0)
			return &inventory->interfaces[i];
	return NULL;
}

const struct berth_address_info *inventory_address(const struct inventory *inventory, int index,
						   int family)
{
	for (size_t i = 0; i < inventory->address_count; i++) {
		const struct berth_address_info *address = &inventory->addresses[i];
		if (address->interface == index && address->address.family == family)
			return address;
	}
	return NULL;
}

bool ip_equal(const struct berth_ip *a, const struct berth_ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, ip_size(a->family)) == 0;
}

bool ip_within(const struct berth_ip *address, const struct berth_ip *network, unsigned prefix)
{
	const unsigned whole = prefix / 8;
	const uint8_t mask = (uint8_t)(0xff00 >> prefix % 8);

	if (address->family != network->family ||
	    memcmp(address->bytes, network->bytes, whole) != 0)
		return false;
	return mask == 0 || ((address->bytes[whole] ^ network->bytes[whole]) & mask) == 0;
}

bool inventory_broadcast(const struct inventory *inventory,
			 const struct berth_address_info *address, struct berth_ip *broadcast)
{
	const struct berth_interface_info *interface =
		inventory_interface(inventory, address->interface);

	if (address->address.family != AF_INET || address->prefix > 30 || !interface ||
	    interface->is_loopback)
		return false;
	*broadcast = address->address;
	for (unsigned bit = address->prefix; bit < 32; bit++)
		broadcast->bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return true;
}

unsigned interface_flags(const struct berth_interface_info *interface)
{
	return IFF_UP | IFF_RUNNING |
	       (interface->is_loopback ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST);
}
