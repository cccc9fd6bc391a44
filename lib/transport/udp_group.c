#include "transport/udp_group.h"

#include "transport/udp.h"

#include <errno.h>

/* Linux's ip_mc_find_dev. NULL: none. */
static struct interface *interface_of(const struct ip *ip, const struct udp_group_request *request)
{
	struct address address = address_v4(request->address), group = address_v4(request->group);

	if (request->interface)
		return interface_find(ip, request->interface);
	return request->address ? ip_interface_of(ip, &address)
				: ip_interface_for_group(ip, &group);
}

static struct udp_membership *find(const struct udp_socket *socket, uint32_t group, int interface)
{
	LIST_EACH (node, &socket->memberships) {
		struct udp_membership *membership = CONTAINER_OF(node, struct udp_membership, link);
		if (membership->group == group && membership->interface == interface)
			return membership;
	}
	return NULL;
}

static uint32_t count_of(const struct udp_socket *socket)
{
	uint32_t count = 0;
	LIST_EACH (node, &socket->memberships)
		count++;
	return count;
}

int udp_group_join(struct udp_socket *socket, const struct udp_group_request *request, bool exclude)
{
	struct ip *ip = socket->udp->ip;

	if (!v4_is_multicast(request->group))
		return -EINVAL;
	struct interface *interface = interface_of(ip, request);
	if (!interface)
		return -ENODEV;
	if (find(socket, request->group, interface->index))
		return -EADDRINUSE;
	if (count_of(socket) == UDP_MEMBERSHIPS_MOST)
		return -ENOBUFS;

	struct udp_membership *membership = memory_take(ip->allocator, sizeof *membership);
	if (!membership)
		return -ENOMEM;
	membership->group = request->group;
	membership->address = request->address;
	membership->interface = interface->index;
	membership->member.exclude = exclude;
	list_init(&membership->member.link);
	int error = group_join(ip, &membership->member, interface, request->group);
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
	memory_give(ip->allocator, membership, sizeof *membership);
}

/* Linux's ip_mc_leave_group: an address that names no interface any more still names what was joined by it. */
static bool is_meant(const struct udp_membership *membership,
		     const struct udp_group_request *request, int interface)
{
	if (membership->group != request->group)
		return false;
	if (interface)
		return membership->interface == interface;
	return request->address == 0 || membership->address == request->address;
}

int udp_group_leave(struct udp_socket *socket, const struct udp_group_request *request)
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

void udp_groups_leave(struct udp_socket *socket)
{
	while (!list_is_empty(&socket->memberships))
		leave(socket, CONTAINER_OF(socket->memberships.next, struct udp_membership, link));
}

static uint8_t place_of(const struct group_member *member, uint32_t source)
{
	uint8_t place = 0;
	while (place < member->source_count && member->sources[place] != source)
		place++;
	return place;
}

/* Linux's ip_mc_source: a membership without sources may still change its mode. 0; -EINVAL; -ENODEV. */
static int find_in_mode(struct udp_socket *socket, const struct udp_group_request *request,
			bool exclude, struct udp_membership **found)
{
	if (!v4_is_multicast(request->group))
		return -EINVAL;
	const struct interface *interface = interface_of(socket->udp->ip, request);
	if (!interface)
		return -ENODEV;
	struct udp_membership *membership = find(socket, request->group, interface->index);
	if (!membership)
		return -EINVAL;
	struct group_member *member = &membership->member;
	if (member->exclude != exclude && member->source_count > 0)
		return -EINVAL;
	if (member->exclude != exclude) {
		member->exclude = exclude;
		group_member_changed(socket->udp->ip, member);
	}
	*found = membership;
	return 0;
}

int udp_group_add_source(struct udp_socket *socket, const struct udp_group_request *request,
			 bool exclude, uint32_t source)
{
	struct udp_membership *membership;
	int error = find_in_mode(socket, request, exclude, &membership);
	if (error)
		return error;

	struct group_member *member = &membership->member;
	if (member->source_count == GROUP_MEMBER_SOURCES_MOST)
		return -ENOBUFS;
	if (place_of(member, source) < member->source_count)
		return -EADDRNOTAVAIL;
	member->sources[member->source_count++] = source;
	group_member_changed(socket->udp->ip, member);
	return 0;
}

/* Without its last source, one that includes would hear nobody: it leaves (Linux does this). */
int udp_group_drop_source(struct udp_socket *socket, const struct udp_group_request *request,
			  bool exclude, uint32_t source)
{
	struct udp_membership *membership;
	int error = find_in_mode(socket, request, exclude, &membership);
	if (error)
		return error;

	struct group_member *member = &membership->member;
	uint8_t place = place_of(member, source);
	if (place == member->source_count)
		return -EADDRNOTAVAIL;
	if (!exclude && member->source_count == 1) {
		leave(socket, membership);
		return 0;
	}
	member->sources[place] = member->sources[--member->source_count];
	group_member_changed(socket->udp->ip, member);
	return 0;
}

bool udp_group_hears(const struct udp_socket *socket, uint32_t group, uint32_t source,
		     int interface)
{
	const struct udp_membership *membership = find(socket, group, interface);
	if (!membership)
		return !socket->settings.own_groups_only;
	const struct group_member *member = &membership->member;
	return (place_of(member, source) < member->source_count) != member->exclude;
}
