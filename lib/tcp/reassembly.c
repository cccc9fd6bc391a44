#include "tcp/reassembly.h"

struct run {
	struct list link;
	struct list by_time; /* in the ring of reassembly->latest */
	uint32_t start;
	struct queue bytes;
};

/* What is still to be placed: slices whose references are ours, and the first of them's sequence number. */
struct arrival {
	struct slice *slices;
	int count;
	uint32_t sequence;
	struct tcp_sack_block *known;
};

static struct run *run_of(struct list *node)
{
	return CONTAINER_OF(node, struct run, link);
}

static uint32_t run_end(const struct run *run)
{
	return run->start + run->bytes.size;
}

static void leave_ring(struct reassembly *reassembly, struct run *run)
{
	struct list *older = run->by_time.next;

	if (reassembly->latest == &run->by_time)
		reassembly->latest = older == &run->by_time ? NULL : older;
	list_remove(&run->by_time);
}

static void run_became_latest(struct reassembly *reassembly, struct run *run)
{
	leave_ring(reassembly, run);
	if (reassembly->latest)
		list_insert_before(reassembly->latest, &run->by_time);
	reassembly->latest = &run->by_time;
}

static void run_free(struct reassembly *reassembly, struct pool *pool, struct run *run)
{
	leave_ring(reassembly, run);
	list_remove(&run->link);
	reassembly->count--;
	reassembly->size -= run->bytes.size;
	queue_close(&run->bytes, pool);
	memory_give(pool_allocator(pool), run, sizeof *run);
}

void reassembly_close(struct reassembly *reassembly, struct pool *pool)
{
	if (!reassembly->runs.next)
		return;
	LIST_EACH_SAFE (node, &reassembly->runs)
		run_free(reassembly, pool, run_of(node));
}

static void arrival_drop(struct arrival *arrival, uint32_t size)
{
	arrival->sequence += size;
	while (size > 0) {
		struct slice *slice = &arrival->slices[0];
		if (slice->size > size) {
			slice->at += size;
			slice->size -= size;
			return;
		}
		size -= slice->size;
		block_release(slice->block);
		arrival->slices++;
		arrival->count--;
	}
}

static uint32_t arrival_size(const struct arrival *arrival)
{
	uint32_t size = 0;
	for (int index = 0; index < arrival->count; index++)
		size += arrival->slices[index].size;
	return size;
}

/* Moves the first size bytes to the end of a run. */
static bool arrival_move(struct arrival *arrival, uint32_t size, struct reassembly *reassembly,
			 struct pool *pool, struct run *run)
{
	while (size > 0) {
		struct slice piece = arrival->slices[0];
		if (piece.size > size)
			piece = slice_share_part(piece, 0, size);
		else
			block_hold(piece.block);
		if (!queue_append(&run->bytes, pool, piece)) {
			block_release(piece.block);
			return false;
		}
		reassembly->size += piece.size;
		size -= piece.size;
		arrival_drop(arrival, piece.size);
	}
	return true;
}

/* The first run that ends at or behind sequence; the list itself: none does. Most arrivals continue the last run. */
static struct list *find(struct reassembly *reassembly, uint32_t sequence)
{
	struct list *place = &reassembly->runs;
	while (place->previous != &reassembly->runs &&
	       !sequence_before(run_end(run_of(place->previous)), sequence))
		place = place->previous;
	return place;
}

static struct run *run_new(struct reassembly *reassembly, struct pool *pool, struct list *before,
			   uint32_t start)
{
	if (reassembly->count >= REASSEMBLY_RUNS_MOST)
		return NULL;
	struct run *run = memory_take(pool_allocator(pool), sizeof *run);
	if (!run)
		return NULL;
	run->start = start;
	list_init(&run->by_time);
	list_insert_before(before, &run->link);
	reassembly->count++;
	return run;
}

/* A run that has come to touch the next one swallows it. */
static void join_next(struct reassembly *reassembly, struct pool *pool, struct run *run)
{
	if (run->link.next == &reassembly->runs)
		return;
	struct run *next = run_of(run->link.next);
	if (run_end(run) == next->start && queue_append_queue(&run->bytes, pool, &next->bytes))
		run_free(reassembly, pool, next);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The next size bytes of the arrival were here already. */
static void pass_known(struct arrival *arrival, uint32_t size)
{
	struct tcp_sack_block *known = arrival->known;

	if (known->left == known->right)
		*known = (struct tcp_sack_block){ arrival->sequence, arrival->sequence };
	if (known->right == arrival->sequence)
		known->right += size;
	arrival_drop(arrival, size);
}

/* Places what begins the arrival, up to the next run; false: no room. */
static bool place_piece(struct reassembly *reassembly, struct pool *pool, struct arrival *arrival)
{
	struct list *place = find(reassembly, arrival->sequence);
	uint32_t size = arrival_size(arrival);
	struct run *run = place == &reassembly->runs ? NULL : run_of(place);

	if (run && !sequence_after(run->start, arrival->sequence)) {
		uint32_t known = run_end(run) - arrival->sequence;
		if (known > 0) {
			pass_known(arrival, least(known, size));
			run_became_latest(reassembly, run);
			return true;
		}
	} else {
		run = run_new(reassembly, pool, place, arrival->sequence);
		if (!run)
			return false;
	}
	if (run->link.next != &reassembly->runs)
		size = least(size, run_of(run->link.next)->start - arrival->sequence);
	if (size == 0) /* two runs touch that found no memory to join */
		return false;
	bool moved = arrival_move(arrival, size, reassembly, pool, run);
	if (run->bytes.size == 0) {
		run_free(reassembly, pool, run);
		return false;
	}
	join_next(reassembly, pool, run);
	run_became_latest(reassembly, run);
	return moved;
}

/* Does it hold too many slices for its bytes? */
static bool is_crowded(const struct reassembly *reassembly)
{
	uint32_t slices = 0;
	LIST_EACH (node, &reassembly->runs)
		slices += run_of(node)->bytes.count;
	return slices >= REASSEMBLY_SLICES_FREE + reassembly->size / REASSEMBLY_SLICE_LEAST;
}

bool reassembly_insert(struct reassembly *reassembly, struct pool *pool, uint32_t sequence,
		       struct slice *slices, int count, struct tcp_sack_block *known)
{
	struct arrival arrival = { slices, count, sequence, known };

	*known = (struct tcp_sack_block){ 0 };

	if (!reassembly->runs.next)
		list_init(&reassembly->runs);
	bool crowded = is_crowded(reassembly);
	while (arrival.count > 0) {
		if (crowded || !place_piece(reassembly, pool, &arrival)) {
			arrival_drop(&arrival, arrival_size(&arrival));
			return false;
		}
	}
	return true;
}

uint32_t reassembly_latest(const struct reassembly *reassembly, struct tcp_sack_block *blocks,
			   uint32_t most)
{
	struct list *node = reassembly->latest;
	uint32_t count = 0;

	for (; count < least(most, reassembly->count); count++, node = node->next) {
		const struct run *run = CONTAINER_OF(node, struct run, by_time);
		blocks[count] = (struct tcp_sack_block){ run->start, run_end(run) };
	}
	return count;
}

uint32_t reassembly_end(const struct reassembly *reassembly, uint32_t sequence)
{
	return reassembly->count > 0 ? run_end(run_of(reassembly->runs.previous)) : sequence;
}

uint32_t reassembly_take(struct reassembly *reassembly, struct pool *pool, uint32_t sequence,
			 struct queue *queue, struct tcp_sack_block *known)
{
	*known = (struct tcp_sack_block){ 0 };
	if (!reassembly->runs.next)
		return 0;

	while (!list_is_empty(&reassembly->runs)) {
		struct run *run = run_of(reassembly->runs.next);
		if (sequence_after(run->start, sequence))
			return 0;
		uint32_t passed = least(sequence - run->start, run->bytes.size);
		if (known->left == known->right)
			known->left = run->start;
		known->right = run->start + passed;
		if (passed == run->bytes.size) {
			run_free(reassembly, pool, run);
			continue;
		}
		queue_drop_front(&run->bytes, pool, passed);
		run->start = sequence;
		reassembly->size -= passed;
		uint32_t size = run->bytes.size;
		if (!queue_append_queue(queue, pool, &run->bytes))
			return 0;
		reassembly->size -= size;
		run_free(reassembly, pool, run);
		return size;
	}
	return 0;
}
