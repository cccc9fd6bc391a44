#include "daemon/carrier.h"

#include "daemon/connect.h"
#include "daemon/datagram.h"
#include "daemon/host.h"
#include "daemon/listener.h"
#include "daemon/netlink.h"
#include "daemon/pump.h"
#include "daemon/resolver_stream.h"
#include "daemon/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct carrier *carrier_new(struct host *host, int descriptor)
{
	struct carrier *carrier = calloc(1, sizeof *carrier);
	if (!carrier) {
		berth_close(host->stack, descriptor);
		return NULL;
	}

	carrier->host = host;
	carrier->descriptor = descriptor;
	carrier->held = -1;
	carrier->end = -1;
	TAILQ_INIT(&carrier->waits);
	TAILQ_INSERT_TAIL(&host->carriers, carrier, link);
	berth_set_user(host->stack, descriptor, carrier);
	return carrier;
}

static void close_if_open(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

void carrier_close(struct carrier *carrier)
{
	struct host *host = carrier->host;
	struct daemon *daemon = host->daemon;

	connect_end_waits(carrier, -ECONNABORTED);
	listener_end(carrier);
	datagram_end(carrier);
	netlink_end_carrier(carrier);
	resolver_stream_end(carrier);
	watch_remove(carrier);
	carrier_queue(carrier, NULL);
	index_remove(&daemon->carriers, &carrier->by_inode);
	index_remove(&daemon->connections, &carrier->by_connection);
	TAILQ_REMOVE(&host->carriers, carrier, link);
	close_if_open(&carrier->held);
	close_if_open(&carrier->end);
	berth_close(host->stack, carrier->descriptor);
	loop_bury(&daemon->loop, &carrier->source);
}

void carrier_reset_at_close(struct host *host, int descriptor)
{
	const struct linger at_once = { .l_onoff = 1 };

	berth_setsockopt(host->stack, descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

struct carrier *carrier_find(struct daemon *daemon, uint64_t inode)
{
	struct index_node *node = index_find(&daemon->carriers, inode);
	return node ? INDEX_OWNER(node, struct carrier, by_inode) : NULL;
}

void carrier_set_inode(struct carrier *carrier, uint64_t inode)
{
	struct daemon *daemon = carrier->host->daemon;
	struct carrier *before = carrier_find(daemon, inode);

	if (before == carrier)
		return;
	if (before)
		carrier_close(before);
	index_remove(&daemon->carriers, &carrier->by_inode);
	index_insert(&daemon->carriers, &carrier->by_inode, inode);
}

void carrier_stir(struct carrier *carrier)
{
	if (carrier->source.buried)
		return;
	switch (carrier->state) {
	case CARRIER_LISTENING:
		listener_stir(carrier);
		break;
	case CARRIER_HELD:
	case CARRIER_STUFFED:
		connect_stir(carrier);
		break;
	case CARRIER_CONNECTED:
		pump_stir(carrier);
		break;
	case CARRIER_DATAGRAM:
		datagram_stir(carrier);
		break;
	case CARRIER_FRESH:
	case CARRIER_FAILED:
	case CARRIER_RESOLVING:
	case CARRIER_NETLINK:
		break;
	}
}

void carrier_queue(struct carrier *carrier, struct carrier_list *queue)
{
	struct daemon *daemon = carrier->host->daemon;

	if (carrier->queue == queue)
		return;
	if (carrier->queue == &daemon->remembered)
		daemon->remembered_count--;
	if (carrier->queue)
		TAILQ_REMOVE(carrier->queue, carrier, queue_link);
	carrier->queue = queue;
	if (queue)
		TAILQ_INSERT_TAIL(queue, carrier, queue_link);
	if (queue == &daemon->remembered)
		daemon->remembered_count++;
}

void carrier_remember(struct carrier *carrier, uint64_t forget_at)
{
	struct daemon *daemon = carrier->host->daemon;

	if (carrier->queue != &daemon->remembered) {
		carrier->forget_at = forget_at;
		carrier_queue(carrier, &daemon->remembered);
		daemon_timer_by(daemon, TIMER_FORGET, forget_at);
	}
	if (daemon->remembered_count > REMEMBERED_MOST)
		carrier_close(TAILQ_FIRST(&daemon->remembered));
}

void carriers_forget_due(struct daemon *daemon)
{
	struct carrier *next;

	for (struct carrier *carrier = TAILQ_FIRST(&daemon->remembered); carrier; carrier = next) {
		next = TAILQ_NEXT(carrier, queue_link);
		if (carrier->forget_at <= daemon->now)
			carrier_close(carrier);
		else
			daemon_timer_by(daemon, TIMER_FORGET, carrier->forget_at);
	}
}

void carriers_forget(struct host *host)
{
	struct carrier_list *remembered = &host->daemon->remembered;
	struct carrier *next;

	for (struct carrier *carrier = TAILQ_FIRST(&host->carriers); carrier; carrier = next) {
		next = TAILQ_NEXT(carrier, link);
		if (carrier->queue == remembered)
			carrier_close(carrier);
	}
}
