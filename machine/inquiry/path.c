#include "inquiry/path.h"

#include <berth/host.h>
#include <ctype.h>
#include <limits.h>
#include <string.h>

/* What Linux's modules put there and tells of addresses, connections or counters: some is answered (files.c), and of the rest
 * there is nothing to tell, so that it does not exist. What is not named here (protocols, unix, ptype ...) says nothing of
 * the network, or of AF_UNIX, which is the machine's. */
static const char *const names[] = {
	"net/anycast6",   "net/arp",          "net/dev",         "net/dev_mcast",
	"net/fib_trie",   "net/fib_triestat", "net/icmp",        "net/icmp6",
	"net/if_inet6",   "net/igmp",         "net/igmp6",       "net/ip6_flowlabel",
	"net/ipv6_route", "net/mcfilter",     "net/mcfilter6",   "net/netlink",
	"net/netstat",    "net/nf_conntrack", "net/packet",      "net/raw",
	"net/raw6",       "net/route",        "net/rt6_stats",   "net/rt_acct",
	"net/rt_cache",   "net/snmp",         "net/snmp6",       "net/sockstat",
	"net/sockstat6",  "net/tcp",          "net/tcp6",        "net/udp",
	"net/udp6",       "net/udplite",      "net/udplite6",    "net/wireless",
	"etc/hostname",   "etc/hosts",        "etc/resolv.conf", "kernel/hostname",
};

enum { NAMES = sizeof names / sizeof names[0] };

/* Is a sysctl's name this text, which has slashes for its dots? */
static bool is_sysctl(const char *name, const char *text)
{
	while (*name && *text == (*name == '.' ? '/' : *name)) {
		name++;
		text++;
	}
	return *name == '\0' && *text == '\0';
}

static const char *find_sysctl(const char *text)
{
	struct berth_sysctl_info info;

	for (int i = 0; berth_sysctl_info(i, &info) == 0; i++)
		if (is_sysctl(info.name, text))
			return info.name;
	return NULL;
}

static bool ends_a_sysctl(const char *last)
{
	struct berth_sysctl_info info;

	for (int i = 0; berth_sysctl_info(i, &info) == 0; i++)
		if (strcmp(last, strrchr(info.name, '.') + 1) == 0)
			return true;
	return false;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

bool path_may_tell(const char *path)
{
	const char *last = last_name(path);

	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(last, last_name(names[i])) == 0)
			return true;
	return ends_a_sysctl(last);
}

/* Without empty names, "." and "..". False: it is too long. */
static bool straighten(const char *path, char straight[PATH_MAX])
{
	size_t size = 0;

	while (*path) {
		path += strspn(path, "/");
		const size_t part = strcspn(path, "/");
		const bool up = part == 2 && memcmp(path, "..", 2) == 0;
		if (up)
			while (size > 0 && straight[--size] != '/')
				continue;
		if (part > 0 && !up && !(part == 1 && *path == '.')) {
			if (size + part + 2 > PATH_MAX)
				return false;
			straight[size++] = '/';
			memcpy(straight + size, path, part);
			size += part;
		}
		path += part;
	}
	straight[size] = '\0';
	return true;
}

/* Behind a prefix; NULL: it is not there. */
static const char *behind(const char *path, const char *prefix)
{
	const size_t size = strlen(prefix);
	return strncmp(path, prefix, size) == 0 ? path + size : NULL;
}

static const char *behind_number(const char *path)
{
	const char *rest = path;

	while (isdigit((unsigned char)*rest))
		rest++;
	return rest > path && *rest == '/' ? rest + 1 : NULL;
}

/* "net/...", of /proc/net, a link to self/net, of any process and of its threads. */
static const char *behind_process(const char *path)
{
	const char *rest = behind(path, "self/");

	if (!rest)
		rest = behind_number(path);
	if (rest && behind(rest, "task/"))
		rest = behind_number(behind(rest, "task/"));
	if (!rest)
		rest = behind(path, "thread-self/");
	return rest ? rest : path;
}

static const char *find(const char *name)
{
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(name, names[i]) == 0)
			return names[i];
	return NULL;
}

const char *path_tells(const char *path)
{
	char straight[PATH_MAX];

	if (!straighten(path, straight))
		return NULL;
	if (behind(straight, "/etc/"))
		return find(straight + 1);
	const char *system = behind(straight, "/proc/sys/");
	const char *process = behind(straight, "/proc/");
	if (system)
		return behind(system, "kernel/") ? find(system) : find_sysctl(system);
	process = process ? behind_process(process) : NULL;
	return process && behind(process, "net/") ? find(process) : NULL;
}
