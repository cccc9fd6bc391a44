/* Every option number there is: those that are listed work, as other tests show; all others are refused, whatever the kernel
 * socket underneath would say to them. Only on Berth. */
#include "guest.h"

enum { ROOM = 256 };

static const char *outcome(int result)
{
	return result < 0 ? strerrorname_np(errno) : "ok";
}

static bool is_refused(int result)
{
	return result < 0 && errno == ENOPROTOOPT;
}

static void ask(const char *level_name, int level, int most)
{
	char room[ROOM];
	int family = level == IPPROTO_IPV6 ? AF_INET6 : AF_INET;
	for (int name = 0; name <= most; name++) {
		int made = socket(family, SOCK_STREAM, 0), one = 1;
		socklen_t size = sizeof(room);
		MUST(made);
		int got = getsockopt(made, level, name, room, &size);
		bool get_refused = is_refused(got);
		const char *get = outcome(got);
		int put = setsockopt(made, level, name, &one, sizeof(one));
		if (!get_refused || !is_refused(put))
			printf("%s %d: get %s, set %s\n", level_name, name, get, outcome(put));
		close(made);
	}
}

/* The same with lengths of all kinds: nothing is written past what was said, and nothing ends. */
static void with_lengths(int level, int name)
{
	static const int sizes[] = { 0, 1, 2, 3, 4, 7, 8, 15, 16, ROOM, 1 << 16 };
	char room[ROOM + 1];
	int made = socket(AF_INET, SOCK_STREAM, 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		socklen_t size = (socklen_t)sizes[i], most = size < ROOM ? size : ROOM;
		memset(room, 0x5a, sizeof(room));
		if (getsockopt(made, level, name, room, &size) == 0 && size > most)
			printf("%d %d: size grew from %u to %u\n", level, name, most, size);
		if (room[most] != 0x5a)
			printf("%d %d: written past %u\n", level, name, most);
		memset(room, 0xff, sizeof(room));
		setsockopt(made, level, name, room, (socklen_t)sizes[i]);
	}
	close(made);
}

int main(void)
{
	static const struct {
		const char *name;
		int level, most;
	} levels[] = { { "SOL_SOCKET", SOL_SOCKET, 90 },
		       { "IPPROTO_TCP", IPPROTO_TCP, 60 },
		       { "IPPROTO_IP", IPPROTO_IP, 70 },
		       { "IPPROTO_IPV6", IPPROTO_IPV6, 90 } };
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		ask(levels[i].name, levels[i].level, levels[i].most);
		for (int name = 0; name <= levels[i].most; name++)
			with_lengths(levels[i].level, name);
	}
	int value = 1, made = guest_socket();
	socklen_t size = sizeof(value);
	SAY(setsockopt(made, 4711, 1, &value, sizeof(value)));
	SAY(getsockopt(made, 4711, 1, &value, &size));
	SAY(setsockopt(made, SOL_SOCKET, -1, &value, sizeof(value)));
	SAY(getsockopt(made, IPPROTO_TCP, 0x7fffffff, &value, &size));
	return 0;
}
