/* carrier: how the kernel socket in a guest's hands is known, and the name that tells whose connection it brings. */
#include "control/control.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* One end of the connection, IPv4 in the first four bytes of the address. */
struct packed_address {
	uint16_t family;
	uint16_t port; /* network order */
	uint8_t address[16];
	uint32_t scope;
};

/* What stands behind sun_path's leading zero byte. */
struct packed_name {
	char magic[8];
	uint64_t connection;
	uint64_t chance; /* so that nobody can sit on the name before us */
	int32_t pid;
	uint32_t zero;
	struct packed_address peer, local;
};

static const char magic[8] = "BERTH-1";

enum { NAME_SIZE = offsetof(struct sockaddr_un, sun_path) + 1 + sizeof(struct packed_name) };

static struct packed_address pack(const struct sockaddr_storage *from)
{
	struct packed_address packed = { .family = from->ss_family };
	const struct sockaddr_in *in = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

	if (from->ss_family == AF_INET) {
		packed.port = in->sin_port;
		memcpy(packed.address, &in->sin_addr, sizeof in->sin_addr);
	}
	if (from->ss_family == AF_INET6) {
		packed.port = in6->sin6_port;
		packed.scope = in6->sin6_scope_id;
		memcpy(packed.address, &in6->sin6_addr, sizeof in6->sin6_addr);
	}
	return packed;
}

static struct sockaddr_storage unpack(const struct packed_address *packed)
{
	struct sockaddr_storage to = { .ss_family = packed->family };
	struct sockaddr_in *in = (struct sockaddr_in *)&to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&to;

	if (packed->family == AF_INET) {
		in->sin_port = packed->port;
		memcpy(&in->sin_addr, packed->address, sizeof in->sin_addr);
	}
	if (packed->family == AF_INET6) {
		in6->sin6_port = packed->port;
		in6->sin6_scope_id = packed->scope;
		memcpy(&in6->sin6_addr, packed->address, sizeof in6->sin6_addr);
	}
	return to;
}

socklen_t carrier_name_write(const struct carrier_name *name, struct sockaddr_storage *address)
{
	struct packed_name packed = {
		.connection = name->connection,
		.pid = getpid(),
		.peer = pack(&name->peer),
		.local = pack(&name->local),
	};
	memcpy(packed.magic, magic, sizeof magic);
	if (getrandom(&packed.chance, sizeof packed.chance, 0) != (ssize_t)sizeof packed.chance)
		return 0;

	struct sockaddr_un *unix_address = (struct sockaddr_un *)address;
	unix_address->sun_family = AF_UNIX;
	unix_address->sun_path[0] = '\0';
	memcpy(unix_address->sun_path + 1, &packed, sizeof packed);
	return NAME_SIZE;
}

int carrier_name_read(const struct sockaddr_storage *address, socklen_t size,
		      struct carrier_name *name)
{
	const struct sockaddr_un *unix_address = (const struct sockaddr_un *)address;
	struct packed_name packed;

	if (size != NAME_SIZE || unix_address->sun_family != AF_UNIX)
		return 0;
	memcpy(&packed, unix_address->sun_path + 1, sizeof packed);
	if (unix_address->sun_path[0] != '\0' || memcmp(packed.magic, magic, sizeof magic) != 0)
		return 0;

	*name = (struct carrier_name){
		.connection = packed.connection,
		.peer = unpack(&packed.peer),
		.local = unpack(&packed.local),
	};
	return 1;
}

int carrier_mark(int descriptor)
{
	int type = 0;
	socklen_t size = sizeof type;

	if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		return -errno;
	return fchmod(descriptor, (mode_t)(S_ISVTX | S_IRWXU | (type & S_IRWXO))) < 0 ? -errno : 0;
}

int carrier_is(int descriptor, uint64_t *inode)
{
	struct stat found;

	if (fstat(descriptor, &found) < 0)
		return 0;
	if (!S_ISSOCK(found.st_mode) || (found.st_mode & S_ISVTX) == 0)
		return 0;
	*inode = found.st_ino;
	return (int)(found.st_mode & S_IRWXO);
}
