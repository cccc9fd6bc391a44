#include "daemon/door.h"

#include "daemon/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_NS (UINT64_C(100) * 1000000)

int door_lock(const char *lan, bool wait)
{
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
	int error = control_path(lan, path, sizeof path, 1);
	if (error)
		return error;

	memcpy(path + strlen(path) - strlen("sock"), "lock", strlen("lock"));
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return -errno;
	int failed;
	do {
		failed = flock(lock, LOCK_EX | (wait ? 0 : LOCK_NB));
	} while (failed < 0 && errno == EINTR);
	if (failed == 0)
		return lock;
	error = -errno;
	close(lock);
	return error;
}

/* The directory keeps others out; the kernel's word for who knocks keeps them out again. */
static bool is_ours(int socket)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       peer.uid == geteuid();
}

static int let_in(struct daemon *daemon)
{
	int knocked = accept4(daemon->door.socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (knocked < 0)
		return -errno;
	if (is_ours(knocked))
		session_begin(daemon, knocked);
	else
		close(knocked);
	return 0;
}

/* Out of descriptors: whoever knocks waits until TIMER_RETRY asks again, instead of waking us all the time. */
static void door_ready(struct source *source, uint32_t events)
{
	struct door *door = (struct door *)source;
	struct daemon *daemon = INDEX_OWNER(door, struct daemon, door);
	int error = 0;
	(void)events;

	while (error == 0)
		error = let_in(daemon);
	if (error != -EAGAIN && error != -ECONNABORTED && error != -EINTR)
		daemon_timer_by(daemon, TIMER_RETRY, daemon->now + RETRY_NS);
}

static int listen_at(struct door *door, const struct sockaddr_un *address)
{
	door->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (door->socket < 0)
		return -errno;
	if (unlink(address->sun_path) < 0 && errno != ENOENT)
		return -errno;
	if (bind(door->socket, (const struct sockaddr *)address, sizeof *address) < 0 ||
	    listen(door->socket, SOMAXCONN) < 0)
		return -errno;
	return 0;
}

static int open_under_lock(struct daemon *daemon)
{
	struct door *door = &daemon->door;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	int running = control_connect(daemon->name);
	if (running >= 0) {
		close(running);
		return -EADDRINUSE;
	}
	memcpy(address.sun_path, door->path, sizeof door->path);
	int error = listen_at(door, &address);
	if (!error)
		error = loop_add(&daemon->loop, door->socket, &door->source, EPOLLIN | EPOLLET);
	if (error && door->socket >= 0) {
		close(door->socket);
		door->socket = -1;
	}
	return error;
}

int door_open(struct daemon *daemon, bool locked)
{
	struct door *door = &daemon->door;
	int error = control_path(daemon->name, door->path, sizeof door->path, 1);
	if (error)
		return error;

	door->source.ready = door_ready;
	int lock = locked ? -1 : door_lock(daemon->name, true);
	if (!locked && lock < 0)
		return lock;
	error = open_under_lock(daemon);
	if (lock >= 0)
		close(lock);
	return error;
}

static void remove_socket(struct door *door)
{
	unlink(door->path);
	close(door->socket);
	door->socket = -1;
}

bool door_shut(struct daemon *daemon)
{
	int lock = door_lock(daemon->name, false);
	if (lock == -EWOULDBLOCK)
		return false; /* somebody starts a session just now */

	bool empty = let_in(daemon) == -EAGAIN;
	if (empty)
		remove_socket(&daemon->door);
	if (lock >= 0)
		close(lock);
	return empty;
}

void door_slam(struct daemon *daemon)
{
	if (daemon->door.socket >= 0)
		remove_socket(&daemon->door);
}
