#include "tcp/undo.h"

#include "tcp/negotiation.h"

void undo_begin(struct tcp_connection *connection)
{
	struct recovery *recovery = &connection->recovery;

	recovery->may_undo = true;
	recovery->undo_from = connection->snd_una;
	recovery->undo_left = connection->board.again;
	recovery->sent_again = recovery->undo_left > 0;
}

void undo_note_sent_again(struct tcp_connection *connection, uint32_t size)
{
	struct recovery *recovery = &connection->recovery;

	recovery->undo_left += size;
	recovery->sent_again = true;
	if (recovery->stamped)
		return;
	recovery->stamped = true;
	recovery->stamp = negotiation_timestamp(connection);
}

bool undo_is_delayed(const struct tcp_connection *connection, const struct news *news)
{
	const struct recovery *recovery = &connection->recovery;

	if (!recovery->stamped)
		return true;
	return news->echo && sequence_before(news->echo, recovery->stamp);
}

bool undo_all_came_twice(const struct tcp_connection *connection)
{
	const struct recovery *recovery = &connection->recovery;
	return recovery->may_undo && recovery->sent_again && recovery->undo_left == 0;
}

bool undo_is_due(const struct tcp_connection *connection, const struct news *news)
{
	return connection->recovery.may_undo &&
	       (undo_all_came_twice(connection) || undo_is_delayed(connection, news));
}

void undo_run(struct tcp_connection *connection, bool found)
{
	if (found)
		scoreboard_find_all(&connection->board);
	congestion_undo(&connection->congestion, connection->tcp->clock->now);
	connection->recovery.may_undo = false;
	connection->rack.advanced = true;
}
