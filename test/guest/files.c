/* Files that tell of the network, by each of their names and ways to be opened. Only on Berth. */
#include "guest.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

static char text[1 << 16];

/* The first line, which no file of the machine's begins with, or how it failed. */
static void say(const char *how, int file)
{
	ssize_t size = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
	text[size > 0 ? size : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	printf("%s: %s\n", how, file < 0 ? strerrorname_np(errno) : text);
	if (file >= 0)
		close(file);
}

static int open_by(const char *directory, const char *path)
{
	int at = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(at);
	int file = openat(at, path, O_RDONLY);
	close(at);
	return file;
}

static long open_how(const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags };
	return syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static void by_many_names(void)
{
	say("hosts", open("/etc/hosts", O_RDONLY));
	say("hosts, the old way", (int)syscall(SYS_open, "/etc/hosts", O_RDONLY));
	say("hosts, the new way", (int)open_how("/etc/hosts", O_RDONLY));
	say("hosts, from /etc", open_by("/etc", "hosts"));
	say("hosts, from elsewhere", open_by("/proc/self", "../../etc/hosts"));
	say("dev", open("/proc/net/dev", O_RDONLY | O_CLOEXEC));
	say("dev of ourselves", open("/proc/self/net/dev", O_RDONLY));
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/net/route", getpid());
	say("route by number", open(path, O_RDONLY));
	say("from /proc/net", open_by("/proc/net", "route"));
	MUST(chdir("/proc/net"));
	say("from here", open("arp", O_RDONLY));
	MUST(chdir("/"));
}

static void what_kind_of_file(void)
{
	int file = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
	SAY(write(file, "x", 1));
	printf("cloexec %d\n", fcntl(file, F_GETFD) == FD_CLOEXEC);
	SAY(lseek(file, 0, SEEK_END) > 0 ? 0 : -1);
	close(file);
	int lowest = dup(0);
	close(lowest);
	file = open("/proc/net/tcp", O_RDONLY);
	printf("lowest number %d\n", file == lowest);
	close(file);
	say("there is no such file here", open("/proc/net/fib_trie", O_RDONLY));
	SAY(open("/proc/net/tcp", O_RDWR));
	SAY(open("/etc/hosts/", O_RDONLY | O_DIRECTORY));
	SAY(open((const char *)8, O_RDONLY));
	say("the kernel's own", open("/proc/sys/kernel/ostype", O_RDONLY));
}

int main(void)
{
	struct utsname names;
	char name[65];
	MUST(uname(&names));
	MUST(gethostname(name, sizeof(name)));
	MUST(read(open("/proc/sys/kernel/hostname", O_RDONLY), text, sizeof(text)));
	text[strcspn(text, "\n")] = '\0';
	printf("ours %d\n", strcmp(text, getenv("BERTH_HOST")) == 0);
	printf("the same %d %d\n", strcmp(names.nodename, text) == 0, strcmp(name, text) == 0);
	printf("%s\n", names.sysname);
	SAY(syscall(SYS_uname, NULL));
	by_many_names();
	what_kind_of_file();
	return 0;
}
