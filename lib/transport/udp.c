/* UDP's sockets, from open to close; what arrives for them is udp_input.c, what they send udp_output.c. */
#include "transport/udp.h"

#include "wire/ipv4.h"

#include <errno.h>

bool udp_begin(struct udp *udp, struct ip *ip, const uint8_t seed[16],
	       const struct udp_config *config)
{
	*udp = (struct udp){
		.allocator = ip->allocator,
		.pool = ip->pool,
		.clock = ip->clock,
		.ip = ip,
		.config = *config,
	};
	random_init(&udp->random, seed, PROTOCOL_UDP);
	udp->tuple_key = random_key(&udp->random);
	list_init(&udp->all);
	if (!table_init(&udp->connected, udp->allocator))
		return false;
	if (!ports_init(&udp->ports, udp->allocator, &udp->random)) {
		table_close(&udp->connected);
		return false;
	}
	udp->ports.connectionless = true;
	return true;
}

bool udp_init(struct udp *udp, struct ip *ip, const uint8_t seed[16],
	      const struct udp_config *config)
{
	if (!udp_begin(udp, ip, seed, config))
		return false;
	ip_register(
		ip, PROTOCOL_UDP,
		&(struct ip_protocol){ .input = udp_input, .error = udp_error, .context = udp });
	return true;
}

void udp_close_all(struct udp *udp)
{
	while (!list_is_empty(&udp->all))
		udp_close(CONTAINER_OF(udp->all.next, struct udp_socket, link));
	ports_close(&udp->ports);
	table_close(&udp->connected);
}

void udp_socket_init(struct udp_socket *socket, struct udp *udp, void *owner)
{
	socket->udp = udp;
	socket->owner = owner;
	socket->settings = (struct udp_settings){
		.send_buffer = UDP_BUFFER_DEFAULT,
		.receive_buffer = UDP_BUFFER_DEFAULT,
		.discovery = IP_PMTUDISC_WANT,
		.discovery6 = IP_PMTUDISC_WANT,
		/* RFC 1112, 6.1; RFC 3493, 5.2: it stays on the link unless asked otherwise */
		.groups = { { .ttl = 1 }, { .ttl = 1 } },
	};
	port_holder_init(&socket->holder);
	socket->asked = socket->source = socket->peer.address = socket->holder.unbound;
	list_init(&socket->memberships);
	list_init(&socket->received);
	list_init(&socket->failures);
	list_append(&udp->all, &socket->link);
}

void udp_turn_v6(struct udp_socket *socket)
{
	port_holder_turn_v6(&socket->holder);
	socket->asked = socket->source = socket->peer.address = socket->holder.unbound;
}

struct udp_socket *udp_open(struct udp *udp, void *owner)
{
	struct udp_socket *socket = memory_take(udp->allocator, sizeof *socket);
	if (socket)
		udp_socket_init(socket, udp, owner);
	return socket;
}

static void leave_peer(struct udp_socket *socket)
{
	if (!socket->connected)
		return;
	table_remove(&socket->udp->connected, &socket->by_tuple);
	socket->connected = false;
	socket->peer = (struct endpoint){ .address = socket->holder.unbound };
}

void udp_close(struct udp_socket *socket)
{
	leave_peer(socket);
	udp_groups_leave(socket);
	ports_release(&socket->udp->ports, &socket->holder);
	while (!list_is_empty(&socket->received))
		udp_drop_first(socket);
	udp_failures_clear(socket);
	udp_cork_drop(socket);
	filter_close(&socket->filter, socket->udp->allocator);
	list_remove(&socket->link);
	memory_give(socket->udp->allocator, socket, sizeof *socket);
}

bool udp_is_for_many(const struct ip *ip, const struct address *address)
{
	return ip_is_broadcast(ip, address) || address_is_multicast(address);
}

int udp_bind(struct udp_socket *socket, const struct endpoint *local)
{
	const struct ip *ip = socket->udp->ip;
	bool for_many = udp_is_for_many(ip, &local->address);

	if (socket->holder.local.port != 0)
		return -EINVAL;
	if (!address_is_any(&local->address) && !ip_is_own(ip, &local->address) && !for_many)
		return -EADDRNOTAVAIL;
	int result = ports_bind(&socket->udp->ports, &socket->holder, local);
	if (result < 0) {
		socket->holder.local.address = socket->holder.unbound;
		return result;
	}
	socket->asked = local->address;
	socket->port_asked = local->port != 0;
	socket->source = for_many ? socket->holder.unbound : local->address;
	return 0;
}

int udp_find_path(const struct udp_socket *socket, int interface, const struct address *source,
		  const struct address *destination, struct ip_path *path)
{
	const struct udp_group_settings *settings =
		udp_group_settings(&socket->settings, destination);
	struct address from = *source;

	if (interface == 0)
		interface = socket->holder.interface;
	if (address_is_multicast(destination) && interface == 0) {
		interface = settings->interface;
		if (address_is_any(&from) && address_is_v4(destination))
			from = address_v4(settings->address);
	}
	return ip_find_path_by(socket->udp->ip, interface, &from, destination, path);
}

int udp_connect(struct udp_socket *socket, const struct endpoint *peer)
{
	struct udp *udp = socket->udp;
	struct ip_path path;

	if (socket->holder.local.port == 0 &&
	    ports_bind(&udp->ports, &socket->holder, &socket->holder.local) < 0)
		return -EAGAIN;
	int result = udp_find_path(socket, 0, &socket->source, &peer->address, &path);
	if (result < 0)
		return result;
	if (!socket->settings.broadcast && ip_is_broadcast(udp->ip, &peer->address))
		return -EACCES;

	leave_peer(socket);
	socket->peer = *peer;
	if (address_is_any(&peer->address)) /* this host itself */
		socket->peer.address = path.source;
	socket->source = path.source;
	socket->path_mtu = path.mtu;
	socket->connected = true;
	struct address local = socket->holder.local.address;
	ports_turn_user(&udp->ports, &socket->holder,
			address_is_any(&local) ? &path.source : &local);
	table_insert(&udp->connected, &socket->by_tuple,
		     udp_tuple_hash(udp, &socket->holder.local, &socket->peer));
	return 0;
}

void udp_disconnect(struct udp_socket *socket)
{
	struct ports *ports = &socket->udp->ports;

	leave_peer(socket);
	if (socket->port_asked) {
		ports_turn_binder(ports, &socket->holder, &socket->asked);
	} else {
		ports_release(ports, &socket->holder);
		socket->holder.local = (struct endpoint){ .address = socket->asked };
	}
	socket->source = udp_is_for_many(socket->udp->ip, &socket->asked) ? socket->holder.unbound
									  : socket->asked;
}

const struct udp_datagram *udp_first(const struct udp_socket *socket)
{
	if (list_is_empty(&socket->received))
		return NULL;
	return CONTAINER_OF(socket->received.next, struct udp_datagram, link);
}

static bool may_follow(const struct udp_datagram *first, const struct udp_datagram *next)
{
	return next->size > 0 && next->size <= first->size &&
	       next->sender.port == first->sender.port &&
	       address_equal(&next->sender.address, &first->sender.address) &&
	       address_equal(&next->destination, &first->destination) &&
	       next->interface == first->interface && next->ttl == first->ttl &&
	       next->tos == first->tos;
}

uint32_t udp_run(const struct udp_socket *socket, size_t room)
{
	const struct udp_datagram *first = udp_first(socket);
	uint32_t count = 0;
	size_t size = 0;

	LIST_EACH (node, &socket->received) {
		const struct udp_datagram *next = CONTAINER_OF(node, struct udp_datagram, link);
		bool fits = size + next->size <= room && size + next->size <= UINT16_MAX;
		if (count > 0 && (count == UDP_RUN_MOST || !fits || !may_follow(first, next)))
			break;
		count++;
		size += next->size;
		if (next->size < first->size || first->size == 0)
			break;
	}
	return count;
}

size_t udp_copy_out(const struct udp_datagram *datagram, uint32_t offset, uint8_t *to, size_t size)
{
	size_t copied = 0;

	if (size > datagram->size - offset)
		size = datagram->size - offset;
	if (datagram->slice_count == 0) {
		if (size > 0)
			memcpy(to, datagram->bytes + offset, size);
		return size;
	}
	for (uint8_t index = 0; copied < size; index++) {
		const struct slice *slice = &datagram->slices[index];
		if (offset >= slice->size) {
			offset -= slice->size;
			continue;
		}
		size_t piece = slice->size - offset;
		if (piece > size - copied)
			piece = size - copied;
		memcpy(to + copied, slice->at + offset, piece);
		copied += piece;
		offset = 0;
	}
	return copied;
}

void udp_drop_first(struct udp_socket *socket)
{
	struct udp_datagram *datagram =
		CONTAINER_OF(list_take_first(&socket->received), struct udp_datagram, link);

	socket->held -= datagram->held;
	for (uint8_t index = 0; index < datagram->slice_count; index++)
		block_release(datagram->slices[index].block);
	block_release(datagram->self);
}

uint32_t udp_tuple_hash(const struct udp *udp, const struct endpoint *local,
			const struct endpoint *peer)
{
	uint8_t message[36];
	memcpy(message, local->address.bytes, 16);
	memcpy(message + 16, peer->address.bytes, 16);
	put16(message + 32, local->port);
	put16(message + 34, peer->port);
	return (uint32_t)siphash(&udp->tuple_key, (struct bytes){ message, sizeof message });
}
