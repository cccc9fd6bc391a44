#include "tcp/sack.h"

enum {
	BLOCKS_MOST = 4,
	BLOCKS_MOST_WITH_TIMESTAMPS = 3,
	SIZE_FIXED = 4, /* two nops, kind, length */
	SIZE_BLOCK = 8,
};

static bool has_duplicate(const struct tcp_connection *connection)
{
	return connection->duplicate_left != connection->duplicate_right;
}

void sack_note_duplicate(struct tcp_connection *connection, uint32_t left, uint32_t right)
{
	if (!connection->sack || !connection->tcp->tunables.dsack || left == right)
		return;
	if (!has_duplicate(connection)) {
		connection->duplicate_left = left;
		connection->duplicate_right = right;
		return;
	}
	bool touches = !sequence_after(left, connection->duplicate_right) &&
		       !sequence_after(connection->duplicate_left, right);
	if (!touches)
		return;
	if (sequence_before(left, connection->duplicate_left))
		connection->duplicate_left = left;
	if (sequence_after(right, connection->duplicate_right))
		connection->duplicate_right = right;
}

/* A FIN that came early takes a number behind the last run; or, where the text before it is missing, a block of its own. */
static bool has_early_fin(const struct tcp_connection *connection)
{
	return connection->fin_seen && !connection->fin_received;
}

static bool has_bare_fin(const struct tcp_connection *connection)
{
	uint32_t end = reassembly_end(&connection->early, connection->rcv_nxt);
	return has_early_fin(connection) && sequence_before(end, connection->fin_sequence);
}

static uint32_t block_count(const struct tcp_connection *connection)
{
	if (!connection->sack)
		return 0;
	uint32_t most = connection->timestamps ? BLOCKS_MOST_WITH_TIMESTAMPS : BLOCKS_MOST;
	uint32_t count =
		connection->early.count + has_duplicate(connection) + has_bare_fin(connection);
	return count < most ? count : most;
}

uint32_t sack_size(const struct tcp_connection *connection)
{
	uint32_t count = block_count(connection);
	return count ? SIZE_FIXED + count * SIZE_BLOCK : 0;
}

/* Runs and FIN, the latest first. Returns how many blocks. */
static uint32_t tell_early(const struct tcp_connection *connection, struct tcp_sack_block *blocks,
			   uint32_t most)
{
	const struct tcp_sack_block fin = { connection->fin_sequence,
					    connection->fin_sequence + 1 };
	bool bare = has_bare_fin(connection);
	uint32_t told = 0;

	if (bare && connection->fin_is_latest && most > 0)
		blocks[told++] = fin;
	told += reassembly_latest(&connection->early, blocks + told, most - told);
	if (bare && !connection->fin_is_latest && told < most)
		blocks[told++] = fin;
	for (uint32_t index = 0; !bare && has_early_fin(connection) && index < told; index++)
		blocks[index].right += blocks[index].right == connection->fin_sequence;
	return told;
}

void sack_tell(struct tcp_connection *connection, struct tcp_options *options)
{
	uint32_t count = block_count(connection);
	uint32_t told = 0;

	if (count == 0)
		return;
	if (has_duplicate(connection)) {
		options->sack[told++] = (struct tcp_sack_block){ connection->duplicate_left,
								 connection->duplicate_right };
		connection->duplicate_left = connection->duplicate_right = 0;
	}
	told += tell_early(connection, options->sack + told, count - told);
	options->sack_count = (uint8_t)told;
}
