#include "socket/socket.h"

#include <errno.h>

enum { SOCKADDR_IN6_LEAST = 24 }; /* without the scope (RFC 2133); Linux takes it too */

int address_read_v4(const struct sockaddr *address, socklen_t size, struct endpoint *endpoint)
{
	struct sockaddr_in v4;

	if (size < sizeof v4)
		return -EINVAL;
	memcpy(&v4, address, sizeof v4);
	if (v4.sin_family != AF_INET)
		return -EAFNOSUPPORT;
	endpoint->address = address_v4(get32((const uint8_t *)&v4.sin_addr));
	endpoint->port = get16((const uint8_t *)&v4.sin_port);
	return 0;
}

/* :: is every address the host has: of both families, unless the socket is for IPv6 alone (RFC 3493, 5.3). */
static int read_v6(const struct socket *socket, const struct sockaddr *address, socklen_t size,
		   struct endpoint *endpoint)
{
	struct sockaddr_in6 v6;

	if (size < SOCKADDR_IN6_LEAST)
		return -EINVAL;
	memcpy(&v6, address, SOCKADDR_IN6_LEAST);
	if (v6.sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	memcpy(endpoint->address.bytes, &v6.sin6_addr, sizeof endpoint->address.bytes);
	endpoint->port = get16((const uint8_t *)&v6.sin6_port);
	if (!socket->v6_only && address_is_any(&endpoint->address))
		endpoint->address = address_v4(0);
	return 0;
}

int address_read(const struct socket *socket, const struct sockaddr *address, socklen_t size,
		 struct endpoint *endpoint)
{
	return socket->domain == AF_INET ? address_read_v4(address, size, endpoint)
					 : read_v6(socket, address, size, endpoint);
}

static socklen_t write_v4(const struct endpoint *endpoint, struct sockaddr_storage *whole)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)whole;

	v4->sin_family = AF_INET;
	put32((uint8_t *)&v4->sin_addr, address_to_v4(&endpoint->address));
	put16((uint8_t *)&v4->sin_port, endpoint->port);
	return sizeof *v4;
}

static socklen_t write_v6(const struct endpoint *endpoint, struct sockaddr_storage *whole)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)whole;

	v6->sin6_family = AF_INET6;
	if (!address_is_any(&endpoint->address))
		memcpy(&v6->sin6_addr, endpoint->address.bytes, sizeof v6->sin6_addr);
	put16((uint8_t *)&v6->sin6_port, endpoint->port);
	return sizeof *v6;
}

void address_write(int domain, const struct endpoint *endpoint, struct sockaddr *address,
		   socklen_t *size)
{
	struct sockaddr_storage whole = { 0 };
	socklen_t full =
		domain == AF_INET ? write_v4(endpoint, &whole) : write_v6(endpoint, &whole);

	if (address)
		memcpy(address, &whole, *size < full ? *size : full);
	*size = full;
}
