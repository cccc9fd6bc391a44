#include "tcp/urgent.h"

void urgent_mark(struct tcp_connection *connection, uint32_t more)
{
	connection->urgent.sent_end = connection_queue_end(connection) + more;
}

bool urgent_is_unsent(const struct tcp_connection *connection)
{
	return connection->urgent.sent_end != connection->snd_una;
}

void urgent_acknowledged(struct tcp_connection *connection, uint32_t acknowledgment)
{
	if (sequence_before(connection->urgent.sent_end, acknowledgment))
		connection->urgent.sent_end = acknowledgment;
}

/* What is too far ahead for the field is told of later, or, if there is more in flight than that, as far as it goes. */
void urgent_tell(const struct tcp_connection *connection, struct tcp_header *header)
{
	uint32_t end = connection->urgent.sent_end;
	uint32_t ahead = end - header->sequence;

	if (!urgent_is_unsent(connection) || !sequence_before(header->sequence, end))
		return;
	if (ahead > UINT16_MAX &&
	    !sequence_after(header->sequence + UINT16_MAX, connection->snd_nxt))
		return;
	header->flags |= TCP_URG;
	header->urgent = ahead > UINT16_MAX ? UINT16_MAX : (uint16_t)ahead;
}

static uint32_t next_to_read(const struct tcp_connection *connection)
{
	return connection->rcv_nxt - connection->fin_received - connection->receive.size;
}

/* The octet before the pointer; a pointer of 0 is of the segment's first (Linux does this too). */
static uint32_t octet_of(const struct tcp_header *header)
{
	return header->sequence + header->urgent - (header->urgent != 0);
}

static bool is_news(const struct tcp_connection *connection, uint32_t octet)
{
	const struct urgent *urgent = &connection->urgent;

	if (sequence_before(octet, connection->rcv_nxt)) /* passed, or too late to take it out */
		return false;
	return urgent->state == URGENT_NONE || sequence_after(octet, urgent->octet);
}

static void announce(struct tcp_connection *connection, uint32_t octet)
{
	/* The last one, if it is the next to be read, would become an octet like any other. */
	if (urgent_is_hole(connection) && connection->receive.size > 0)
		queue_drop_front(&connection->receive, connection->tcp->pool, 1);
	connection->urgent.state = URGENT_ANNOUNCED;
	connection->urgent.octet = octet;
	connection_wake(connection);
}

void urgent_take(struct tcp_connection *connection, const struct segment *segment)
{
	const struct tcp_header *header = segment->header;
	const struct frame *frame = segment->packet->frame;
	struct urgent *urgent = &connection->urgent;

	if (!state_may_receive(connection->state))
		return;
	if (header->flags & TCP_URG && is_news(connection, octet_of(header)))
		announce(connection, octet_of(header));
	if (urgent->state != URGENT_ANNOUNCED)
		return;
	uint32_t offset = urgent->octet - header->sequence;
	if (offset >= frame_size(frame) - header->header_size)
		return;
	frame_copy_out(frame, header->header_size + offset, &urgent->value, 1);
	urgent->state = URGENT_HERE;
	connection_wake(connection);
}

void urgent_passed(struct tcp_connection *connection)
{
	struct urgent *urgent = &connection->urgent;

	if (urgent->state != URGENT_NONE && sequence_after(next_to_read(connection), urgent->octet))
		urgent->state = URGENT_NONE;
}

bool urgent_at_mark(const struct tcp_connection *connection)
{
	const struct urgent *urgent = &connection->urgent;
	return urgent->state != URGENT_NONE && urgent->octet == next_to_read(connection);
}

bool urgent_is_hole(const struct tcp_connection *connection)
{
	return urgent_at_mark(connection) && !connection->settings.urgent_in_line;
}

uint32_t urgent_distance(const struct tcp_connection *connection)
{
	uint32_t distance = connection->urgent.octet - next_to_read(connection);
	bool is_ahead = connection->urgent.state != URGENT_NONE && distance > 0;
	return is_ahead ? distance : UINT32_MAX;
}
