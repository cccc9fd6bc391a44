#include "tcp/news.h"

static uint64_t now_of(const struct news *news)
{
	return news->connection->tcp->clock->now;
}

void news_begin(struct news *news, struct tcp_connection *connection,
		const struct tcp_header *header)
{
	const struct scoreboard *board = &connection->board;
	bool stamped = connection->timestamps && header->options.has_timestamps;

	*news = (struct news){
		.connection = connection,
		.una = connection->snd_una,
		.in_flight = connection_in_flight(connection),
		.highest_sacked = board->sacked ? board->highest_sacked : connection->snd_una,
		.marked = ecn_is_echoed(connection, header),
		.echo = stamped ? header->options.timestamp_echo : 0,
	};
}

static void note_time(uint64_t *first, uint64_t *last, uint64_t sent_at)
{
	if (*first == 0)
		*first = sent_at;
	*last = sent_at;
}

static void note_original(struct news *news, const struct sending *sending)
{
	const struct recovery *recovery = &news->connection->recovery;

	if (sequence_before(sending->start, news->highest_sacked) &&
	    (!news->reordered || sequence_before(sending->start, news->lowest))) {
		news->reordered = true;
		news->lowest = sending->start;
	}
	if (!sequence_after(sending->end, recovery->high))
		news->original = true;
	if (news->by_sack)
		note_time(&news->first_sacked_at, &news->last_sacked_at, sending->sent_at);
	else
		note_time(&news->first_acknowledged_at, &news->last_acknowledged_at,
			  sending->sent_at);
}

static void arrived(void *context, const struct sending *sending)
{
	struct news *news = context;
	uint32_t size = sending->end - sending->start;

	news->delivered += size;
	if (news->by_sack)
		news->sacked += size;
	if (!sending->repeated)
		note_original(news, sending);
	else if (!news->by_sack)
		news->again = true;
	rack_arrived(&news->connection->rack, sending, now_of(news));
	rate_arrived(&news->connection->rate, &news->newest,
		     &(struct rate_newest){ .mark = sending->mark,
					    .sent_at = sending->sent_at,
					    .order = sending->order,
					    .end = sending->end,
					    .repeated = sending->repeated });
}

/* RFC 2883, 4: a first block below the acknowledgment, or within the second. */
static bool is_duplicate(const struct tcp_header *header)
{
	const struct tcp_sack_block *blocks = header->options.sack;

	if (sequence_before(blocks[0].left, header->acknowledgment))
		return true;
	return header->options.sack_count > 1 &&
	       !sequence_after(blocks[0].right, blocks[1].right) &&
	       !sequence_before(blocks[0].left, blocks[1].left);
}

/* What was SACKed lies in what is outstanding, and what came twice not further back than any window reached. */
static bool is_valid(const struct tcp_connection *connection, const struct tcp_sack_block *block,
		     bool duplicate)
{
	if (!sequence_before(block->left, block->right) ||
	    sequence_after(block->right, connection->snd_nxt))
		return false;
	if (!sequence_before(block->left, connection->snd_una))
		return true;
	return duplicate &&
	       !sequence_before(block->left, connection->snd_una - connection->snd_wnd_most);
}

/* What came twice that we sent once was the network's doing. */
static bool is_ours(struct tcp_connection *connection, uint32_t size)
{
	connection->recovery.duplicates += (size + connection->mss - 1) / connection->mss;
	return connection->recovery.duplicates <= connection->retransmitted;
}

static void take_duplicate(struct news *news, const struct tcp_sack_block *block)
{
	struct tcp_connection *connection = news->connection;
	struct recovery *recovery = &connection->recovery;
	uint32_t size = block->right - block->left;

	news->came_twice = true;
	if (!is_ours(connection, size))
		return;
	news->probe_came_twice = recovery->probing && recovery->probe_end == block->right;
	if (connection->rack.reordering_seen && !news->probe_came_twice)
		connection->rack.duplicate_seen = true;
	if (recovery->may_undo && sequence_after(block->right, recovery->undo_from))
		recovery->undo_left -= size < recovery->undo_left ? size : recovery->undo_left;
}

void news_take_sack(struct news *news, const struct tcp_header *header)
{
	struct tcp_connection *connection = news->connection;
	bool duplicate = header->options.sack_count > 0 && is_duplicate(header);

	if (!connection->sack)
		return;
	news->by_sack = true;
	for (uint32_t index = 0; index < header->options.sack_count; index++) {
		struct tcp_sack_block block = header->options.sack[index];
		bool first_twice = index == 0 && duplicate;
		if (!is_valid(connection, &block, first_twice))
			continue;
		if (first_twice)
			take_duplicate(news, &block);
		else
			scoreboard_sack(&connection->board, &connection->tcp->sendings, block.left,
					block.right, arrived, news);
	}
	news->by_sack = false;
}

void news_take_acknowledgment(struct news *news, uint32_t acknowledgment)
{
	struct tcp_connection *connection = news->connection;

	news->acknowledged = acknowledgment - connection->snd_una;
	scoreboard_acknowledge(&connection->board, &connection->tcp->sendings, acknowledgment,
			       arrived, news);
	const struct sending *first = scoreboard_first(&connection->board);
	news->reneged = first && first->sacked;
}

static uint64_t since(const struct news *news, uint64_t sent_at)
{
	uint64_t rtt = now_of(news) - sent_at;
	return rtt ? rtt : 1;
}

uint64_t news_rtt(const struct news *news)
{
	if (news->first_acknowledged_at && !news->again)
		return since(news, news->first_acknowledged_at);
	return news->first_sacked_at ? since(news, news->first_sacked_at) : 0;
}

uint64_t news_latest_rtt(const struct news *news)
{
	if (news->last_acknowledged_at && !news->again)
		return since(news, news->last_acknowledged_at);
	return news->last_sacked_at ? since(news, news->last_sacked_at) : 0;
}
