#include "daemon/pump.h"

#include "daemon/guest_read.h"
#include "daemon/host.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REMEMBER_NS (UINT64_C(60) * 1000000000)

enum {
	PIECES_MOST = 32,
	TURN_MOST = 256 * 1024, /* bytes each way, then it is somebody else's turn */
	READ_MOST = 64 * 1024,  /* larger ones fall out of the cache */
	IDLE_OUTS_MOST = 8,
};

enum step { MOVED, NOTHING, OVER };

static const uint32_t edges = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET;

/* Every byte the guest reads is an edge to writable, and would wake us: they are asked for only where they are waited for,
 * and for a while after, so that a bulk receiver does not cost a system call a time. */
static void want_out(struct carrier *carrier, bool wanted)
{
	carrier->idle_outs = 0;
	if (carrier->out_wanted == wanted)
		return;
	carrier->out_wanted = wanted;
	loop_change(&carrier->host->daemon->loop, carrier->end, &carrier->source,
		    edges | (wanted ? EPOLLOUT : 0));
}

static void writable_again(struct carrier *carrier)
{
	if (carrier->may_write && ++carrier->idle_outs >= IDLE_OUTS_MOST)
		want_out(carrier, false);
	carrier->may_write = true;
}

/* The connection is over by the stack's word: the guest sees a reset, and may ask why. */
static enum step fall(struct carrier *carrier, int error)
{
	carrier->error = -error;
	close(carrier->end);
	carrier->end = -1;
	carrier_remember(carrier, LOOP_NEVER);
	return OVER;
}

/* Both directions are over. Closing our end changes nothing for the guest, once nothing is unread in it: what was written
 * stays readable, then comes the end, and a write is EPIPE. */
static void finish(struct carrier *carrier)
{
	guest_forget(carrier);
	close(carrier->end);
	carrier->end = -1;
	carrier_remember(carrier, carrier->host->daemon->now + REMEMBER_NS);
}

static enum step abort_connection(struct carrier *carrier)
{
	carrier_reset_at_close(carrier->host, carrier->descriptor);
	carrier_close(carrier);
	return OVER;
}

static enum step guest_stream_ended(struct carrier *carrier)
{
	if (carrier->reset)
		return abort_connection(carrier);
	if (carrier->gone || !carrier->shut_write) {
		carrier_close(carrier);
		return OVER;
	}
	carrier->guest_ended = true;
	berth_shutdown(carrier->host->stack, carrier->descriptor, SHUT_WR);
	return NOTHING;
}

/* One piece from the guest to the stack. */
static enum step move_out(struct carrier *carrier, size_t *moved)
{
	struct berth_host *stack = carrier->host->stack;
	struct iovec room;

	int error = berth_send_reserve(stack, carrier->descriptor, &room);
	if (error == -EAGAIN && !carrier->reset)
		return NOTHING;
	if (error && carrier->reset)
		return abort_connection(carrier);
	if (error && !carrier->may_write && !carrier->peer_ended) {
		carrier->error = -error; /* after what arrived before it, and is not written yet */
		carrier->may_read = false;
		return NOTHING;
	}
	if (error)
		return fall(carrier, error);

	if (room.iov_len > READ_MOST)
		room.iov_len = READ_MOST;
	ssize_t size = guest_read(carrier, room);
	berth_send_commit(stack, carrier->descriptor, size > 0 ? (size_t)size : 0);
	if (size > 0) {
		*moved += (size_t)size;
		return MOVED;
	}
	if (size == 0)
		return guest_stream_ended(carrier);
	return size == -EAGAIN ? NOTHING : abort_connection(carrier);
}

/* Until the supervisor's word that it was accepted is here, what is in the end begins with bytes that are not the guest's,
 * even if the guest has written and closed already. An end with nothing before it is the listener's close. */
static bool is_offered(const struct carrier *carrier)
{
	char byte;

	if (carrier->by_connection.key == 0)
		return false;
	return !carrier->ending || recv(carrier->end, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static enum step move_all_out(struct carrier *carrier)
{
	size_t moved = 0;

	if (is_offered(carrier))
		return NOTHING;
	while (carrier->may_read && !carrier->guest_ended && moved < TURN_MOST) {
		enum step step = move_out(carrier, &moved);
		if (step != MOVED)
			return step;
	}
	return moved >= TURN_MOST ? MOVED : NOTHING;
}

static enum step peer_stream_ended(struct carrier *carrier)
{
	carrier->peer_ended = true;
	shutdown(carrier->end, SHUT_WR);
	return NOTHING;
}

/* The guest reads no more: it said so, or it has closed, and reading will tell. */
static ssize_t write_failed(struct carrier *carrier, int error, size_t size)
{
	if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM)
		return 0;
	if (carrier->shut_read) {
		carrier->discards = true;
		return (ssize_t)size;
	}
	carrier->reset = error == ECONNRESET;
	carrier->gone = true;
	carrier->may_read = true;
	return -1;
}

static size_t size_of(const struct iovec *pieces, int count)
{
	size_t size = 0;

	for (int i = 0; i < count; i++)
		size += pieces[i].iov_len;
	return size;
}

/* How many bytes the guest has taken; negative: none ever. */
static ssize_t guest_write(struct carrier *carrier, struct iovec *pieces, int count)
{
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = (size_t)count };
	size_t size = size_of(pieces, count);

	if (carrier->discards)
		return (ssize_t)size;
	ssize_t sent = sendmsg(carrier->end, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		sent = write_failed(carrier, errno, size);
	if (sent < 0 || (size_t)sent == size)
		return sent;
	carrier->may_write = false;
	want_out(carrier, true);
	return sent;
}

/* What has arrived, from the stack to the guest. */
static enum step move_in(struct carrier *carrier, size_t *moved)
{
	struct berth_host *stack = carrier->host->stack;
	struct iovec pieces[PIECES_MOST];

	int count = berth_recv_peek(stack, carrier->descriptor, pieces, PIECES_MOST);
	if (count == -EAGAIN)
		return NOTHING;
	if (count < 0)
		return fall(carrier, count);
	if (count == 0)
		return carrier->error ? fall(carrier, -carrier->error) : peer_stream_ended(carrier);

	ssize_t sent = guest_write(carrier, pieces, count);
	if (sent > 0)
		berth_recv_consume(stack, carrier->descriptor, (size_t)sent);
	if (sent <= 0)
		return NOTHING;
	*moved += (size_t)sent;
	return MOVED;
}

static enum step move_all_in(struct carrier *carrier)
{
	size_t moved = 0;

	while (carrier->may_write && !carrier->peer_ended && !carrier->gone && moved < TURN_MOST) {
		enum step step = move_in(carrier, &moved);
		if (step != MOVED)
			return step;
	}
	return moved >= TURN_MOST ? MOVED : NOTHING;
}

/* Arriving data goes first: what a guest that has gone did not read decides between FIN and RST, and the stack knows. */
void pump_stir(struct carrier *carrier)
{
	if (carrier->end < 0)
		return;
	enum step in = move_all_in(carrier);
	if (in == OVER)
		return;
	enum step out = move_all_out(carrier);
	if (out == OVER)
		return;
	if (carrier->gone && carrier->guest_ended) {
		guest_stream_ended(carrier);
		return;
	}

	if (carrier->guest_ended && (carrier->peer_ended || carrier->shut_read))
		finish(carrier);
	else if (in == MOVED || out == MOVED)
		carrier_queue(carrier, &carrier->host->daemon->busy);
}

static void pump_ready(struct source *source, uint32_t events)
{
	struct carrier *carrier = (struct carrier *)source;

	if (carrier->end < 0)
		return;
	if (events & EPOLLPRI)
		carrier->urgent = true;
	if ((events & EPOLLHUP) && !carrier->peer_ended && !carrier->shut_read)
		carrier->gone = true;
	if (events & EPOLLERR)
		carrier->reset = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		carrier->ending = true;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		carrier->may_read = true;
	if (events & EPOLLOUT)
		writable_again(carrier);
	pump_stir(carrier);
}

/* Without memory for epoll the connection cannot be served: it is reset. */
void pump_start(struct carrier *carrier)
{
	carrier->state = CARRIER_CONNECTED;
	carrier->source.ready = pump_ready;
	carrier->may_write = true;
	if (loop_add(&carrier->host->daemon->loop, carrier->end, &carrier->source, edges) < 0)
		fall(carrier, -ENOBUFS);
	else
		pump_stir(carrier);
}

void pump_accepted(struct carrier *carrier, uint32_t kept)
{
	if (carrier->end < 0)
		return;
	guest_keep(carrier, kept);
	carrier->may_read = true;
	pump_stir(carrier);
}

/* The guest's writes end where its bytes end: the pump reads up to there before the stack is told. */
int pump_shutdown(struct carrier *carrier, int how)
{
	struct berth_host *stack = carrier->host->stack;

	if (carrier->state == CARRIER_RESOLVING)
		return how == SHUT_RD || how == SHUT_WR || how == SHUT_RDWR ? 0 : -EINVAL;
	if (carrier->state != CARRIER_CONNECTED || carrier->end < 0)
		return berth_shutdown(stack, carrier->descriptor, how);
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (how != SHUT_WR)
		carrier->shut_read = true;
	if (how != SHUT_RD)
		carrier->shut_write = true;
	return how == SHUT_WR ? 0 : berth_shutdown(stack, carrier->descriptor, SHUT_RD);
}
