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

static uint32_t block_count(const struct tcp_connection *connection)
{
	if (!connection->sack)
		return 0;
	uint32_t most = connection->timestamps ? BLOCKS_MOST_WITH_TIMESTAMPS : BLOCKS_MOST;
	uint32_t count = connection->early.count + has_duplicate(connection);
	return count < most ? count : most;
}

uint32_t sack_size(const struct tcp_connection *connection)
{
	uint32_t count = block_count(connection);
	return count ? SIZE_FIXED + count * SIZE_BLOCK : 0;
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
	told += reassembly_latest(&connection->early, options->sack + told, count - told);
	options->sack_count = (uint8_t)told;
}
