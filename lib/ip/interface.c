#include "ip/interface.h"

#include "base/assert.h"
#include "ip/advertise.h"
#include "ip/autoconf.h"
#include "ip/claim.h"
#include "ip/ip.h"
#include "wire/ipv6.h"

#include <errno.h>

struct interface *interface_find(const struct ip *ip, int index)
{
	for (uint32_t place = 0; place < ip->interfaces.count; place++) {
		if (ip->interfaces.at[place]->index == index)
			return ip->interfaces.at[place];
	}
	return NULL;
}

struct interface_address *interface_address_find(struct interface *interface,
						 const struct address *address)
{
	for (uint32_t place = 0; place < interface->address_count; place++) {
		if (address_equal(&interface->addresses[place].address, address))
			return &interface->addresses[place];
	}
	return NULL;
}

/* The first usable address with this one on its subnet. */
static const struct interface_address *subnet_of(const struct interface *interface,
						 const struct address *address)
{
	for (uint32_t place = 0; place < interface->address_count; place++) {
		const struct interface_address *own = &interface->addresses[place];
		if (address_agrees(&own->address, address, &own->mask) &&
		    address_is_v4(&own->address) == address_is_v4(address) &&
		    interface_address_is_usable(own))
			return own;
	}
	return NULL;
}

bool interface_on_link(const struct interface *interface, const struct address *address)
{
	return subnet_of(interface, address) != NULL;
}

/* The last address of the subnet, of which there are more than two. */
static bool is_last(const struct interface_address *own, uint32_t v4)
{
	if (!address_is_v4(&own->address) || own->prefix >= 127)
		return false;
	return v4 == (address_to_v4(&own->address) | ~address_to_v4(&own->mask));
}

bool interface_is_broadcast(const struct interface *interface, const struct address *address)
{
	if (!address_is_v4(address))
		return false;
	uint32_t v4 = address_to_v4(address);
	if (v4 == UINT32_MAX)
		return true;
	for (uint32_t place = 0; place < interface->address_count; place++) {
		if (is_last(&interface->addresses[place], v4))
			return true;
	}
	return false;
}

const struct address *interface_source(const struct interface *interface,
				       const struct address *next_hop)
{
	const struct interface_address *near = subnet_of(interface, next_hop);
	if (near)
		return &near->address;
	for (uint32_t place = 0; place < interface->address_count; place++) {
		const struct interface_address *own = &interface->addresses[place];
		if (address_is_v4(&own->address) == address_is_v4(next_hop) &&
		    interface_address_is_usable(own))
			return &own->address;
	}
	return NULL;
}

uint64_t interface_retransmit_ns(const struct interface *interface)
{
	return interface->retransmit_ns ? interface->retransmit_ns : NEIGHBOUR_RETRY_NS;
}

void interface_transmit(struct interface *interface, const struct mac *destination, uint16_t type,
			struct frame *frame)
{
	assert(interface->ethernet);
	interface_count(&interface->sent, frame);
	struct ethernet_header ethernet = { *destination, interface->mac, type };
	ethernet_write(frame_push(frame, ETHERNET_HEADER_SIZE), &ethernet);
	interface_transmit_written(interface, frame);
}

void interface_transmit_written(struct interface *interface, struct frame *frame)
{
	interface_show(interface, frame, true);
	interface->transmit(interface->context, frame);
}

static bool name_in_use(const struct ip *ip, const char name[INTERFACE_NAME_SIZE])
{
	for (uint32_t place = 0; place < ip->interfaces.count; place++) {
		if (memcmp(ip->interfaces.at[place]->name, name, INTERFACE_NAME_SIZE) == 0)
			return true;
	}
	return false;
}

/* False: empty, or too long. */
static bool copy_name(char to[INTERFACE_NAME_SIZE], const char *name)
{
	size_t size = 0;
	while (size < INTERFACE_NAME_SIZE && name[size])
		size++;
	if (size == 0 || size == INTERFACE_NAME_SIZE)
		return false;
	memset(to, 0, INTERFACE_NAME_SIZE);
	memcpy(to, name, size);
	return true;
}

/* The first of eth0, eth1 ... that is free; there are fewer than a hundred interfaces. */
static void make_name(const struct ip *ip, char to[INTERFACE_NAME_SIZE])
{
	for (int number = 0;; number++) {
		memset(to, 0, INTERFACE_NAME_SIZE);
		memcpy(to, "eth", 3);
		char *digit = to + 3;
		if (number >= 10)
			*digit++ = (char)('0' + number / 10);
		*digit = (char)('0' + number % 10);
		if (!name_in_use(ip, to))
			return;
	}
}

static bool mac_is_usable(const struct mac *mac)
{
	static const struct mac none = { { 0 } };
	return !mac_is_group(mac) && !mac_equal(mac, &none);
}

/* Fills in what the configuration decides; false: it cannot be. */
static bool configure(const struct ip *ip, struct interface *interface,
		      const struct interface_config *config)
{
	if (!config->name)
		make_name(ip, interface->name);
	else if (!copy_name(interface->name, config->name) || name_in_use(ip, interface->name))
		return false;

	interface->mac = config->mac;
	interface->mtu = config->mtu ? config->mtu : INTERFACE_MTU_DEFAULT;
	interface->largest_segment = config->largest_segment;
	interface->checksums = config->checksums;
	interface->ethernet = true;
	interface->transmit = config->transmit;
	interface->context = config->context;
	return mac_is_usable(&interface->mac) && interface->mtu >= INTERFACE_MTU_LEAST &&
	       interface->mtu <= INTERFACE_MTU_MOST;
}

static struct interface *append(struct ip *ip, const struct interface *made)
{
	struct interfaces *interfaces = &ip->interfaces;
	if (interfaces->count == INTERFACES_MOST)
		return NULL;
	struct interface *interface = memory_take_raw(ip->allocator, sizeof *interface);
	if (!interface)
		return NULL;
	*interface = *made;
	interface->index = interfaces->next_index++;
	interface->tap = &interfaces->tap;
	interfaces->at[interfaces->count++] = interface;
	return interface;
}

static void release(struct ip *ip, struct interface *interface)
{
	memory_give(ip->allocator, interface, sizeof *interface);
}

int interface_remove(struct ip *ip, int index)
{
	struct interfaces *interfaces = &ip->interfaces;
	struct interface *interface = interface_find(ip, index);
	if (!interface || index == LOOPBACK_INDEX)
		return -ENODEV;

	autoconf_end(ip, interface);
	advertise_end(ip, interface);
	routes_forget(&ip->routes, interface);
	neighbours_forget(ip, interface);
	groups_forget(ip, interface);
	claims_forget(ip, interface);
	ip_loopback_forget(ip, interface);
	uint32_t place = 0;
	while (interfaces->at[place] != interface)
		place++;
	interfaces->count--;
	memmove(&interfaces->at[place], &interfaces->at[place + 1],
		(interfaces->count - place) * sizeof *interfaces->at);
	release(ip, interface);
	return 0;
}

int interface_add(struct ip *ip, const struct interface_config *config)
{
	struct interface made = { 0 };

	assert(config->transmit);
	if (!configure(ip, &made, config))
		return -EINVAL;
	struct interface *interface = append(ip, &made);
	if (!interface)
		return -ENOMEM;
	int error = interface->mtu < IPV6_MTU_LEAST ? 0 : ip_link_local_add(ip, interface);
	if (!error)
		return interface->index;
	interface_remove(ip, interface->index);
	return error;
}

bool interfaces_init(struct ip *ip)
{
	struct interface lo = {
		.name = "lo",
		.mtu = INTERFACE_MTU_MOST,
		.address_count = 2,
	};
	const struct interface_address own[] = {
		{ .address = address_v4(LOOPBACK_V4), .prefix = 96 + 8 },
		{ .address = loopback_v6, .prefix = 128 },
	};

	for (uint32_t place = 0; place < lo.address_count; place++) {
		lo.addresses[place] = own[place];
		lo.addresses[place].mask = address_mask(own[place].prefix);
		lo.addresses[place].preferred_until = lo.addresses[place].valid_until = NEVER;
		lo.addresses[place].probe_due = NEVER;
	}
	ip->interfaces = (struct interfaces){ .next_index = LOOPBACK_INDEX };
	return append(ip, &lo) != NULL;
}

void interfaces_close(struct ip *ip)
{
	while (ip->interfaces.count > 0)
		release(ip, ip->interfaces.at[--ip->interfaces.count]);
}
