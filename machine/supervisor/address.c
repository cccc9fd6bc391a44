#include "supervisor/address.h"

#include "supervisor/memory.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int address_read(const struct call *call, uint64_t from, int size, struct sockaddr_storage *address)
{
	if (size < 0 || size > (int)sizeof(*address))
		return -EINVAL;
	if (memory_read(call_thread(call), from, address, (size_t)size) < 0)
		return -EFAULT;
	return size;
}

static const char *const name_services[] = {
	"/var/run/nscd/socket",
	"/run/nscd/socket",
	"/run/systemd/resolve/io.systemd.Resolve",
	"/var/run/avahi-daemon/socket",
	"/run/avahi-daemon/socket",
};

bool address_is_name_service(const struct sockaddr_storage *address, int size)
{
	struct sockaddr_un name = { 0 };
	const int before = (int)offsetof(struct sockaddr_un, sun_path);
	if (size <= before || size > (int)sizeof(name) || address->ss_family != AF_UNIX)
		return false;

	memcpy(&name, address, (size_t)size);
	size_t most = sizeof(name.sun_path);
	for (size_t i = 0; i < sizeof(name_services) / sizeof(name_services[0]); i++)
		if (strnlen(name.sun_path, most) == strlen(name_services[i]) &&
		    memcmp(name.sun_path, name_services[i], strlen(name_services[i])) == 0)
			return true;
	return false;
}
