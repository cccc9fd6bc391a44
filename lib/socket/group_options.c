#include "socket/group_options.h"

#include <errno.h>

static struct udp_group_settings *settings_of(struct socket *socket)
{
	return &socket->datagram->settings.groups[GROUPS_OF_IPV4];
}

static struct udp_group_settings *settings6_of(struct socket *socket)
{
	return &socket->datagram->settings.groups[GROUPS_OF_IPV6];
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

int get_group_hops(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings6_of(socket)->ttl);
}

int set_group_hops(struct socket *socket, const void *value, socklen_t size)
{
	int hops = int_of(value);
	(void)size;
	if (hops < -1 || hops > 255)
		return -EINVAL;
	settings6_of(socket)->ttl = hops == -1 ? 1 : (uint8_t)hops;
	return 0;
}

int get_group_loop6(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, !settings6_of(socket)->not_to_own_host);
}

int set_group_loop6(struct socket *socket, const void *value, socklen_t size)
{
	int loop = int_of(value);
	(void)size;
	if (loop != 0 && loop != 1)
		return -EINVAL;
	settings6_of(socket)->not_to_own_host = loop == 0;
	return 0;
}

int get_group_all6(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, !settings6_of(socket)->own_groups_only);
}

int set_group_all6(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings6_of(socket)->own_groups_only = int_of(value) == 0;
	return 0;
}

int get_group_interface6(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings6_of(socket)->interface);
}

int set_group_interface6(struct socket *socket, const void *value, socklen_t size)
{
	int index = int_of(value), bound = socket->datagram->holder.interface;
	(void)size;
	if (index != 0 && bound != 0 && bound != index)
		return -EINVAL;
	if (index != 0 && !interface_find(socket->home->udp->ip, index))
		return -ENODEV;
	settings6_of(socket)->interface = index;
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

/* A mapped address is no group to IPv6. */
static bool read_mreq6(const void *value, struct udp_group_request *request)
{
	struct ipv6_mreq asked;

	memcpy(&asked, value, sizeof asked);
	*request = (struct udp_group_request){
		.group = address_v6((const uint8_t *)&asked.ipv6mr_multiaddr),
		.interface = (int)asked.ipv6mr_interface,
	};
	return !address_is_v4(&request->group);
}

int set_add_membership6(struct socket *socket, const void *value, socklen_t size)
{
	struct udp_group_request request;
	(void)size;
	return read_mreq6(value, &request) ? udp_group_join(socket->datagram, &request, true)
					   : -EINVAL;
}

int set_drop_membership6(struct socket *socket, const void *value, socklen_t size)
{
	struct udp_group_request request;
	(void)size;
	return read_mreq6(value, &request) ? udp_group_leave(socket->datagram, &request) : -EINVAL;
}
