/* What netlink, ifconfig and their like ask of a host: its interfaces, addresses, routes and neighbours, row by row. */
#include "host.h"

#include "wire/address.h"

#include <berth/observe.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>

static struct berth_ip show(const struct address *address)
{
	struct berth_ip ip = { .family = AF_INET6 };

	if (address_is_v4(address)) {
		ip.family = AF_INET;
		memcpy(ip.bytes, address->bytes + 12, 4);
	} else {
		address_write_v6(ip.bytes, address);
	}
	return ip;
}

/* As it is called: struct address has IPv4's 96 bits further. */
static unsigned prefix_of(const struct address *address, unsigned prefix)
{
	return address_is_v4(address) ? prefix - 96 : prefix;
}

void berth_host_interfaces(struct berth_host *host,
			   void (*each)(void *context, const struct berth_interface_info *info),
			   void *context)
{
	for (uint32_t place = 0; place < host->ip.interfaces.count; place++) {
		const struct interface *interface = host->ip.interfaces.at[place];
		struct berth_interface_info info = {
			.index = interface->index,
			.is_loopback = !interface->ethernet,
			.mtu = interface->mtu,
			.received = { interface->received.packets, interface->received.bytes },
			.sent = { interface->sent.packets, interface->sent.bytes },
		};
		memcpy(info.name, interface->name, sizeof info.name);
		memcpy(info.mac, interface->mac.bytes, sizeof info.mac);
		each(context, &info);
	}
}

static unsigned flags_of(const struct interface_address *own)
{
	static const unsigned flags[] = {
		[ADDRESS_PREFERRED] = 0,
		[ADDRESS_DEPRECATED] = IFA_F_DEPRECATED,
		[ADDRESS_OPTIMISTIC] = IFA_F_TENTATIVE | IFA_F_OPTIMISTIC,
		[ADDRESS_TENTATIVE] = IFA_F_TENTATIVE,
		[ADDRESS_DUPLICATE] = IFA_F_TENTATIVE | IFA_F_DADFAILED,
	};
	return flags[own->state] | (own->valid_until == NEVER ? IFA_F_PERMANENT : 0);
}

static uint32_t seconds_left(const struct berth_host *host, uint64_t until)
{
	if (until == NEVER)
		return UINT32_MAX;
	return until > host->clock.now ? (uint32_t)((until - host->clock.now) / SECOND) : 0;
}

void berth_host_addresses(struct berth_host *host,
			  void (*each)(void *context, const struct berth_address_info *info),
			  void *context)
{
	for (uint32_t place = 0; place < host->ip.interfaces.count; place++) {
		const struct interface *interface = host->ip.interfaces.at[place];
		for (uint32_t index = 0; index < interface->address_count; index++) {
			const struct interface_address *own = &interface->addresses[index];
			const struct berth_address_info info = {
				.interface = interface->index,
				.address = show(&own->address),
				.prefix = prefix_of(&own->address, own->prefix),
				.flags = flags_of(own),
				.preferred = seconds_left(host, own->preferred_until),
				.valid = seconds_left(host, own->valid_until),
			};
			each(context, &info);
		}
	}
}

void berth_host_routes(struct berth_host *host,
		       void (*each)(void *context, const struct berth_route_info *info),
		       void *context)
{
	for (uint32_t place = 0; place < host->ip.routes.count; place++) {
		const struct route *route = &host->ip.routes.at[place];
		struct berth_route_info info = {
			.destination = show(&route->destination),
			.prefix = prefix_of(&route->destination, route->prefix),
			.interface = route->interface->index,
		};
		if (!address_is_any(&route->gateway))
			info.gateway = show(&route->gateway);
		each(context, &info);
	}
}

/* Known to work for a while: the state changes when it is looked at next (ip/neighbour.h), but a reader sees what is true. */
static int state_of(const struct neighbour *neighbour)
{
	switch (neighbour->state) {
	case NEIGHBOUR_INCOMPLETE:
		return NUD_INCOMPLETE;
	case NEIGHBOUR_REACHABLE:
		return neighbour->ip->clock->now < neighbour->reachable_until ? NUD_REACHABLE
									      : NUD_STALE;
	case NEIGHBOUR_DELAY:
		return NUD_DELAY;
	case NEIGHBOUR_PROBE:
	case NEIGHBOUR_UNREACHABLE: /* which Linux does not tell from it */
		return NUD_PROBE;
	case NEIGHBOUR_STALE:
		break;
	}
	return NUD_STALE;
}

void berth_host_neighbours(struct berth_host *host,
			   void (*each)(void *context, const struct berth_neighbour_info *info),
			   void *context)
{
	LIST_EACH (node, &host->ip.neighbours.ages) {
		const struct neighbour *neighbour = CONTAINER_OF(node, struct neighbour, age);
		struct berth_neighbour_info info = {
			.interface = neighbour->interface->index,
			.address = show(&neighbour->address),
			.state = state_of(neighbour),
		};
		memcpy(info.mac, neighbour->mac.bytes, sizeof info.mac);
		each(context, &info);
	}
}

static struct address read_ip(const struct berth_ip *ip)
{
	struct address address = { 0 };

	if (ip->family == AF_INET)
		return address_v4(get32(ip->bytes));
	memcpy(address.bytes, ip->bytes, sizeof address.bytes);
	return address;
}

int berth_host_path(struct berth_host *host, const struct berth_ip *destination,
		    struct berth_route_info *route, struct berth_ip *source)
{
	const bool is_v4 = destination->family == AF_INET;
	const struct address any = is_v4 ? address_v4(0) : (struct address){ 0 };
	const struct address to = read_ip(destination);
	struct ip_path path;

	int error = ip_find_path(&host->ip, &any, &to, &path);
	if (error)
		return error;
	const struct route *found = route_find(&host->ip.routes, &to);
	*route = (struct berth_route_info){ .destination = *destination,
					    .prefix = is_v4 ? 32 : 128,
					    .interface = path.interface->index };
	if (path.interface->ethernet && found && !address_is_any(&found->gateway))
		route->gateway = show(&found->gateway);
	*source = show(&path.source);
	return 0;
}
