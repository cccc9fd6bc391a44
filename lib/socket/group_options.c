#include "socket/group_options.h"

#include <errno.h>

static struct udp_group_settings *settings_of(struct socket *socket)
{
	return &socket->datagram->settings.groups[GROUPS_OF_IPV4];
}

static uint32_t v4_of(const struct in_addr *address)
{
	return get32((const uint8_t *)address);
}

int get_group_ttl(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings_of(socket)->ttl);
}

int set_group_ttl(struct socket *socket, const void *value, socklen_t size)
{
	int ttl = int_of(value);
	(void)size;
	if (ttl < -1 || ttl > 255)
		return -EINVAL;
	settings_of(socket)->ttl = ttl == -1 ? 1 : (uint8_t)ttl;
	return 0;
}

int get_group_loop(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, !settings_of(socket)->not_to_own_host);
}

int set_group_loop(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->not_to_own_host = int_of(value) == 0;
	return 0;
}

int get_group_all(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, !settings_of(socket)->own_groups_only);
}

int set_group_all(struct socket *socket, const void *value, socklen_t size)
{
	int all = int_of(value);
	(void)size;
	if (all != 0 && all != 1)
		return -EINVAL;
	settings_of(socket)->own_groups_only = all == 0;
	return 0;
}

int get_group_interface(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	put32(value, settings_of(socket)->address);
	return 0;
}

/* Linux tells the three forms apart by their lengths. */
static struct ip_mreqn read_mreqn(const void *value, socklen_t size)
{
	struct ip_mreqn request = { 0 };
	struct ip_mreq old;

	if (size >= sizeof request) {
		memcpy(&request, value, sizeof request);
	} else if (size >= sizeof old) {
		memcpy(&old, value, sizeof old);
		request.imr_multiaddr = old.imr_multiaddr;
		request.imr_address = old.imr_interface;
	} else {
		memcpy(&request.imr_address, value, sizeof request.imr_address);
	}
	return request;
}

int set_group_interface(struct socket *socket, const void *value, socklen_t size)
{
	struct ip_mreqn request = read_mreqn(value, size);
	struct udp_group_settings *settings = settings_of(socket);
	const struct ip *ip = socket->home->udp->ip;
	uint32_t address = v4_of(&request.imr_address);
	struct address own = address_v4(address);

	if (request.imr_ifindex == 0 && address == 0) {
		settings->interface = 0;
		settings->address = 0;
		return 0;
	}
	const struct interface *interface = request.imr_ifindex
						    ? interface_find(ip, request.imr_ifindex)
						    : ip_interface_of(ip, &own);
	if (!interface)
		return -EADDRNOTAVAIL;
	settings->interface = interface->index;
	settings->address = address;
	return 0;
}

int get_nothing(struct socket *socket, void *value, socklen_t *size)
{
	(void)socket;
	(void)value;
	(void)size;
	return -ENOPROTOOPT;
}

/* Memberships of any source. */

static struct udp_group_request request_of(const void *value, socklen_t size)
{
	struct ip_mreqn request = read_mreqn(value, size);
	return (struct udp_group_request){ address_v4(v4_of(&request.imr_multiaddr)),
					   v4_of(&request.imr_address), request.imr_ifindex };
}

int set_add_membership(struct socket *socket, const void *value, socklen_t size)
{
	struct udp_group_request request = request_of(value, size);
	return udp_group_join(socket->datagram, &request, true);
}

int set_drop_membership(struct socket *socket, const void *value, socklen_t size)
{
	struct udp_group_request request = request_of(value, size);
	return udp_group_leave(socket->datagram, &request);
}

/* An IPv4 address in the newer interface's form; false: of another family. */
static bool read_storage(const struct sockaddr_storage *storage, struct address *address)
{
	struct sockaddr_in v4;

	memcpy(&v4, storage, sizeof v4);
	*address = address_v4(v4_of(&v4.sin_addr));
	return v4.sin_family == AF_INET;
}

static bool read_group(const void *value, struct udp_group_request *request)
{
	struct group_req group;

	memcpy(&group, value, sizeof group);
	*request = (struct udp_group_request){ .interface = (int)group.gr_interface };
	return read_storage(&group.gr_group, &request->group);
}

int set_join_group(struct socket *socket, const void *value, socklen_t size)
{
	struct udp_group_request request;
	(void)size;
	return read_group(value, &request) ? udp_group_join(socket->datagram, &request, true)
					   : -EINVAL;
}

int set_leave_group(struct socket *socket, const void *value, socklen_t size)
{
	struct udp_group_request request;
	(void)size;
	return read_group(value, &request) ? udp_group_leave(socket->datagram, &request) : -EINVAL;
}

/* Memberships of some sources, or of all but some. */

/* What one option of either interface asks for. */
struct source_request {
	struct udp_group_request group;
	struct address source;
};

typedef int source_action(struct udp_socket *socket, const struct source_request *request);

/* Joins where it has not joined yet. */
static int join_source(struct udp_socket *socket, const struct source_request *request)
{
	int error = udp_group_join(socket, &request->group, false);
	if (error && error != -EADDRINUSE)
		return error;
	return udp_group_add_source(socket, &request->group, false, &request->source);
}

static int leave_source(struct udp_socket *socket, const struct source_request *request)
{
	return udp_group_drop_source(socket, &request->group, false, &request->source);
}

static int block_source(struct udp_socket *socket, const struct source_request *request)
{
	return udp_group_add_source(socket, &request->group, true, &request->source);
}

static int unblock_source(struct udp_socket *socket, const struct source_request *request)
{
	return udp_group_drop_source(socket, &request->group, true, &request->source);
}

static int act_old(struct socket *socket, const void *value, socklen_t size, source_action *action)
{
	struct ip_mreq_source asked;

	if (size != sizeof asked)
		return -EINVAL;
	memcpy(&asked, value, sizeof asked);
	struct source_request request = {
		{ address_v4(v4_of(&asked.imr_multiaddr)), v4_of(&asked.imr_interface), 0 },
		address_v4(v4_of(&asked.imr_sourceaddr)),
	};
	return action(socket->datagram, &request);
}

static int act(struct socket *socket, const void *value, source_action *action)
{
	struct group_source_req asked;
	struct source_request request = { 0 };

	memcpy(&asked, value, sizeof asked);
	request.group.interface = (int)asked.gsr_interface;
	if (!read_storage(&asked.gsr_group, &request.group.group) ||
	    !read_storage(&asked.gsr_source, &request.source))
		return -EADDRNOTAVAIL;
	return action(socket->datagram, &request);
}

int set_add_source_membership(struct socket *socket, const void *value, socklen_t size)
{
	return act_old(socket, value, size, join_source);
}

int set_drop_source_membership(struct socket *socket, const void *value, socklen_t size)
{
	return act_old(socket, value, size, leave_source);
}

int set_block_source(struct socket *socket, const void *value, socklen_t size)
{
	return act_old(socket, value, size, block_source);
}

int set_unblock_source(struct socket *socket, const void *value, socklen_t size)
{
	return act_old(socket, value, size, unblock_source);
}

int set_join_source_group(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	return act(socket, value, join_source);
}

int set_leave_source_group(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	return act(socket, value, leave_source);
}

int set_group_block_source(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	return act(socket, value, block_source);
}

int set_group_unblock_source(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	return act(socket, value, unblock_source);
}
