/* connect: a command's or a supervisor's way to the daemon, up to the daemon's hello. */
#include "control/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	PATIENCE_SECONDS =
		10, /* a daemon answers a hello at once; one that hangs is told from one that works */
};

/* A socket file of our own in a directory of our own: the directory's mode keeps others out, this says so again. */
static int check_peer(int socket)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	return peer.uid == geteuid() ? 0 : -EPERM;
}

static int set_patience(int socket, time_t seconds)
{
	struct timeval patience = { .tv_sec = seconds };

	if (setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
		return -errno;
	return 0;
}

/* A daemon that ends while we knock shows as the end of the stream or a reset: as if none had been there. */
static int say_hello(int socket)
{
	struct control_header hello = { .kind = CONTROL_HELLO, .a = CONTROL_VERSION };
	struct control_message reply;
	int descriptor;

	int error = control_send(socket, &hello, NULL, -1);
	if (error)
		return error == -EPIPE ? -ECONNREFUSED : error;

	ptrdiff_t size = control_receive(socket, &reply, &descriptor);
	if (descriptor >= 0)
		close(descriptor);
	if (size == 0 || size == -ECONNRESET)
		return -ECONNREFUSED;
	if (size == -EAGAIN)
		return -ETIMEDOUT;
	if (size < 0)
		return (int)size;
	return reply.header.kind == CONTROL_HELLO ? reply.header.a : -EBADMSG;
}

static int introduce(int socket, const struct sockaddr_un *address)
{
	if (connect(socket, (const struct sockaddr *)address, sizeof *address) < 0)
		return -errno;
	int error = check_peer(socket);
	if (!error)
		error = set_patience(socket, PATIENCE_SECONDS);
	if (!error)
		error = say_hello(socket);
	return error ? error : set_patience(socket, 0);
}

int control_connect(const char *lan)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error = control_path(lan, address.sun_path, sizeof address.sun_path, 0);
	if (error)
		return error;

	int to_daemon = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (to_daemon < 0)
		return -errno;
	error = introduce(to_daemon, &address);
	if (!error)
		return to_daemon;
	close(to_daemon);
	return error;
}
