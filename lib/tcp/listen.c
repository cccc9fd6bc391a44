#include "tcp/listen.h"

#include "base/assert.h"
#include "tcp/cookie.h"
#include "tcp/negotiation.h"
#include "tcp/segment_in.h"
#include "tcp/segment_out.h"
#include "tcp/timers.h"

#include <errno.h>

/* How far ahead of an old connection's last number a new one's first is: the largest window without a scale, as Linux has
 * it. The clock alone would fall behind a connection that sent more than 250,000 bytes a second. */
enum { BEHIND_TIME_WAIT = 65535 + 2 };

static struct tcp_connection *in_queue(struct list *node)
{
	return CONTAINER_OF(node, struct tcp_connection, in_queue);
}

bool listen_is_full(const struct tcp_connection *listener)
{
	return (int64_t)listener->listener->complete_count > listener->listener->backlog;
}

int tcp_listen(struct tcp_connection *connection, int backlog)
{
	struct tcp *tcp = connection->tcp;

	if (backlog > 0 && (uint32_t)backlog > tcp->tunables.backlog_most)
		backlog = (int)tcp->tunables.backlog_most;
	if (connection->state == STATE_LISTEN) {
		connection->listener->backlog = backlog;
		return 0;
	}
	if (connection->state != STATE_CLOSED || connection->in_table)
		return -EINVAL;
	if (connection->holder.local.port == 0) {
		int result = tcp_bind(connection, &connection->holder.local);
		if (result < 0)
			return result;
	}
	if (!ports_may_listen(&tcp->ports, &connection->holder))
		return -EADDRINUSE;

	connection->listener = memory_take(tcp->allocator, sizeof *connection->listener);
	if (!connection->listener)
		return -ENOBUFS;
	connection->listener->backlog = backlog;
	list_init(&connection->listener->half_open);
	list_init(&connection->listener->complete);
	connection->holder.listening = true;
	connection_move(connection, EVENT_LISTEN);
	return 0;
}

/* Linux bounds it by the same backlog, and one more. */
static bool syn_queue_is_full(const struct tcp_connection *listener)
{
	const struct tcp_listener *queues = listener->listener;
	return (int64_t)queues->half_open_count > queues->backlog ||
	       queues->half_open_count >= listener->tcp->tunables.half_open_most;
}

/* A child in SYN-RECEIVED, in the SYN queue; NULL: no memory. */
static struct tcp_connection *child_new(struct tcp_connection *parent, const struct endpoint *local,
					const struct endpoint *peer,
					const struct tcp_header *header, uint32_t iss)
{
	struct tcp *tcp = parent->tcp;
	struct tcp_connection *child = connection_new(tcp, NULL);
	if (!child)
		return NULL;

	child->settings = parent->settings;
	if (parent->settings.congestion_control)
		child->congestion.control = parent->settings.congestion_control;
	child->holder.reuse_address = parent->holder.reuse_address;
	child->holder.reuse_port = parent->holder.reuse_port;
	child->holder.unbound = parent->holder.unbound;
	child->holder.v6_only = parent->holder.v6_only;
	child->holder.interface = parent->holder.interface;
	child->peer = *peer;
	if (ports_use(&tcp->ports, &child->holder, local) < 0 || connection_find_path(child) < 0) {
		connection_free(child);
		return NULL;
	}
	child->iss = iss;
	child->snd_una = child->snd_nxt = child->snd_small = child->iss;
	child->pushed = child->piece_start = child->piece_end = child->iss;
	child->urgent.sent_end = child->iss;
	child->timestamp_offset = tcp_timestamp_offset(tcp, local, peer);
	child->irs = header->sequence;
	child->rcv_nxt = child->rcv_edge = header->sequence + 1;
	child->snd_wl1 = header->sequence;
	negotiation_agree(child, header);
	connection_set_mss(child, child->path_mtu);
	child->snd_wnd = child->snd_wnd_most = header->window;
	child->last_received = tcp->clock->now;
	child->state = STATE_LISTEN;
	connection_move(child, EVENT_SYN);
	child->parent = parent;
	child->half_open = true;
	list_append(&parent->listener->half_open, &child->in_queue);
	parent->listener->half_open_count++;
	connection_enter(child);
	return child;
}

static bool wants_cookie(const struct tcp_connection *listener)
{
	uint8_t cookies = listener->tcp->tunables.syn_cookies;
	return cookies == COOKIES_ALWAYS ||
	       (cookies != COOKIES_NEVER && syn_queue_is_full(listener));
}

/* The child lives for its SYN-ACK only, so that this is made as any other. */
static enum verdict give_cookie(struct tcp_connection *listener, const struct endpoint *local,
				const struct endpoint *peer, const struct tcp_header *header,
				uint8_t tos)
{
	struct tcp *tcp = listener->tcp;
	struct tcp_header syn = *header;

	cookie_reduce_syn(tcp, &syn);
	uint32_t number = cookie_make(tcp, local, peer, &syn);
	struct tcp_connection *child = child_new(listener, local, peer, &syn, number);
	if (!child)
		return DROP_MEMORY;
	if (child->timestamps)
		ecn_agree(child, header, tos);
	child->timestamp_offset -= cookie_timestamp_lag(child);
	segment_out_syn(child);
	connection_free(child);
	listener->listener->cookie_given = true;
	listener->listener->cookie_at = tcp->clock->now;
	return DELIVERED;
}

static bool may_bring_cookie(const struct tcp_connection *listener, const struct tcp_header *header)
{
	const struct tcp *tcp = listener->tcp;

	return !(header->flags & TCP_SYN) && tcp->tunables.syn_cookies != COOKIES_NEVER &&
	       listener->listener->cookie_given &&
	       tcp->clock->now - listener->listener->cookie_at <= COOKIE_LIFE;
}

/* The ACK of a cookie: the child is made as the SYN would have made it, and hears the ACK. */
static enum verdict take_cookie(struct tcp_connection *listener, const struct endpoint *local,
				const struct endpoint *peer, const struct ip_packet *packet,
				const struct tcp_header *header, const struct tcp_header *syn)
{
	if (listen_is_full(listener))
		return DROP_BACKLOG;
	struct tcp_connection *child =
		child_new(listener, local, peer, syn, header->acknowledgment - 1);
	if (!child)
		return DROP_MEMORY;
	child->from_cookie = true;
	ecn_agree(child, syn, ECN_NOT_CAPABLE);
	segment_out_syn_was_sent(child);
	return segment_in(child, packet, header);
}

static enum verdict take_ack(struct tcp_connection *listener, const struct ip_packet *packet,
			     const struct tcp_header *header, uint32_t length)
{
	struct endpoint local = { packet->destination, header->destination_port };
	struct endpoint peer = { packet->source, header->source_port };
	struct tcp_header syn;

	if (may_bring_cookie(listener, header) &&
	    cookie_recover_syn(listener->tcp, &local, &peer, header, &syn))
		return take_cookie(listener, &local, &peer, packet, header, &syn);
	segment_out_refuse(listener->tcp, packet, header, length);
	return DROP_BAD_ACK;
}

/* A SYN that may be answered; old: of the same tuple, in TIME-WAIT, or NULL. */
static enum verdict take_syn(struct tcp_connection *listener, const struct ip_packet *packet,
			     const struct tcp_header *header, struct tcp_connection *old)
{
	struct endpoint local = { packet->destination, header->destination_port };
	struct endpoint peer = { packet->source, header->source_port };
	uint32_t iss = tcp_isn(listener->tcp, &local, &peer);

	if (header->flags & TCP_FIN) /* Linux lets SYN with FIN go unanswered too */
		return DROP_IGNORED;
	if (listen_is_full(listener))
		return DROP_BACKLOG;
	if (old) {
		uint32_t least = old->snd_nxt + BEHIND_TIME_WAIT;
		if (sequence_before(iss, least))
			iss = least;
		connection_end(old, 0);
	} else if (wants_cookie(listener)) {
		return give_cookie(listener, &local, &peer, header, packet->tos);
	} else if (syn_queue_is_full(listener)) {
		return DROP_SYN_QUEUE;
	}
	struct tcp_connection *child = child_new(listener, &local, &peer, header, iss);
	if (!child)
		return DROP_MEMORY;
	ecn_agree(child, header, packet->tos);
	segment_out_syn(child);
	return DELIVERED;
}

enum verdict listen_input(struct tcp_connection *listener, const struct ip_packet *packet,
			  const struct tcp_header *header, uint32_t length)
{
	if (header->flags & TCP_RST)
		return DROP_IGNORED;
	if (header->flags & TCP_ACK)
		return take_ack(listener, packet, header, length);
	if (!(header->flags & TCP_SYN))
		return DROP_IGNORED;
	return take_syn(listener, packet, header, NULL);
}

enum verdict listen_reopen(struct tcp_connection *listener, struct tcp_connection *old,
			   const struct ip_packet *packet, const struct tcp_header *header)
{
	return take_syn(listener, packet, header, old);
}

void listen_complete(struct tcp_connection *child)
{
	struct tcp_listener *listener = child->parent->listener;

	list_remove(&child->in_queue);
	child->half_open = false;
	listener->half_open_count--;
	list_append(&listener->complete, &child->in_queue);
	listener->complete_count++;
	connection_wake(child->parent);
}

struct tcp_connection *tcp_accept(struct tcp_connection *listener, void *owner)
{
	struct list *first = list_take_first(&listener->listener->complete);
	if (!first)
		return NULL;
	listener->listener->complete_count--;

	struct tcp_connection *child = in_queue(first);
	child->parent = NULL;
	child->owner = owner;
	return child;
}

void tcp_unaccept(struct tcp_connection *listener, struct tcp_connection *child)
{
	child->owner = NULL;
	child->parent = listener;
	list_insert_before(listener->listener->complete.next, &child->in_queue);
	listener->listener->complete_count++;
}

static void leave_queue(struct tcp_connection *child)
{
	struct tcp_listener *listener = child->parent->listener;

	if (child->half_open)
		listener->half_open_count--;
	else
		listener->complete_count--;
	list_remove(&child->in_queue);
	child->parent = NULL;
}

static void reset_children(struct list *children)
{
	while (!list_is_empty(children)) {
		struct tcp_connection *child = in_queue(children->next);
		leave_queue(child);
		if (child->state != STATE_CLOSED)
			segment_out_reset(child);
		connection_end(child, 0);
	}
}

/* Linux lets them go without a word: their last ACK will find nobody. */
static void forget_children(struct list *children)
{
	while (!list_is_empty(children)) {
		struct tcp_connection *child = in_queue(children->next);
		leave_queue(child);
		connection_end(child, 0);
	}
}

void listen_forget(struct tcp_connection *connection)
{
	if (connection->parent)
		leave_queue(connection);
	if (connection->listener) {
		forget_children(&connection->listener->half_open);
		reset_children(&connection->listener->complete);
		memory_give(connection->tcp->allocator, connection->listener,
			    sizeof *connection->listener);
		connection->listener = NULL;
		connection->holder.listening = false;
	}
}
