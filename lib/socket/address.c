#include "socket/socket.h"

#include <errno.h>

int address_read(const struct sockaddr *address, socklen_t size, struct endpoint *endpoint)
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

void address_write(const struct endpoint *endpoint, struct sockaddr *address, socklen_t *size)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	put32((uint8_t *)&v4.sin_addr, address_to_v4(&endpoint->address));
	put16((uint8_t *)&v4.sin_port, endpoint->port);
	if (address)
		memcpy(address, &v4, *size < sizeof v4 ? *size : sizeof v4);
	*size = sizeof v4;
}
