#include "daemon/session.h"

#include "daemon/calls.h"
#include "daemon/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LETTERS_SIZE_MOST = 16 << 20, /* a listing of 100,000 sockets */
	MESSAGES_A_TURN = 16,
};

/* A message that waits for room. */
struct letter {
	STAILQ_ENTRY(letter) link;
	struct control_header header;
	uint8_t data[];
};

static void want_out(struct session *session, bool wanted)
{
	loop_change(&session->daemon->loop, session->socket, &session->source,
		    EPOLLIN | (wanted ? EPOLLOUT : 0));
}

/* Cut off by its own silence: the descriptor is shut, and its end is read in the next round. */
static void cut_off(struct session *session)
{
	shutdown(session->socket, SHUT_RDWR);
}

static void keep_letter(struct session *session, const struct control_header *header,
			const void *data)
{
	struct letter *letter = NULL;

	if (session->letters_size + header->size <= LETTERS_SIZE_MOST)
		letter = malloc(sizeof *letter + header->size);
	if (!letter) {
		cut_off(session);
		return;
	}
	letter->header = *header;
	if (header->size > 0)
		memcpy(letter->data, data, header->size);
	if (STAILQ_EMPTY(&session->letters))
		want_out(session, true);
	STAILQ_INSERT_TAIL(&session->letters, letter, link);
	session->letters_size += header->size + sizeof *letter;
}

static void drop_letter(struct session *session)
{
	struct letter *letter = STAILQ_FIRST(&session->letters);

	session->letters_size -= letter->header.size + sizeof *letter;
	STAILQ_REMOVE_HEAD(&session->letters, link);
	free(letter);
}

static void send_letters(struct session *session)
{
	while (!STAILQ_EMPTY(&session->letters)) {
		struct letter *letter = STAILQ_FIRST(&session->letters);
		if (control_send(session->socket, &letter->header, letter->data, -1) == -EAGAIN)
			return;
		drop_letter(session);
	}
	want_out(session, false);
}

/* An error other than -EAGAIN is the other side's end, and its end will be read. */
void session_reply(struct session *session, uint32_t kind, uint32_t id, int result,
		   const void *data, size_t size)
{
	const struct control_header header = {
		.kind = kind,
		.id = id,
		.a = result,
		.size = (uint32_t)size,
	};
	if (!STAILQ_EMPTY(&session->letters) ||
	    control_send(session->socket, &header, data, -1) == -EAGAIN)
		keep_letter(session, &header, data);
}

int session_pass(struct session *session, const struct control_header *header, const void *data,
		 int descriptor)
{
	return control_send(session->socket, header, data, descriptor);
}

static void answer(struct session *session, const struct control_message *message, int *descriptor)
{
	uint8_t out[CONTROL_DATA_MOST];
	struct call call = {
		.session = session,
		.header = &message->header,
		.data = message->data,
		.descriptor = *descriptor,
		.out = out,
	};
	int result = calls_do(&call);
	*descriptor = call.descriptor;
	if (result != CALL_NO_REPLY)
		session_reply(session, call.header->kind, call.header->id, result, call.out,
			      call.out_size);
}

/* One message; false when there are no more. */
static bool hear(struct session *session)
{
	struct control_message message;
	int descriptor;

	ptrdiff_t size = control_receive(session->socket, &message, &descriptor);
	if (size == -EAGAIN)
		return false;
	if (size > 0)
		answer(session, &message, &descriptor);
	else
		session_end(session);
	if (descriptor >= 0)
		close(descriptor);
	return size > 0;
}

static void session_ready(struct source *source, uint32_t events)
{
	struct session *session = (struct session *)source;

	if (events & EPOLLOUT)
		send_letters(session);
	for (int i = 0; i < MESSAGES_A_TURN && !source->buried; i++)
		if (!hear(session))
			break;
}

void session_begin(struct daemon *daemon, int socket)
{
	struct session *session = calloc(1, sizeof *session);
	if (!session) {
		close(socket);
		return;
	}

	session->source.ready = session_ready;
	session->daemon = daemon;
	session->socket = socket;
	TAILQ_INIT(&session->waits);
	STAILQ_INIT(&session->letters);
	if (loop_add(&daemon->loop, socket, &session->source, EPOLLIN) < 0) {
		close(socket);
		free(session);
		return;
	}
	TAILQ_INSERT_TAIL(&daemon->sessions, session, link);
}

void session_end(struct session *session)
{
	struct daemon *daemon = session->daemon;

	connect_leave_all(session);
	if (session->host)
		host_session_left(session->host);
	while (!STAILQ_EMPTY(&session->letters))
		drop_letter(session);
	TAILQ_REMOVE(&daemon->sessions, session, link);
	close(session->socket);
	loop_bury(&daemon->loop, &session->source);
	daemon_timer_by(daemon, TIMER_END, daemon->now);
}
