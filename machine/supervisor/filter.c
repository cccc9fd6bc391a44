#include "supervisor/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct rule {
	int call;
	uint32_t action;
	unsigned count;
	struct scmp_arg_cmp where;
};

#define IF(index, how, value)                                                                      \
	1,                                                                                         \
	{                                                                                          \
		.arg = (index), .op = (how), .datum_a = (value)                                    \
	}
#define IF_BITS(index, mask, bits)                                                                 \
	1,                                                                                         \
	{                                                                                          \
		.arg = (index), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (bits)     \
	}
#define IF_FLAG(index, flag)                                                                       \
	1,                                                                                         \
	{                                                                                          \
		.arg = (index), .op = SCMP_CMP_MASKED_EQ, .datum_a = (flag), .datum_b = (flag)     \
	}
#define ALWAYS                                                                                     \
	0,                                                                                         \
	{                                                                                          \
		0                                                                                  \
	}

/* What is not named here is native: read, write, poll, close, dup, fork ... are never trapped (a trapped close hangs
 * pipelines of dash, and any trapped call has a window for signals). Comparisons are of 64 bits, so that a domain with
 * rubbish above its 32 is refused, never passed. */
static const struct rule rules[] = {
	{ SCMP_SYS(socket), SCMP_ACT_NOTIFY, IF(0, SCMP_CMP_EQ, AF_INET) },
	{ SCMP_SYS(socket), SCMP_ACT_NOTIFY, IF(0, SCMP_CMP_EQ, AF_INET6) },
	{ SCMP_SYS(socket), SCMP_ACT_NOTIFY, IF(0, SCMP_CMP_EQ, AF_NETLINK) },
	{ SCMP_SYS(socket), SCMP_ACT_NOTIFY, IF(0, SCMP_CMP_EQ, AF_PACKET) },
	{ SCMP_SYS(socketpair), SCMP_ACT_ERRNO(EOPNOTSUPP), IF(0, SCMP_CMP_EQ, AF_PACKET) },
	{ SCMP_SYS(socketpair), SCMP_ACT_ERRNO(EOPNOTSUPP), IF(0, SCMP_CMP_EQ, AF_INET) },
	{ SCMP_SYS(socketpair), SCMP_ACT_ERRNO(EOPNOTSUPP), IF(0, SCMP_CMP_EQ, AF_INET6) },
	{ SCMP_SYS(socketpair), SCMP_ACT_ERRNO(EOPNOTSUPP), IF(0, SCMP_CMP_EQ, AF_NETLINK) },

	{ SCMP_SYS(bind), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(listen), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(connect), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(accept), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(accept4), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(getsockname), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(getpeername), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(getsockopt), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(setsockopt), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(shutdown), SCMP_ACT_NOTIFY, ALWAYS },

	/* send() and recv() are these two without an address: native, but for a size of send()'s (filter.h). */
	{ SCMP_SYS(sendto), SCMP_ACT_NOTIFY, IF(4, SCMP_CMP_NE, 0) },
	{ SCMP_SYS(sendto), SCMP_ACT_NOTIFY, IF_FLAG(3, MSG_FASTOPEN) },
	{ SCMP_SYS(sendto), SCMP_ACT_NOTIFY, IF_FLAG(3, MSG_MORE) },
	{ SCMP_SYS(sendto), SCMP_ACT_NOTIFY, IF(2, SCMP_CMP_EQ, FILTER_DUMP_REQUEST_SIZE) },
	{ SCMP_SYS(recvfrom), SCMP_ACT_NOTIFY, IF(4, SCMP_CMP_NE, 0) },
	{ SCMP_SYS(recvfrom), SCMP_ACT_NOTIFY, IF_FLAG(3, MSG_TRUNC) },
	{ SCMP_SYS(recvfrom), SCMP_ACT_NOTIFY, IF_FLAG(3, MSG_ERRQUEUE) },
	{ SCMP_SYS(sendmsg), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(recvmsg), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(sendmmsg), SCMP_ACT_NOTIFY, ALWAYS },
	{ SCMP_SYS(recvmmsg), SCMP_ACT_NOTIFY, ALWAYS },

	/* What ioctl asks of networks: 0x8900 to 0x89ff. The kernel looks at 32 bits, and so does the comparison. */
	{ SCMP_SYS(ioctl), SCMP_ACT_NOTIFY, IF_BITS(1, 0xffffff00, 0x8900) },
	{ SCMP_SYS(ioctl), SCMP_ACT_NOTIFY, IF_BITS(1, 0xffffffff, SIOCOUTQ) },

	/* Its node's name is the host's. */
	{ SCMP_SYS(uname), SCMP_ACT_NOTIFY, ALWAYS },

	/* A ring would open sockets past us; programs fall back on ENOSYS (do not kill: some always try). */
	{ SCMP_SYS(io_uring_setup), SCMP_ACT_ERRNO(ENOSYS), ALWAYS },
	{ SCMP_SYS(io_uring_enter), SCMP_ACT_ERRNO(ENOSYS), ALWAYS },
	{ SCMP_SYS(io_uring_register), SCMP_ACT_ERRNO(ENOSYS), ALWAYS },
};

/* What only reads a file, and no directory. Compilers say O_NOCTTY, which nobody says of files that tell of a network, and open
 * hundreds. openat2's flags are in memory. */
#define OPENS_OTHERWISE (O_ACCMODE | O_DIRECTORY | O_CREAT | O_PATH | O_NOCTTY)

static const struct rule file_rules[] = {
	{ SCMP_SYS(open), SCMP_ACT_NOTIFY, IF_BITS(1, OPENS_OTHERWISE, 0) },
	{ SCMP_SYS(openat), SCMP_ACT_NOTIFY, IF_BITS(2, OPENS_OTHERWISE, 0) },
	{ SCMP_SYS(openat2), SCMP_ACT_NOTIFY, ALWAYS },
};

/* Of architectures that this kernel runs beside its own. */
static const int foreign_calls[] = {
	SCMP_SYS(socketcall),
	SCMP_SYS(socket),
	SCMP_SYS(socketpair),
	SCMP_SYS(bind),
	SCMP_SYS(listen),
	SCMP_SYS(connect),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(sendto),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
};

static const uint32_t foreign_architectures[] = {
#if defined(__x86_64__)
	SCMP_ARCH_X86,
	SCMP_ARCH_X32,
#elif defined(__aarch64__)
	SCMP_ARCH_ARM,
#endif
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A non-dumpable process could not be read by its supervisor: prctl(PR_SET_DUMPABLE, 0) succeeds and does nothing. */
static int add_dumpable(scmp_filter_ctx context)
{
	const struct scmp_arg_cmp where[] = {
		{ .arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_DUMPABLE },
		{ .arg = 1, .op = SCMP_CMP_EQ, .datum_a = 0 },
	};
	return seccomp_rule_add_array(context, SCMP_ACT_ERRNO(0), SCMP_SYS(prctl), 2, where);
}

/* Of mappings only those that are shared and of a file: there may be a ring behind it. */
static int add_mappings(scmp_filter_ctx context)
{
	const struct scmp_arg_cmp where[] = {
		{ .arg = 3,
		  .op = SCMP_CMP_MASKED_EQ,
		  .datum_a = MAP_SHARED,
		  .datum_b = MAP_SHARED },
		{ .arg = 4, .op = SCMP_CMP_LT, .datum_a = INT32_MAX },
	};
	return seccomp_rule_add_array(context, SCMP_ACT_NOTIFY, SCMP_SYS(mmap), 2, where);
}

static bool is_had(unsigned domain)
{
	return domain == AF_UNIX || domain == AF_INET || domain == AF_INET6 ||
	       domain == AF_NETLINK || domain == AF_PACKET;
}

/* Every domain but AF_UNIX, which is the machine's own, and those that we have. */
static int refuse_domains(scmp_filter_ctx context, int call)
{
	const uint32_t refusal = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	int result =
		seccomp_rule_add(context, refusal, call, 1, SCMP_A0(SCMP_CMP_GT, AF_PACKET, 0));

	for (unsigned domain = AF_UNSPEC; domain < AF_PACKET && result == 0; domain++) {
		if (!is_had(domain))
			result = seccomp_rule_add(context, refusal, call, 1,
						  SCMP_A0(SCMP_CMP_EQ, domain, 0));
	}
	return result;
}

static int add_table(scmp_filter_ctx context, const struct rule *table, size_t count)
{
	int result = 0;
	for (size_t i = 0; i < count && result == 0; i++)
		result = seccomp_rule_add_array(context, table[i].action, table[i].call,
						table[i].count, &table[i].where);
	return result;
}

static int add_rules(scmp_filter_ctx context, bool files)
{
	int result = add_table(context, rules, COUNT(rules));
	if (result == 0 && files)
		result = add_table(context, file_rules, COUNT(file_rules));
	if (result == 0)
		result = refuse_domains(context, SCMP_SYS(socket));
	if (result == 0)
		result = refuse_domains(context, SCMP_SYS(socketpair));
	if (result == 0)
		result = add_mappings(context);
	return result < 0 ? result : add_dumpable(context);
}

/* Calls of an architecture that none of us names (no such kernel is known) fail too. */
static int set_attributes(scmp_filter_ctx context)
{
	return seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
}

/* Adds the refusals for the foreign architectures to the context, by way of one of their own. */
static int add_foreign(scmp_filter_ctx context)
{
	if (COUNT(foreign_architectures) == 0)
		return 0;

	scmp_filter_ctx foreign = seccomp_init(SCMP_ACT_ALLOW);
	if (!foreign)
		return -ENOMEM;
	int result = set_attributes(foreign);
	for (size_t i = 0; i < COUNT(foreign_architectures) && result == 0; i++)
		result = seccomp_arch_add(foreign, foreign_architectures[i]);
	if (result == 0)
		result = seccomp_arch_remove(foreign, SCMP_ARCH_NATIVE);
	for (size_t i = 0; i < COUNT(foreign_calls) && result == 0; i++)
		result = seccomp_rule_add_array(foreign, SCMP_ACT_ERRNO(ENOSYS), foreign_calls[i],
						0, NULL);
	if (result == 0)
		result = seccomp_merge(context, foreign); /* which takes it */
	if (result < 0)
		seccomp_release(foreign);
	return result;
}

/* libseccomp 2.5 can load a filter, but not with the flag that we need: it writes the program, we load it. */
static int export(scmp_filter_ctx context, struct sock_fprog *program)
{
	int file = memfd_create("berth-filter", MFD_CLOEXEC);
	if (file < 0)
		return -errno;

	struct stat status = { 0 };
	int result = seccomp_export_bpf(context, file);
	if (result == 0 && fstat(file, &status) < 0)
		result = -errno;
	size_t size = (size_t)status.st_size;
	program->filter = result == 0 ? malloc(size) : NULL;
	if (result == 0 && !program->filter)
		result = -ENOMEM;
	if (result == 0 && pread(file, program->filter, size, 0) != (ssize_t)size)
		result = -EIO;
	program->len = (unsigned short)(size / sizeof(struct sock_filter));
	close(file);
	return result;
}

int filter_make(struct filter *filter, bool files)
{
	*filter = (struct filter){ 0 };
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
	if (!context)
		return -ENOMEM;

	int result = set_attributes(context);
	if (result == 0)
		result = add_rules(context, files);
	if (result == 0)
		result = add_foreign(context);
	if (result == 0)
		result = export(context, &filter->program);
	seccomp_release(context);
	if (result < 0)
		filter_free(filter);
	return result;
}

void filter_free(struct filter *filter)
{
	free(filter->program.filter);
	filter->program.filter = NULL;
}

static int load(const struct filter *filter, unsigned long flags)
{
	long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter->program);
	return result < 0 ? -errno : (int)result;
}

int filter_install(const struct filter *filter)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;

	/* Before Linux 5.19 a signal cancels a call that waits, even where it never returned EINTR: no cure there. */
	int notify = load(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER |
					  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	return notify == -EINVAL ? load(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER) : notify;
}

int filter_is_above(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	if (!status)
		return 0;

	char line[256];
	int mode = 0;
	while (fgets(line, sizeof(line), status) && sscanf(line, "Seccomp: %d", &mode) != 1)
		continue;
	fclose(status);
	return mode == SECCOMP_MODE_FILTER;
}
