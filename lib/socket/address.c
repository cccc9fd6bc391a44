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

/* The scope of any but a link-local address says nothing (RFC 3493, 3.3). */
static int read_v6(const struct sockaddr *address, socklen_t size, struct endpoint *endpoint)
{
	struct sockaddr_in6 v6 = { 0 };

	if (size < SOCKADDR_IN6_LEAST)
		return -EINVAL;
	memcpy(&v6, address, size < sizeof v6 ? SOCKADDR_IN6_LEAST : sizeof v6);
	if (v6.sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	struct address plain = address_v6((const uint8_t *)&v6.sin6_addr);
	bool has_zone = v6.sin6_scope_id > 0 && v6.sin6_scope_id <= UINT16_MAX;
	endpoint->address = address_in_zone(plain, has_zone ? (int)v6.sin6_scope_id : 0);
	endpoint->port = get16((const uint8_t *)&v6.sin6_port);
	return 0;
}

int address_read(const struct socket *socket, const struct sockaddr *address, socklen_t size,
		 struct endpoint *endpoint)
{
	return socket->domain == AF_INET ? address_read_v4(address, size, endpoint)
					 : read_v6(address, size, endpoint);
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
	address_write_v6((uint8_t *)&v6->sin6_addr, &endpoint->address);
	v6->sin6_scope_id = (uint32_t)address_zone(&endpoint->address);
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
