/* file: the content of a file that tells of the network (inquiry/path.h), for a guest that opens it: in memory, sealed, and
 * read-only as the kernel's own is. */
#include "daemon/calls.h"
#include "daemon/host.h"
#include "daemon/listener.h"
#include "daemon/netlink.h"
#include "daemon/resolver.h"
#include "inquiry/files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NAME_MOST = 64 };

static void write_name(const struct host *host, FILE *to)
{
	fprintf(to, "%s\n", host->name);
}

static void write_hosts(const struct host *asker, FILE *to)
{
	const struct host *host;
	char ip[INET6_ADDRSTRLEN];

	fputs("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n", to);
	TAILQ_FOREACH(host, &asker->daemon->hosts, link)
	if (host->name[0] != '\0') {
		fprintf(to, "%s\t%s\n", inet_ntop(AF_INET, &host->address, ip, sizeof ip),
			host->name);
		fprintf(to, "%s\t%s\n", inet_ntop(AF_INET6, &host->address6, ip, sizeof ip),
			host->name);
	}
}

static void write_resolver(const struct host *host, FILE *to)
{
	const struct in_addr address = resolver_address(host->daemon);
	char ip[INET_ADDRSTRLEN];

	fprintf(to, "nameserver %s\n", inet_ntop(AF_INET, &address, ip, sizeof ip));
}

static const struct {
	const char *name;
	void (*write)(const struct host *host, FILE *to);
} files[] = {
	{ "etc/hostname", write_name },
	{ "etc/hosts", write_hosts },
	{ "etc/resolv.conf", write_resolver },
	{ "kernel/hostname", write_name },
};

static int write_content(struct host *host, const char *name, FILE *to)
{
	const struct file_reader reader = { .host = host->stack,
					    .uid = getuid(),
					    .complete = host_complete_socket,
					    .context = host };
	char value[BERTH_SYSCTL_VALUE_SIZE];

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (strcmp(name, files[i].name) == 0) {
			files[i].write(host, to);
			return 0;
		}
	if (berth_sysctl_get(host->stack, name, value) == 0) {
		fprintf(to, "%s\n", value);
		return 0;
	}
	return file_write(&reader, name, to);
}

/* Another open file of the same content, at its beginning, that nobody can write by. */
static int seal(int memory)
{
	char path[32];

	if (fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) <
	    0)
		return -errno;
	snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	return file < 0 ? -errno : file;
}

/* The descriptor, or a negative errno. */
static int make_file(struct host *host, const char *name)
{
	int memory = memfd_create("berth-file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	FILE *to = memory < 0 ? NULL : fdopen(memory, "w");

	if (!to) {
		int error = -errno;
		if (memory >= 0)
			close(memory);
		return error;
	}
	int result = write_content(host, name, to);
	if (fflush(to) != 0 && result == 0)
		result = -ENOMEM;
	if (result == 0)
		result = seal(memory);
	fclose(to);
	return result;
}

int call_file(struct call *call)
{
	struct control_header reply = { .kind = CONTROL_FILE, .id = call->header->id };
	char name[NAME_MOST] = { 0 };

	if (call->header->size >= sizeof name)
		return -ENAMETOOLONG;
	memcpy(name, call->data, call->header->size);
	int file = make_file(call->session->host, name);
	if (file < 0)
		return file;
	int error = session_pass(call->session, &reply, NULL, file);
	close(file);
	return error ? -ENFILE : CALL_NO_REPLY;
}
