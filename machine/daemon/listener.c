#include "daemon/listener.h"

#include "daemon/host.h"
#include "daemon/pump.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define RETRY_NS (UINT64_C(10) * 1000000)

enum { BACKLOG_MOST = 4096 }; /* net.core.somaxconn since Linux 5.4 */

struct listener {
	struct sockaddr_un name; /* of the guest's listening carrier */
	socklen_t name_size;
	int backlog;    /* the guest's */
	int stack_room; /* what is left of it for the stack */
	int pending;
	int offered; /* a descriptor of the stack's that the guest's queue had no room for; -1 */
	int offered_end; /* and the end that waits to connect */
	uint64_t offered_number;
};

/* Linux compares as unsigned: a negative backlog is a large one. */
static int clamp(int backlog)
{
	return backlog < 0 || backlog > BACKLOG_MOST ? BACKLOG_MOST : backlog;
}

static int listen_on(struct listener *listener, int duplicate)
{
	struct sockaddr *name = (struct sockaddr *)&listener->name;

	listener->name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	listener->name_size = sizeof listener->name;
	if (bind(duplicate, name, sizeof listener->name.sun_family) < 0 ||
	    listen(duplicate, BACKLOG_MOST) < 0 ||
	    getsockname(duplicate, name, &listener->name_size) < 0)
		return -errno;
	return 0;
}

static int make_listener(struct carrier *carrier, int duplicate)
{
	struct listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return -ENOBUFS;

	listener->offered = -1;
	listener->offered_end = -1;
	if (listen_on(listener, duplicate) < 0) {
		free(listener);
		return -ENOBUFS;
	}
	carrier->listener = listener;
	return 0;
}

int listener_begin(struct carrier *carrier, int backlog, int duplicate)
{
	int error = berth_listen(carrier->host->stack, carrier->descriptor, clamp(backlog));
	if (error)
		return error;
	if (!carrier->listener)
		error = make_listener(carrier, duplicate);
	if (error)
		return error;

	carrier->state = CARRIER_LISTENING;
	carrier->listener->backlog = clamp(backlog);
	carrier->listener->stack_room = clamp(backlog) + 1;
	listener_stir(carrier);
	return 0;
}

/* One that waits, and a socket to bring it over: -EAGAIN when none waits. The socket comes first, as a connection taken
 * from the stack must not be lost. */
static int take(struct carrier *carrier)
{
	struct berth_host *stack = carrier->host->stack;
	struct listener *listener = carrier->listener;

	int ready = berth_poll(stack, carrier->descriptor);
	if (ready < 0 || (ready & POLLIN) == 0)
		return -EAGAIN;
	int end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (end < 0)
		return -errno;

	struct carrier_name name = { .connection = ++carrier->host->daemon->next_connection };
	socklen_t size = sizeof name.peer;
	int accepted =
		berth_accept(stack, carrier->descriptor, (struct sockaddr *)&name.peer, &size);
	if (accepted < 0) {
		close(end);
		return accepted;
	}
	size = sizeof name.local;
	berth_getsockname(stack, accepted, (struct sockaddr *)&name.local, &size);

	struct sockaddr_storage address;
	size = carrier_name_write(&name, &address);
	bind(end, (struct sockaddr *)&address,
	     size); /* a failure shows as a stranger to accept() */
	listener->offered = accepted;
	listener->offered_end = end;
	listener->offered_number = name.connection;
	return 0;
}

/* Into the guest's queue: -EAGAIN when it is full. */
static int offer(struct carrier *carrier)
{
	struct daemon *daemon = carrier->host->daemon;
	struct listener *listener = carrier->listener;

	if (connect(listener->offered_end, (const struct sockaddr *)&listener->name,
		    listener->name_size) < 0)
		return -errno;
	listener->pending++;
	struct carrier *made = carrier_new(carrier->host, listener->offered);
	listener->offered = -1;
	if (!made)
		return -ENOMEM; /* the guest accepts a connection that is reset */

	index_insert(&daemon->connections, &made->by_connection, listener->offered_number);
	made->end = listener->offered_end;
	listener->offered_end = -1;
	pump_start(made);
	return 0;
}

static void drop_offered(struct carrier *carrier)
{
	struct listener *listener = carrier->listener;

	if (listener->offered >= 0) {
		carrier_reset_at_close(carrier->host, listener->offered);
		berth_close(carrier->host->stack, listener->offered);
	}
	if (listener->offered_end >= 0)
		close(listener->offered_end);
	listener->offered = -1;
	listener->offered_end = -1;
}

/* The next connection goes over; not 0 when that is all for now. */
static int hand_over(struct carrier *carrier)
{
	struct daemon *daemon = carrier->host->daemon;

	bool retry = false;
	int error = 0;

	if (carrier->listener->offered < 0) {
		error = take(carrier);
		retry = error && error != -EAGAIN; /* no descriptor, no memory */
	}
	if (!error) {
		error = offer(carrier);
		retry = error == -EAGAIN;
		if (error && !retry)
			drop_offered(
				carrier); /* the guest has closed: its watch is about to say so */
	}
	if (retry) {
		carrier_queue(carrier, &daemon->retry);
		daemon_timer_by(daemon, TIMER_RETRY, daemon->now + RETRY_NS);
	}
	return error;
}

/* Linux lets one more wait than the backlog says (sk_acceptq_is_full). */
void listener_stir(struct carrier *carrier)
{
	struct listener *listener = carrier->listener;
	int most = listener->backlog + 1;

	while (listener->pending < most && hand_over(carrier) == 0)
		continue;

	int room = most - listener->pending - (listener->offered >= 0 ? 1 : 0);
	if (room < 0)
		room = 0;
	if (room == listener->stack_room)
		return;
	listener->stack_room = room;
	berth_listen_room(carrier->host->stack, carrier->descriptor, room);
}

void listener_accepted(struct carrier *carrier)
{
	if (carrier->state != CARRIER_LISTENING)
		return;
	if (carrier->listener->pending > 0)
		carrier->listener->pending--;
	listener_stir(carrier);
}

void listener_queue(const struct carrier *carrier, uint32_t *waiting, uint32_t *backlog)
{
	const struct listener *listener = carrier->listener;

	if (!listener)
		return;
	*waiting += (uint32_t)listener->pending + (listener->offered >= 0 ? 1 : 0);
	*backlog = (uint32_t)listener->backlog;
}

void listener_end(struct carrier *carrier)
{
	if (!carrier->listener)
		return;
	drop_offered(carrier);
	free(carrier->listener);
	carrier->listener = NULL;
}
