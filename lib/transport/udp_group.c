#include "transport/udp_group.h"

#include "base/assert.h"
#include "transport/udp.h"

#include <errno.h>

/* Linux's ip_mc_find_dev. NULL: none. */
static struct interface *interface_of(const struct ip *ip, const struct udp_group_request *request)
{
	struct address address = address_v4(request->address);

	if (request->interface)
		return interface_find(ip, request->interface);
	return request->address ? ip_interface_of(ip, &address)
				: ip_interface_for_group(ip, &request->group);
}

/* interface 0: on any. */
static struct udp_membership *find(const struct udp_socket *socket, const struct address *group,
				   int interface)
{
	LIST_EACH (node, &socket->memberships) {
		struct udp_membership *membership = CONTAINER_OF(node, struct udp_membership, link);
		if ((interface == 0 || membership->interface == interface) &&
		    address_equal(&membership->group, group))
			return membership;
	}
	return NULL;
}

/* 0; Linux's error where the socket has joined as many groups of that family as it may. */
static int refuse_one_more(const struct udp_socket *socket, const struct address *group)
{
	bool v4 = address_is_v4(group);
	uint32_t count = 0;

	LIST_EACH (node, &socket->memberships) {
		struct udp_membership *membership = CONTAINER_OF(node, struct udp_membership, link);
		count += address_is_v4(&membership->group) == v4;
	}
	if (v4)
		return count < UDP_MEMBERSHIPS_MOST ? 0 : -ENOBUFS;
	return count < UDP_MEMBERSHIPS_MOST_V6 ? 0 : -ENOMEM;
}

int udp_group_join(struct udp_socket *socket, const struct udp_group_request *request, bool exclude)
{
	struct ip *ip = socket->udp->ip;

	if (!address_is_multicast(&request->group))
		return -EINVAL;
	if (!address_is_v4(&request->group) && find(socket, &request->group, request->interface))
		return -EADDRINUSE;
	struct interface *interface = interface_of(ip, request);
	if (!interface)
		return -ENODEV;
	if (find(socket, &request->group, interface->index))
		return -EADDRINUSE;
	int error = refuse_one_more(socket, &request->group);
	if (error)
		return error;

	struct udp_membership *membership = memory_take(ip->allocator, sizeof *membership);
	if (!membership)
		return -ENOMEM;
	membership->group = request->group;
	membership->address = request->address;
	membership->interface = interface->index;
	membership->member.filter.exclude = exclude;
	list_init(&membership->member.link);
	error = group_join(ip, &membership->member, interface, &request->group);
	if (error) {
		memory_give(ip->allocator, membership, sizeof *membership);
		return error;
	}
	list_append(&socket->memberships, &membership->link);
	return 0;
}

static void leave(struct udp_socket *socket, struct udp_membership *membership)
{
	struct ip *ip = socket->udp->ip;

	group_leave(ip, &membership->member);
	list_remove(&membership->link);
	sources_free(ip->allocator, &membership->member.filter.sources);
	memory_give(ip->allocator, membership, sizeof *membership);
}

/* Linux's ip_mc_leave_group: an address that names no interface any more still names what was joined by it. */
static bool is_meant(const struct udp_membership *membership,
		     const struct udp_group_request *request, int interface)
{
	if (!address_equal(&membership->group, &request->group))
		return false;
	if (interface)
		return membership->interface == interface;
	return request->address == 0 || membership->address == request->address;
}

static int leave_v4(struct udp_socket *socket, const struct udp_group_request *request)
{
	const struct interface *interface = interface_of(socket->udp->ip, request);
	int index = interface ? interface->index : request->interface;

	if (!interface && !request->interface && !request->address)
		return -ENODEV;
	LIST_EACH (node, &socket->memberships) {
		struct udp_membership *membership = CONTAINER_OF(node, struct udp_membership, link);
		if (!is_meant(membership, request, index))
			continue;
		leave(socket, membership);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

/* Linux's ipv6_sock_mc_drop: whatever interface it was joined on, where none is named. */
static int leave_v6(struct udp_socket *socket, const struct udp_group_request *request)
{
	struct udp_membership *membership = find(socket, &request->group, request->interface);

	if (!address_is_multicast(&request->group))
		return -EINVAL;
	if (!membership)
		return -EADDRNOTAVAIL;
	leave(socket, membership);
	return 0;
}

int udp_group_leave(struct udp_socket *socket, const struct udp_group_request *request)
{
	return address_is_v4(&request->group) ? leave_v4(socket, request)
					      : leave_v6(socket, request);
}

void udp_groups_leave(struct udp_socket *socket)
{
	while (!list_is_empty(&socket->memberships))
		leave(socket, CONTAINER_OF(socket->memberships.next, struct udp_membership, link));
}

/* Linux's ip_mc_source: a membership that never had a source may still change its mode. 0; -EINVAL; -ENODEV. */
static int find_in_mode(struct udp_socket *socket, const struct udp_group_request *request,
			bool exclude, struct udp_membership **found)
{
	if (!address_is_multicast(&request->group))
		return -EINVAL;
	const struct interface *interface = interface_of(socket->udp->ip, request);
	if (!interface)
		return -ENODEV;
	bool on_any = !address_is_v4(&request->group) && request->interface == 0;
	struct udp_membership *membership =
		find(socket, &request->group, on_any ? 0 : interface->index);
	if (!membership)
		return -EINVAL;
	struct source_filter *filter = &membership->member.filter;
	if (filter->exclude != exclude && filter->sources.at)
		return -EINVAL;
	if (filter->exclude != exclude) {
		filter->exclude = exclude;
		group_member_changed(socket->udp->ip, &membership->member);
	}
	*found = membership;
	return 0;
}

int udp_group_add_source(struct udp_socket *socket, const struct udp_group_request *request,
			 bool exclude, const struct address *source)
{
	struct ip *ip = socket->udp->ip;
	struct udp_membership *membership;
	int error = find_in_mode(socket, request, exclude, &membership);
	if (error)
		return error;

	struct sources *sources = &membership->member.filter.sources;
	struct address zoned = address_in_zone(*source, membership->interface);
	if (sources->count == udp_sources_most(&request->group))
		return -ENOBUFS;
	if (sources_have(sources, &zoned))
		return -EADDRNOTAVAIL;
	if (!sources_add(ip->allocator, sources, &zoned))
		return -ENOBUFS;
	group_member_changed(ip, &membership->member);
	return 0;
}

/* Without its last source, one that includes would hear nobody: it leaves (Linux does this). */
int udp_group_drop_source(struct udp_socket *socket, const struct udp_group_request *request,
			  bool exclude, const struct address *source)
{
	struct udp_membership *membership;
	int error = find_in_mode(socket, request, exclude, &membership);
	if (error)
		return error;

	struct sources *sources = &membership->member.filter.sources;
	struct address zoned = address_in_zone(*source, membership->interface);
	uint32_t place = sources_place(sources, &zoned);
	if (place == sources->count)
		return -EADDRNOTAVAIL;
	if (!exclude && sources->count == 1) {
		leave(socket, membership);
		return 0;
	}
	sources_remove(sources, place);
	group_member_changed(socket->udp->ip, &membership->member);
	return 0;
}

/* False: no memory. */
static bool gather(const struct berth_allocator *allocator, struct sources *gathered,
		   const struct udp_membership *membership, const struct address *sources,
		   uint32_t count)
{
	for (uint32_t index = 0; index < count; index++) {
		struct address zoned = address_in_zone(sources[index], membership->interface);
		if (!sources_add(allocator, gathered, &zoned)) {
			sources_free(allocator, gathered);
			return false;
		}
	}
	return true;
}

/* Linux's ip_mc_msfilter and ip6_mc_msfilter, the second of which asks for the interface by name. */
int udp_group_set_filter(struct udp_socket *socket, const struct udp_group_request *request,
			 bool exclude, const struct address *sources, uint32_t count)
{
	struct ip *ip = socket->udp->ip;

	assert(count <= udp_sources_most(&request->group));
	if (!address_is_multicast(&request->group))
		return -EINVAL;
	const struct interface *interface = interface_of(ip, request);
	if (!interface)
		return -ENODEV;
	if (!exclude && count == 0)
		return udp_group_leave(socket, request);
	bool unnamed = !address_is_v4(&request->group) && request->interface == 0;
	struct udp_membership *membership =
		unnamed ? NULL : find(socket, &request->group, interface->index);
	if (!membership)
		return -EINVAL;

	struct source_filter filter = { .exclude = exclude };
	if (!gather(ip->allocator, &filter.sources, membership, sources, count))
		return -ENOBUFS;
	sources_free(ip->allocator, &membership->member.filter.sources);
	membership->member.filter = filter;
	group_member_changed(ip, &membership->member);
	return 0;
}

int udp_group_find_filter(const struct udp_socket *socket, const struct udp_group_request *request,
			  const struct source_filter **filter)
{
	if (!address_is_multicast(&request->group))
		return -EINVAL;
	const struct interface *interface = interface_of(socket->udp->ip, request);
	if (!interface)
		return -ENODEV;
	*filter = udp_group_filter_on(socket, &request->group, interface->index);
	return *filter ? 0 : -EADDRNOTAVAIL;
}

const struct source_filter *udp_group_filter_on(const struct udp_socket *socket,
						const struct address *group, int interface)
{
	const struct udp_membership *membership =
		interface > 0 ? find(socket, group, interface) : NULL;
	return membership ? &membership->member.filter : NULL;
}

/* Linux lets a membership of IPv6's on one interface speak for the others. */
bool udp_group_hears(const struct udp_socket *socket, const struct address *group,
		     const struct address *source, int interface)
{
	const struct udp_membership *membership = find(socket, group, interface);
	if (!membership && !address_is_v4(group))
		membership = find(socket, group, 0);
	if (!membership)
		return !udp_group_settings(&socket->settings, group)->own_groups_only;
	return source_filter_admits(&membership->member.filter, source);
}
