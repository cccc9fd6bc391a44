#include "daemon/connect.h"

#include "daemon/guest_read.h"
#include "daemon/host.h"
#include "daemon/link.h"
#include "daemon/pump.h"
#include "daemon/resolver.h"
#include "daemon/resolver_stream.h"
#include "daemon/session.h"
#include "daemon/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	STUFFING_STEP = 54 * 1024, /* more than a quarter of net.core.wmem_default, 208 KiB */
	STUFFING_MOST = SCRATCH_SIZE,
	KEPT_AT_FIRST = 1, /* pump.h */
};

enum outcome { PENDING, ESTABLISHED, FAILED };

static enum outcome outcome_of(const struct carrier *carrier)
{
	int ready = berth_poll(carrier->host->stack, carrier->descriptor);
	if (ready < 0 || (ready & (POLLERR | POLLHUP)) != 0)
		return FAILED;
	return (ready & (POLLOUT | POLLIN)) != 0 ? ESTABLISHED : PENDING;
}

/* connect() asked again tells how it ended: 0 or the error, once; -EALREADY while it has not. */
static int ask_again(struct carrier *carrier)
{
	return berth_connect(carrier->host->stack, carrier->descriptor,
			     (const struct sockaddr *)&carrier->goal, sizeof carrier->goal);
}

static void free_wait(struct wait *wait)
{
	TAILQ_REMOVE(&wait->carrier->waits, wait, carrier_link);
	TAILQ_REMOVE(&wait->session->waits, wait, session_link);
	free(wait);
}

void connect_end_waits(struct carrier *carrier, int result)
{
	while (!TAILQ_EMPTY(&carrier->waits)) {
		struct wait *wait = TAILQ_FIRST(&carrier->waits);
		session_reply(wait->session, CONTROL_CONNECT, wait->id, result, NULL, 0);
		free_wait(wait);
	}
}

static int add_wait(struct carrier *carrier, struct session *session, uint32_t id)
{
	struct wait *wait = malloc(sizeof *wait);
	if (!wait)
		return -ENOBUFS;
	*wait = (struct wait){ .carrier = carrier, .session = session, .id = id };
	TAILQ_INSERT_TAIL(&carrier->waits, wait, carrier_link);
	TAILQ_INSERT_TAIL(&session->waits, wait, session_link);
	return CONNECT_WAITS;
}

/* What the guest cannot have written. */
static bool stuff(struct carrier *carrier, int duplicate, uint32_t size)
{
	const uint8_t *scratch = carrier->host->daemon->scratch;
	ssize_t sent = send(duplicate, scratch, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent > 0)
		carrier->stuffing += (uint32_t)sent;
	return sent > 0;
}

static bool is_writable(int duplicate)
{
	struct pollfd state = { .fd = duplicate, .events = POLLOUT };
	return poll(&state, 1, 0) == 1 && (state.revents & POLLOUT) != 0;
}

/* Not writable any more: however large its buffer. */
static void stuff_until_full(struct carrier *carrier, int duplicate)
{
	do {
		if (!stuff(carrier, duplicate, STUFFING_STEP))
			return;
	} while (carrier->stuffing < STUFFING_MOST && is_writable(duplicate));
}

/* Reads the stuffing and nothing more. That frees room in the guest's buffer: it sees an edge to writable. */
static void read_stuffing(struct carrier *carrier)
{
	uint8_t *scratch = carrier->host->daemon->scratch;

	while (carrier->stuffing > 0) {
		size_t most = carrier->stuffing < SCRATCH_SIZE ? carrier->stuffing : SCRATCH_SIZE;
		ssize_t size = read(carrier->end, scratch, most);
		if (size <= 0)
			return;
		carrier->stuffing -= (uint32_t)size;
	}
}

/* From here on the guest's hang-up is the last close. */
static void go_connected(struct carrier *carrier)
{
	watch_remove(carrier);
	read_stuffing(carrier);
	guest_keep(carrier, KEPT_AT_FIRST);
	pump_start(carrier);
}

static void go_failed(struct carrier *carrier)
{
	close(carrier->end);
	carrier->end = -1;
	carrier->stuffing = 0;
	carrier->failure_told = false;
	carrier->state = CARRIER_FAILED;
}

/* The byte behind the stuffing stays unread: pump.h says why. */
static int link_stuffed(struct carrier *carrier, int duplicate, enum outcome outcome)
{
	int end = link_carrier(carrier->host->daemon, duplicate);
	if (end < 0)
		return end;

	carrier->end = end;
	carrier->state = CARRIER_STUFFED;
	if (outcome == PENDING)
		stuff_until_full(carrier, duplicate);
	else
		stuff(carrier, duplicate, 1);
	uint32_t stuffing = carrier->stuffing;
	stuff(carrier, duplicate, KEPT_AT_FIRST);
	carrier->stuffing = stuffing;
	return 0;
}

static void settle_stuffed(struct carrier *carrier, enum outcome outcome)
{
	if (outcome == ESTABLISHED)
		go_connected(carrier);
	if (outcome == FAILED)
		go_failed(carrier);
}

static void settle_held(struct carrier *carrier, enum outcome outcome)
{
	int result = ask_again(carrier);

	carrier->state = CARRIER_FRESH;
	if (outcome == ESTABLISHED) {
		result = link_stuffed(carrier, carrier->held, outcome);
		if (result == 0)
			go_connected(carrier);
		else
			result = -ENOBUFS;
	}
	close(carrier->held);
	carrier->held = -1;
	connect_end_waits(carrier, result);
}

void connect_stir(struct carrier *carrier)
{
	enum outcome outcome = outcome_of(carrier);

	if (outcome == PENDING)
		return;
	if (carrier->state == CARRIER_HELD) {
		settle_held(carrier, outcome);
		return;
	}
	settle_stuffed(carrier, outcome);
	if (!TAILQ_EMPTY(&carrier->waits)) {
		carrier->failure_told = true;
		connect_end_waits(carrier, ask_again(carrier));
	}
}

static int begin_waiting(struct carrier *carrier, struct session *waiter, uint32_t id,
			 int *duplicate)
{
	int result = add_wait(carrier, waiter, id);
	if (result < 0)
		return result;
	carrier->held = *duplicate;
	carrier->state = CARRIER_HELD;
	*duplicate = -1;
	connect_stir(carrier);
	return CONNECT_WAITS;
}

static int begin_not_waiting(struct carrier *carrier, int duplicate)
{
	enum outcome outcome = outcome_of(carrier);
	int error = link_stuffed(carrier, duplicate, outcome);
	if (error)
		return -ENOBUFS;
	settle_stuffed(carrier, outcome);
	return -EINPROGRESS;
}

/* A first attempt, or the next after one that failed while its guest waited. */
static int begin(struct carrier *carrier, struct session *waiter, uint32_t id, int *duplicate)
{
	daemon_advance(carrier->host->daemon); /* within the LAN the handshake ends here, mostly */
	return waiter ? begin_waiting(carrier, waiter, id, duplicate)
		      : begin_not_waiting(carrier, *duplicate);
}

static void keep_goal(struct carrier *carrier, const void *address, socklen_t size)
{
	carrier->goal = (struct sockaddr_storage){ 0 };
	memcpy(&carrier->goal, address, size < sizeof carrier->goal ? size : sizeof carrier->goal);
}

int connect_begin(struct carrier *carrier, const void *address, socklen_t size,
		  struct session *waiter, uint32_t id, int *duplicate)
{
	if (carrier->state == CARRIER_RESOLVING)
		return -EISCONN;
	if (carrier->state == CARRIER_FRESH && *duplicate >= 0 &&
	    resolver_takes(carrier->host, address, size))
		return resolver_stream_begin(carrier, address, size, *duplicate);

	int result = berth_connect(carrier->host->stack, carrier->descriptor, address, size);

	switch (carrier->state) {
	case CARRIER_HELD:
	case CARRIER_STUFFED:
		return result == -EALREADY && waiter ? add_wait(carrier, waiter, id) : result;
	case CARRIER_FRESH:
		if (result != -EINPROGRESS)
			return result;
		if (*duplicate < 0)
			return -ENOBUFS;
		keep_goal(carrier, address, size);
		return begin(carrier, waiter, id, duplicate);
	case CARRIER_FAILED:
		carrier->failure_told = true;
		return result;
	case CARRIER_LISTENING:
	case CARRIER_CONNECTED:
	case CARRIER_DATAGRAM:
	case CARRIER_RESOLVING:
	case CARRIER_NETLINK:
		break;
	}
	return result;
}

static void leave(struct wait *wait)
{
	struct carrier *carrier = wait->carrier;

	free_wait(wait);
	if (carrier->state != CARRIER_HELD || !TAILQ_EMPTY(&carrier->waits))
		return;
	enum outcome outcome = outcome_of(carrier);
	if (link_stuffed(carrier, carrier->held, outcome) == 0)
		settle_stuffed(carrier, outcome);
	else
		carrier->state = CARRIER_FRESH;
	close(carrier->held);
	carrier->held = -1;
}

void connect_leave(struct session *session, uint32_t id)
{
	struct wait *wait;

	TAILQ_FOREACH(wait, &session->waits, session_link)
	if (wait->id == id)
		break;
	if (wait)
		leave(wait);
}

void connect_leave_all(struct session *session)
{
	while (!TAILQ_EMPTY(&session->waits))
		leave(TAILQ_FIRST(&session->waits));
}

int connect_retire(struct carrier *carrier, int replacement)
{
	uint64_t inode;

	if (carrier->state == CARRIER_CONNECTED)
		return -EISCONN;
	if (carrier->state != CARRIER_FAILED || !carrier_is(replacement, &inode))
		return -EINVAL;
	if (!carrier->failure_told) {
		carrier->failure_told = true;
		return ask_again(carrier);
	}
	watch_remove(carrier);
	if (watch_add(carrier, replacement) < 0)
		return -ENOBUFS;
	carrier_set_inode(carrier, inode);
	carrier->state = CARRIER_FRESH;
	return 0;
}
