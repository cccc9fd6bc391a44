/* options: getsockopt and setsockopt, and the options that sockets of every kind have. A kind has a table of its own beside
 * this one. What is in neither is -ENOPROTOOPT; what is there without a setter is read only. */
#include "socket/option.h"

#include <errno.h>

enum {
	SO_BINDTOIFINDEX_OPTION = 62, /* asm-generic/socket.h; libc's may not have it */
	VALUE_MOST = 512,             /* more than the largest option */
};

uint32_t option_buffer_size(int asked, uint32_t most, uint32_t least)
{
	uint32_t size = asked < 0 || (uint32_t)asked > most ? most : (uint32_t)asked;
	return 2 * size > least ? 2 * size : least;
}

FLAG(reuse_address, socket->kind->holder(socket)->reuse_address, (void)0)
FLAG(reuse_port, socket->kind->holder(socket)->reuse_port, (void)0)

/* Linux counts them in ticks of a long. */
#define SECONDS_MOST (INT64_MAX / 1000 - 1)

static int set_timeout(struct timeval *timeout, const void *value)
{
	struct timeval asked;
	memcpy(&asked, value, sizeof asked);
	if (asked.tv_usec < 0 || asked.tv_usec >= 1000000)
		return -EDOM;
	bool for_ever = asked.tv_sec < 0 || asked.tv_sec >= SECONDS_MOST;
	*timeout = for_ever ? (struct timeval){ 0 } : asked;
	return 0;
}

#define TIMEOUT(option)                                                                            \
	static int get_##option(struct socket *socket, void *value, socklen_t *size)               \
	{                                                                                          \
		(void)size;                                                                        \
		memcpy(value, &socket->option, sizeof socket->option);                             \
		return 0;                                                                          \
	}                                                                                          \
	static int set_##option(struct socket *socket, const void *value, socklen_t size)          \
	{                                                                                          \
		(void)size;                                                                        \
		return set_timeout(&socket->option, value);                                        \
	}

TIMEOUT(receive_timeout)
TIMEOUT(send_timeout)

static int get_error(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, -socket->kind->take_error(socket));
}

static int get_type(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->kind->type);
}

static int get_domain(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->domain);
}

static int get_protocol(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->protocol);
}

static int get_listening(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->kind->holder(socket)->listening);
}

static int get_v6_only(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->kind->holder(socket)->v6_only);
}

static int set_v6_only(struct socket *socket, const void *value, socklen_t size)
{
	struct port_holder *holder = socket->kind->holder(socket);

	(void)size;
	if (holder->local.port != 0)
		return -EINVAL;
	holder->v6_only = int_of(value) != 0;
	return 0;
}

/* The name of the interface, in as much room as one may take; none: no byte. */
static int get_device(struct socket *socket, void *value, socklen_t *size)
{
	int index = socket->kind->holder(socket)->interface;
	const struct interface *interface = interface_find(socket->home->udp->ip, index);
	socklen_t length = 0;

	if (interface && *size < INTERFACE_NAME_SIZE)
		return -EINVAL;
	if (interface) {
		while (length < INTERFACE_NAME_SIZE && interface->name[length])
			length++;
		memcpy(value, interface->name, ++length);
	}
	*size = length;
	return 0;
}

/* A packet socket is bound by its name instead. */
static int bind_to_device(struct socket *socket, int index)
{
	if (socket->domain == AF_PACKET)
		return -ENOPROTOOPT;
	if (index < 0)
		return -EINVAL;
	if (index > 0 && !interface_find(socket->home->udp->ip, index))
		return -ENODEV;
	socket->kind->holder(socket)->interface = index;
	return 0;
}

static int set_device(struct socket *socket, const void *value, socklen_t size)
{
	char name[INTERFACE_NAME_SIZE] = { 0 };
	const struct interfaces *interfaces = &socket->home->udp->ip->interfaces;

	if (size > 0)
		memcpy(name, value, size < sizeof name ? size : sizeof name - 1);
	for (size_t end = 1; end < sizeof name; end++)
		name[end] = name[end - 1] ? name[end] : '\0';
	if (!name[0])
		return bind_to_device(socket, 0);
	for (uint32_t place = 0; place < interfaces->count; place++) {
		if (memcmp(interfaces->at[place]->name, name, sizeof name) == 0)
			return bind_to_device(socket, interfaces->at[place]->index);
	}
	return -ENODEV;
}

static int get_device_index(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->kind->holder(socket)->interface);
}

static int set_device_index(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	return bind_to_device(socket, int_of(value));
}

/* clang-format off */
#define BOTH(name) get_##name, set_##name
static const struct option options[] = {
	{ SOL_SOCKET,  SO_REUSEADDR,  0, BOTH(reuse_address) },
	{ SOL_SOCKET,  SO_REUSEPORT,  0, BOTH(reuse_port) },
	{ SOL_SOCKET,  SO_RCVTIMEO,   sizeof(struct timeval), BOTH(receive_timeout) },
	{ SOL_SOCKET,  SO_SNDTIMEO,   sizeof(struct timeval), BOTH(send_timeout) },
	{ SOL_SOCKET,  SO_ERROR,      0, get_error, NULL },
	{ SOL_SOCKET,  SO_TYPE,       0, get_type, NULL },
	{ SOL_SOCKET,  SO_DOMAIN,     0, get_domain, NULL },
	{ SOL_SOCKET,  SO_PROTOCOL,   0, get_protocol, NULL },
	{ SOL_SOCKET,  SO_ACCEPTCONN, 0, get_listening, NULL },
	{ SOL_SOCKET,  SO_BINDTODEVICE,    1, BOTH(device) },
	{ SOL_SOCKET,  SO_BINDTOIFINDEX_OPTION, 0, BOTH(device_index) },
	{ IPPROTO_IPV6, IPV6_V6ONLY,  0, BOTH(v6_only) },
};
/* clang-format on */

static const struct option *find_in(const struct option *table, size_t count, int level, int name)
{
	for (size_t index = 0; index < count; index++) {
		if (table[index].level == level && table[index].name == name)
			return &table[index];
	}
	return NULL;
}

/* What is IPv6's is no option of an IPv4 socket. */
static const struct option *find(const struct socket *socket, int level, int name)
{
	if (level == IPPROTO_IPV6 && socket->domain != AF_INET6)
		return NULL;
	const struct option *option =
		find_in(options, sizeof options / sizeof options[0], level, name);
	if (!option)
		option = find_in(socket->kind->options, *socket->kind->option_count, level, name);
	if (!option && level == IPPROTO_IPV6 && socket->kind->type != SOCK_STREAM)
		option = find_in(ipv6_options, ipv6_option_count, level, name);
	if (!option && socket->kind->more_options)
		option = find_in(socket->kind->more_options, *socket->kind->more_option_count,
				 level, name);
	return option;
}

/* Linux answers getsockopt of a level nobody has otherwise than setsockopt. */
static bool is_our_level(const struct socket *socket, int level)
{
	return socket->domain == AF_PACKET || level == SOL_SOCKET ||
	       level == socket->kind->protocol || level == IPPROTO_IP ||
	       (level == IPPROTO_IPV6 && socket->domain == AF_INET6);
}

/* Linux takes an option of IP's from a single byte as well, and shows it in one where there is no room for four. */
static bool is_a_byte(const struct option *option, socklen_t size)
{
	return option->level == IPPROTO_IP && option->size == 0 && size > 0 && size < sizeof(int);
}

/* What Linux asks before it looks whether it has the option at all. */
static bool is_too_short(const struct socket *socket, int level, socklen_t size)
{
	bool wants_int = level == SOL_SOCKET || level == socket->kind->protocol;
	return (int)size < 0 || (wants_int && size < sizeof(int));
}

static socklen_t size_of(const struct option *option)
{
	return option->size ? option->size & ~(socklen_t)OPTION_READS : (socklen_t)sizeof(int);
}

int berth_getsockopt(struct berth_host *host, int descriptor, int level, int name, void *value,
		     socklen_t *size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	uint8_t whole[VALUE_MOST];

	if (!socket)
		return -EBADF;
	const struct option *option = find(socket, level, name);
	if (is_our_level(socket, level) && (int)*size < 0)
		return -EINVAL;
	if (!option)
		return is_our_level(socket, level) ? -ENOPROTOOPT : -EOPNOTSUPP;

	if (option->size & OPTION_READS)
		return *size < size_of(option) ? -EINVAL : option->get(socket, value, size);

	/* Linux writes as much as there is room for, and says how much that was. */
	socklen_t full = option->size > 1 || option->size == 0 ? size_of(option) : VALUE_MOST;
	socklen_t room = *size < full ? *size : full;
	full = option->size == 1 ? room : full;
	int result = option->get(socket, whole, &full);
	if (result < 0)
		return result;
	if (room > full)
		room = full;
	if (is_a_byte(option, room))
		room = 1;
	memcpy(value, whole, room);
	*size = room;
	return 0;
}

int berth_setsockopt(struct berth_host *host, int descriptor, int level, int name,
		     const void *value, socklen_t size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	const struct option *option = find(socket, level, name);
	bool by_name = option && option->size == 1; /* a string, of any length */
	if (is_too_short(socket, by_name ? IPPROTO_IP : level, size))
		return -EINVAL;
	if (!option || !option->set)
		return -ENOPROTOOPT;
	if (is_a_byte(option, size)) {
		int widened = *(const uint8_t *)value;
		return option->set(socket, &widened, sizeof widened);
	}
	if (!by_name && size < size_of(option))
		return -EINVAL;
	return option->set(socket, value, size);
}
