#include "simulation/talk.h"

#include "base/assert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>

enum { PORT = 7000, PORT_OF_NOBODY = 7001, PURPOSE = 2, CHUNK_MOST = 1 << 17 };

/* Not so many that a closed window outlasts the patience of a sender that was closed (TCP_ORPHAN_RETRIES). */
enum { PAUSES_MOST = 12 };

/* What is said of the first broken promise. */
#define FAIL(talks, ...)                                                                           \
	do {                                                                                       \
		if (!(talks)->failure[0])                                                          \
			snprintf((talks)->failure, sizeof(talks)->failure, __VA_ARGS__);           \
	} while (0)

static struct berth_host *host_of(const struct end *end)
{
	return end->talk->home->world->hosts[end->host];
}

static struct end *other(struct end *end)
{
	return &end->talk->ends[end == &end->talk->ends[0]];
}

static unsigned number_of(const struct end *end)
{
	return (unsigned)(end->talk - end->talk->home->at);
}

static const char *side_of(const struct end *end)
{
	return end == &end->talk->ends[0] ? "client" : "server";
}

/* The byte at an offset of an end's stream: 251 is prime, so that no shift by a segment's size goes unseen. */
static uint8_t byte_at(const struct end *end, uint32_t offset)
{
	uint32_t stream = number_of(end) * 2 + (end == &end->talk->ends[0]);
	return (uint8_t)((offset + offset / 251 + stream * 37) % 251);
}

static void over(struct end *end, enum outcome outcome, int error)
{
	berth_close(host_of(end), end->descriptor);
	end->descriptor = -1;
	end->outcome = outcome;
	end->error = error;
	end->actor.wake = NEVER;
}

static uint64_t pause_of(struct end *end)
{
	const struct end_plan *plan = end->plan;
	struct random *random = &end->talk->home->random;

	if (plan->pause_odds == 0 || random_below(random, plan->pause_odds) != 0 ||
	    end->pauses == PAUSES_MOST)
		return 0;
	end->pauses++;
	return 1 + random_next(random) % plan->pause_most;
}

static uint32_t chunk_of(struct end *end, uint32_t most)
{
	uint32_t chunk = 1 + random_below(&end->talk->home->random, end->plan->chunk_most);
	return chunk < most ? chunk : most;
}

static void fill(const struct end *end, uint8_t *bytes, size_t size)
{
	for (size_t index = 0; index < size; index++)
		bytes[index] = byte_at(end, end->sent + (uint32_t)index);
}

static ssize_t write_copy(struct end *end, uint32_t size)
{
	static uint8_t bytes[CHUNK_MOST];
	fill(end, bytes, size);
	return berth_send(host_of(end), end->descriptor, bytes, size, 0);
}

static ssize_t write_in_place(struct end *end, uint32_t size)
{
	struct iovec room;
	int result = berth_send_reserve(host_of(end), end->descriptor, &room);
	if (result < 0)
		return result;
	if (size > room.iov_len)
		size = (uint32_t)room.iov_len;
	fill(end, room.iov_base, size);
	return berth_send_commit(host_of(end), end->descriptor, size);
}

static void check_bytes(struct end *end, const uint8_t *bytes, size_t size)
{
	struct end *sender = other(end);

	for (size_t index = 0; index < size; index++, end->received++) {
		if (end->received >= sender->sent)
			FAIL(end->talk->home, "talk %u %s: read byte %u of %u", number_of(end),
			     side_of(end), end->received, sender->sent);
		if (bytes[index] != byte_at(sender, end->received))
			FAIL(end->talk->home, "talk %u %s: byte %u is wrong", number_of(end),
			     side_of(end), end->received);
	}
}

static ssize_t read_copy(struct end *end, uint32_t size)
{
	static uint8_t bytes[CHUNK_MOST];
	ssize_t result = berth_recv(host_of(end), end->descriptor, bytes, size, 0);
	if (result > 0)
		check_bytes(end, bytes, (size_t)result);
	return result;
}

static ssize_t read_in_place(struct end *end, uint32_t size)
{
	struct iovec pieces[4];
	size_t taken = 0;
	int count = berth_recv_peek(host_of(end), end->descriptor, pieces, 4);
	if (count <= 0)
		return count;
	for (int index = 0; index < count && taken < size; index++) {
		size_t left = size - taken;
		size_t part = pieces[index].iov_len < left ? pieces[index].iov_len : left;
		check_bytes(end, pieces[index].iov_base, part);
		taken += part;
	}
	return berth_recv_consume(host_of(end), end->descriptor, taken);
}

static void abort_end(struct end *end)
{
	struct linger at_once = { 1, 0 };
	int result = berth_setsockopt(host_of(end), end->descriptor, SOL_SOCKET, SO_LINGER,
				      &at_once, sizeof at_once);
	assert(result == 0);
	over(end, LEFT, 0);
}

/* All is sent. */
static void end_stream(struct end *end)
{
	end->shut = true;
	if (end->plan->fate == LEAVES) {
		over(end, LEFT, 0);
		return;
	}
	int result = berth_shutdown(host_of(end), end->descriptor, SHUT_WR);
	if (result < 0 && result != -ENOTCONN) /* reset meanwhile: reading will tell */
		FAIL(end->talk->home, "talk %u: shutdown says %d", number_of(end), result);
}

/* One write; false: no more for now. */
static bool write_once(struct end *end)
{
	struct talks *talks = end->talk->home;

	if (end->plan->fate == ABORTS && (end->sent >= end->plan->cut || end->shut)) {
		abort_end(end);
		return false;
	}
	if (end->shut || end->write_at > talks->world->now)
		return false;
	if (end->sent == end->plan->size) {
		end_stream(end);
		return end->plan->fate == ABORTS;
	}
	uint32_t size = chunk_of(end, end->plan->size - end->sent);
	ssize_t result = end->plan->zero_copy ? write_in_place(end, size) : write_copy(end, size);
	if (result == -EAGAIN)
		return false;
	if (result <= 0) {
		over(end, FAILED, (int)-result);
		return false;
	}
	end->sent += (uint32_t)result;
	uint64_t pause = pause_of(end);
	if (pause)
		end->write_at = talks->world->now + pause;
	return !pause;
}

static void stream_ended(struct end *end)
{
	const struct end *sender = other(end);

	end->ended = true;
	if (!sender->shut || end->received != sender->sent)
		FAIL(end->talk->home, "talk %u %s: the stream ended at %u of %u bytes",
		     number_of(end), side_of(end), end->received, sender->sent);
}

static bool read_once(struct end *end)
{
	struct talks *talks = end->talk->home;

	if (end->plan->fate == QUITS && (end->received >= end->plan->cut || end->ended)) {
		end->shut = true; /* by FIN if all that came was read, else by RST */
		over(end, LEFT, 0);
		return false;
	}
	if (end->ended || end->read_at > talks->world->now)
		return false;
	uint32_t size = chunk_of(end, CHUNK_MOST);
	ssize_t result = end->plan->zero_copy ? read_in_place(end, size) : read_copy(end, size);
	if (result == -EAGAIN)
		return false;
	if (result < 0) {
		over(end, FAILED, (int)-result);
		return false;
	}
	if (result == 0) {
		stream_ended(end);
		return true;
	}
	uint64_t pause = pause_of(end);
	if (pause)
		end->read_at = talks->world->now + pause;
	return !pause;
}

static void set_int(struct end *end, int level, int name, int value)
{
	int result =
		berth_setsockopt(host_of(end), end->descriptor, level, name, &value, sizeof value);
	assert(result == 0);
}

static void set_options(struct end *end)
{
	const struct end_plan *plan = end->plan;

	if (plan->no_delay)
		set_int(end, IPPROTO_TCP, TCP_NODELAY, 1);
	if (plan->mss)
		set_int(end, IPPROTO_TCP, TCP_MAXSEG, plan->mss);
	if (!end->talk->home->scenario->keepalive)
		return;
	set_int(end, IPPROTO_TCP, TCP_KEEPIDLE, 3);
	set_int(end, IPPROTO_TCP, TCP_KEEPINTVL, 2);
	set_int(end, IPPROTO_TCP, TCP_KEEPCNT, 6);
	set_int(end, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static struct sockaddr_in name_of(const struct talks *talks, unsigned host, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = talks->world->addresses[host],
	};
}

static int connect_end(struct end *end)
{
	const struct talk_plan *plan = end->talk->plan;
	struct sockaddr_in peer = name_of(end->talk->home, plan->server,
					  plan->nobody_listens ? PORT_OF_NOBODY : PORT);
	return berth_connect(host_of(end), end->descriptor, (struct sockaddr *)&peer, sizeof peer);
}

static void begin(struct end *end)
{
	struct berth_host *host = host_of(end);
	struct sockaddr_in local;
	socklen_t size = sizeof local;

	end->descriptor = berth_socket(host, AF_INET, SOCK_STREAM, 0);
	assert(end->descriptor >= 0);
	berth_set_user(host, end->descriptor, &end->actor);
	set_options(end);
	end->connecting = true;
	int result = connect_end(end);
	assert(result == -EINPROGRESS);
	berth_getsockname(host, end->descriptor, (struct sockaddr *)&local, &size);
	end->talk->client_port = ntohs(local.sin_port);
	end->actor.wake = NEVER;
}

/* Asks how connecting stands; true when it is done. */
static bool has_connected(struct end *end)
{
	if (!end->connecting)
		return true;
	int result = connect_end(end);
	if (result == -EALREADY)
		return false;
	end->connecting = false;
	if (result < 0)
		over(end, FAILED, -result);
	return result == 0;
}

static void end_acts(struct end *end)
{
	if (end->outcome != OPEN)
		return;
	if (end->descriptor < 0) {
		begin(end);
		return;
	}
	end->actor.wake = NEVER;
	if (!has_connected(end))
		return;
	while (end->descriptor >= 0 && write_once(end))
		;
	while (end->descriptor >= 0 && read_once(end))
		;
	if (end->descriptor < 0)
		return;
	if (end->shut && end->ended) {
		over(end, FINISHED, 0);
		return;
	}
	uint64_t now = end->talk->home->world->now;
	if (!end->shut && end->write_at > now)
		end->actor.wake = end->write_at;
	if (!end->ended && end->read_at > now && end->read_at < end->actor.wake)
		end->actor.wake = end->read_at;
}

/* Which conversation has come? */
static struct end *server_end_of(struct talks *talks, const struct sockaddr_in *peer,
				 unsigned server)
{
	for (unsigned index = 0; index < talks->scenario->talk_count; index++) {
		struct talk *talk = &talks->at[index];
		struct end *end = &talk->ends[1];
		if (talk->plan->server == server && talk->client_port == ntohs(peer->sin_port) &&
		    (talks->world->addresses[talk->plan->client].s_addr == peer->sin_addr.s_addr) &&
		    end->descriptor < 0 && end->outcome == OPEN)
			return end;
	}
	return NULL;
}

/* One connection; false: no more for now. */
static bool accept_once(struct listener *listener)
{
	struct talks *talks = listener->home;
	struct berth_host *host = talks->world->hosts[listener->host];
	struct sockaddr_in peer;
	socklen_t size = sizeof peer;

	int descriptor = berth_accept(host, listener->descriptor, (struct sockaddr *)&peer, &size);
	if (descriptor == -EAGAIN)
		return false;
	struct end *end = descriptor < 0 ? NULL : server_end_of(talks, &peer, listener->host);
	if (!end) {
		FAIL(talks, "listener %u: accept says %d, a connection nobody made", listener->host,
		     descriptor);
		return false;
	}
	end->descriptor = descriptor;
	berth_set_user(host, descriptor, &end->actor);
	set_options(end);
	end_acts(end);
	uint64_t most = talks->scenario->listeners[listener->host].accept_pause_most;
	if (most)
		listener->accept_at = talks->world->now + random_next(&talks->random) % most;
	return listener->accept_at <= talks->world->now;
}

static void listener_acts(struct listener *listener)
{
	const struct talks *talks = listener->home;
	uint64_t now = talks->world->now;
	uint64_t closes = talks->scenario->listeners[listener->host].closes;

	if (listener->closed)
		return;
	listener->actor.wake = closes == NEVER ? NEVER : closes + WORLD_START;
	if (listener->actor.wake <= now) {
		berth_close(talks->world->hosts[listener->host], listener->descriptor);
		listener->closed = true;
		listener->actor.wake = NEVER;
		return;
	}
	while (listener->accept_at <= now && accept_once(listener))
		;
	if (listener->accept_at > now && listener->accept_at < listener->actor.wake)
		listener->actor.wake = listener->accept_at;
}

static void open_listener(struct talks *talks, unsigned number)
{
	struct listener *listener = &talks->listeners[number];
	struct berth_host *host = talks->world->hosts[number];
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };

	*listener = (struct listener){ .actor = { LISTENER, 0 }, .home = talks, .host = number };
	listener->descriptor = berth_socket(host, AF_INET, SOCK_STREAM, 0);
	berth_set_user(host, listener->descriptor, &listener->actor);
	int result = berth_bind(host, listener->descriptor, (struct sockaddr *)&any, sizeof any);
	assert(result == 0);
	result = berth_listen(host, listener->descriptor,
			      talks->scenario->listeners[number].backlog);
	assert(result == 0);
}

static void open_talk(struct talks *talks, unsigned number)
{
	struct talk *talk = &talks->at[number];

	talk->home = talks;
	talk->plan = &talks->scenario->talks[number];
	for (unsigned side = 0; side < 2; side++) {
		talk->ends[side] = (struct end){
			.actor = { END, side == 0 ? WORLD_START + talk->plan->start : NEVER },
			.talk = talk,
			.plan = &talk->plan->ends[side],
			.host = side == 0 ? talk->plan->client : talk->plan->server,
			.descriptor = -1,
		};
	}
}

void talks_open(struct talks *talks, struct world *world)
{
	*talks = (struct talks){ .world = world, .scenario = world->scenario };
	random_init(&talks->random, world->scenario->seed_bytes, PURPOSE);
	for (unsigned number = 0; number < talks->scenario->host_count; number++)
		open_listener(talks, number);
	for (unsigned number = 0; number < talks->scenario->talk_count; number++)
		open_talk(talks, number);
}

static void act(struct actor *actor)
{
	if (actor->kind == LISTENER)
		listener_acts(CONTAINER_OF(actor, struct listener, actor));
	else
		end_acts(CONTAINER_OF(actor, struct end, actor));
}

static bool act_on_events(struct berth_host *host)
{
	struct berth_event events[4];
	bool any = false;
	int count;

	while ((count = berth_events(host, events, 4)) > 0) {
		any = true;
		for (int index = 0; index < count; index++)
			act(events[index].user);
	}
	return any;
}

static bool act_if_due(struct talks *talks, struct actor *actor)
{
	if (actor->wake > talks->world->now)
		return false;
	actor->wake = NEVER;
	act(actor);
	return true;
}

bool talks_act(struct talks *talks)
{
	struct world *world = talks->world;
	bool any = false;

	for (struct berth_host *host; world->lan && (host = berth_lan_ready(world->lan));)
		any |= act_on_events(host);
	for (unsigned number = 0; number < talks->scenario->host_count; number++) {
		if (!world->lan)
			any |= act_on_events(world->hosts[number]);
		any |= act_if_due(talks, &talks->listeners[number].actor);
	}
	for (unsigned number = 0; number < talks->scenario->talk_count; number++) {
		any |= act_if_due(talks, &talks->at[number].ends[0].actor);
		any |= act_if_due(talks, &talks->at[number].ends[1].actor);
	}
	return any;
}

uint64_t talks_deadline(const struct talks *talks)
{
	uint64_t next = NEVER;

	for (unsigned number = 0; number < talks->scenario->host_count; number++) {
		uint64_t wake = talks->listeners[number].actor.wake;
		next = wake < next ? wake : next;
	}
	for (unsigned number = 0; number < talks->scenario->talk_count; number++) {
		for (unsigned side = 0; side < 2; side++) {
			uint64_t wake = talks->at[number].ends[side].actor.wake;
			next = wake < next ? wake : next;
		}
	}
	return next;
}

/* A server's end that was never accepted is nobody's: its client tells. */
static bool is_over(const struct end *end)
{
	bool never_was = end == &end->talk->ends[1] && end->descriptor < 0;
	return end->outcome != OPEN || never_was;
}

bool talks_are_over(const struct talks *talks)
{
	for (unsigned number = 0; number < talks->scenario->talk_count; number++) {
		const struct talk *talk = &talks->at[number];
		const struct listener *listener = &talks->listeners[talk->plan->server];
		if (!is_over(&talk->ends[0]) || !is_over(&talk->ends[1]))
			return false;
		/* Its client has come and gone, and waits to be accepted all the same. */
		if (talk->ends[1].outcome == OPEN && !listener->closed &&
		    berth_poll(talks->world->hosts[listener->host], listener->descriptor) & POLLIN)
			return false;
	}
	return true;
}

static void judge(struct talks *talks, unsigned number)
{
	const struct talk *talk = &talks->at[number];
	const struct end *client = &talk->ends[0], *server = &talk->ends[1];
	bool orderly = client->plan->fate == ORDERLY && server->plan->fate == ORDERLY;
	bool listens = talks->scenario->listeners[talk->plan->server].closes == NEVER;

	if (talk->plan->nobody_listens) {
		if (client->outcome != FAILED || client->error != ECONNREFUSED)
			FAIL(talks, "talk %u: outcome %d, error %d where nobody listens", number,
			     client->outcome, client->error);
		return;
	}
	if (orderly && listens && (client->outcome != FINISHED || server->outcome != FINISHED))
		FAIL(talks, "talk %u: both orderly, yet one did not finish", number);
	if ((client->outcome == FINISHED && server->outcome == FAILED) ||
	    (client->outcome == FAILED && server->outcome == FINISHED) ||
	    (client->outcome == FINISHED && server->outcome == OPEN))
		FAIL(talks, "talk %u: only one end knows that it failed", number);
}

void talks_close(struct talks *talks)
{
	for (unsigned number = 0; number < talks->scenario->talk_count; number++)
		judge(talks, number);
	for (unsigned number = 0; number < talks->scenario->host_count; number++) {
		struct listener *listener = &talks->listeners[number];
		if (!listener->closed)
			berth_close(talks->world->hosts[number], listener->descriptor);
		listener->closed = true;
		listener->actor.wake = NEVER;
	}
}

void talks_print(const struct talks *talks, FILE *to)
{
	static const char *const outcomes[] = { "open", "finished", "left", "failed" };

	for (unsigned number = 0; number < talks->scenario->talk_count * 2; number++) {
		const struct end *end = &talks->at[number / 2].ends[number % 2];
		fprintf(to,
			"  talk %u %s on host%u: %s, sent %u of %u, read %u, %s%s%s%s error %d\n",
			number / 2, side_of(end), end->host, fate_name(end->plan->fate), end->sent,
			end->plan->size, end->received, outcomes[end->outcome],
			end->shut ? ", shut" : "", end->ended ? ", ended" : "",
			end->talk->plan->nobody_listens ? ", nobody listens" : "", end->error);
	}
}
