/* A host among the routers of its links: what it takes from them, and what it says as one (berth/host.h). */
#include "host.h"

#include "ip/advertise.h"
#include "ip/autoconf.h"

#include <berth/host.h>
#include <errno.h>

static struct address from_v6(const struct in6_addr *v6)
{
	return address_v6(v6->s6_addr);
}

int berth_autoconfigure(struct berth_host *host, int index)
{
	host_touch(host);
	return autoconf_begin(&host->ip, index);
}

void berth_host_name_servers(struct berth_host *host,
			     void (*each)(void *context, const struct sockaddr_in6 *server),
			     void *context)
{
	for (uint32_t place = 0; place < host->ip.interfaces.count; place++) {
		const struct autoconf *autoconf = host->ip.interfaces.at[place]->autoconf;
		for (uint32_t index = 0; autoconf && index < autoconf->server_count; index++) {
			const struct address *address = &autoconf->servers[index].address;
			struct sockaddr_in6 name = {
				.sin6_family = AF_INET6,
				.sin6_scope_id = (uint32_t)address_zone(address),
			};
			address_write_v6(name.sin6_addr.s6_addr, address);
			each(context, &name);
		}
	}
}

static bool preference_of(int preference, enum ndp_preference *written)
{
	static const enum ndp_preference preferences[] = { NDP_LOW, NDP_MEDIUM, NDP_HIGH };
	if (preference < -1 || preference > 1)
		return false;
	*written = preferences[preference + 1];
	return true;
}

/* False: there are too many of something, or no such preference. */
static bool copy_advertisement(struct advertisement *says, const struct berth_advertisement *told)
{
	if (told->prefix_count > ADVERTISED_MOST || told->route_count > ADVERTISED_MOST ||
	    told->name_server_count > ADVERTISED_MOST ||
	    !preference_of(told->preference, &says->preference))
		return false;
	for (; says->prefix_count < told->prefix_count; says->prefix_count++) {
		const struct berth_advertised_prefix *prefix = &told->prefixes[says->prefix_count];
		says->prefixes[says->prefix_count] = (struct ndp_prefix){
			.prefix = from_v6(&prefix->prefix),
			.bits = prefix->bits,
			.on_link = prefix->on_link,
			.autonomous = prefix->autonomous,
			.valid_s = prefix->valid_s,
			.preferred_s = prefix->preferred_s,
		};
	}
	for (; says->route_count < told->route_count; says->route_count++) {
		const struct berth_advertised_route *route = &told->routes[says->route_count];
		struct ndp_route *written = &says->routes[says->route_count];
		*written = (struct ndp_route){ .prefix = from_v6(&route->prefix),
					       .bits = route->bits,
					       .lifetime_s = route->lifetime_s };
		if (!preference_of(route->preference, &written->preference))
			return false;
	}
	for (; says->server_count < told->name_server_count; says->server_count++)
		says->servers[says->server_count] =
			from_v6(&told->name_servers[says->server_count]);
	return true;
}

int berth_advertise(struct berth_host *host, int index,
		    const struct berth_advertisement *advertisement)
{
	struct interface *interface = interface_find(&host->ip, index);
	struct advertisement says = { 0 };

	if (!interface)
		return -ENODEV;
	host_touch(host);
	if (!advertisement) {
		advertise_end(&host->ip, interface);
		return 0;
	}
	if (!copy_advertisement(&says, advertisement))
		return -EINVAL;
	says.lifetime_s = advertisement->lifetime_s;
	says.interval_s = advertisement->interval_s;
	says.hop_limit = advertisement->hop_limit;
	says.mtu = advertisement->mtu;
	says.server_lifetime_s = advertisement->name_server_lifetime_s;
	return advertise_begin(&host->ip, index, &says);
}
