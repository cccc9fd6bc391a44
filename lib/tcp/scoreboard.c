#include "tcp/scoreboard.h"

#include "base/assert.h"

void sendings_init(struct sendings *sendings, const struct berth_allocator *allocator)
{
	*sendings = (struct sendings){ .allocator = allocator };
	list_init(&sendings->spare);
}

void sendings_close(struct sendings *sendings)
{
	LIST_EACH_SAFE (node, &sendings->spare)
		memory_give(sendings->allocator, sending_of(node), sizeof(struct sending));
	list_init(&sendings->spare);
	sendings->spare_count = 0;
}

/* NULL: no memory. */
static struct sending *take(struct sendings *sendings)
{
	if (sendings->spare_count == 0)
		return memory_take_raw(sendings->allocator, sizeof(struct sending));
	sendings->spare_count--;
	return sending_of(list_take_first(&sendings->spare));
}

static void give(struct sendings *sendings, struct sending *sending)
{
	if (sendings->spare_count == SENDINGS_SPARE_MOST) {
		memory_give(sendings->allocator, sending, sizeof *sending);
		return;
	}
	list_insert_before(sendings->spare.next, &sending->link);
	sendings->spare_count++;
}

static uint32_t size_of(const struct sending *sending)
{
	return sending->end - sending->start;
}

/* NULL: there is none. */
static struct sending *next_of(const struct scoreboard *board, const struct sending *sending)
{
	return sending->link.next == &board->sendings ? NULL : sending_of(sending->link.next);
}

static struct sending *previous_of(const struct scoreboard *board, const struct sending *sending)
{
	return sending->link.previous == &board->sendings ? NULL
							  : sending_of(sending->link.previous);
}

static bool is_waiting(const struct sending *sending)
{
	return sending->lost && !sending->again;
}

/* The counts are never more than what is outstanding, and what was sent again is part of it. */
static void check(const struct scoreboard *board)
{
	uint32_t outstanding = board->count ? sending_of(board->sendings.previous)->end -
						      sending_of(board->sendings.next)->start
					    : 0;
	assert(board->sacked <= outstanding && board->lost <= outstanding - board->sacked &&
	       board->again <= outstanding - board->sacked);
}

static void forget(struct scoreboard *board, struct sendings *sendings, struct sending *sending)
{
	struct sending *next = next_of(board, sending);

	if (board->near == sending)
		board->near = next ? next : previous_of(board, sending);
	if (board->waiting == sending)
		board->waiting = next;
	list_remove(&sending->by_time);
	list_remove(&sending->link);
	board->count--;
	give(sendings, sending);
}

void scoreboard_close(struct scoreboard *board, struct sendings *sendings)
{
	while (board->count > 0)
		forget(board, sendings, scoreboard_first(board));
	board->sacked = board->lost = board->again = board->sacked_segments = 0;
}

bool scoreboard_prepare(struct scoreboard *board, struct sendings *sendings)
{
	if (board->count > 0 || sendings->spare_count > 0) /* it can join the last */
		return true;
	struct sending *sending = take(sendings);
	if (!sending)
		return false;
	give(sendings, sending);
	return true;
}

static bool marks_are_equal(const struct rate_mark *a, const struct rate_mark *b)
{
	return a->delivered == b->delivered && a->first_sent_at == b->first_sent_at;
}

/* Sent at the same moment and cut alike, with nothing in between, they are one. */
static bool continues(const struct scoreboard *board, const struct sending *last,
		      const struct sending *sending)
{
	return last->order == board->order && last->sent_at == sending->sent_at &&
	       last->mss == sending->mss && size_of(last) % last->mss == 0 && !last->sacked &&
	       !last->lost && !last->repeated && marks_are_equal(&last->mark, &sending->mark);
}

/* For want of a range of its own. Nothing is taken for SACKed that was not. */
static void join_last(struct scoreboard *board, const struct sending *sending)
{
	struct sending *last = scoreboard_last(board);

	if (last->sacked) {
		board->sacked -= size_of(last);
		board->sacked_segments -= last->sacked_segments;
		last->sacked = false;
		list_append(&board->by_time, &last->by_time);
	}
	if (last->lost)
		board->lost += size_of(sending);
	if (last->again)
		board->again += size_of(sending);
	last->end = sending->end;
}

void scoreboard_sent(struct scoreboard *board, struct sendings *sendings,
		     const struct sending *sending)
{
	if (!board->sendings.next) {
		list_init(&board->sendings);
		list_init(&board->by_time);
	}
	struct sending *last = scoreboard_last(board);
	assert(!last || last->end == sending->start);
	if (last && continues(board, last, sending)) {
		last->end = sending->end;
		return;
	}
	struct sending *added = board->count < SENDINGS_MOST ? take(sendings) : NULL;
	if (!added) {
		assert(last);
		join_last(board, sending);
		return;
	}
	*added = *sending;
	added->order = ++board->order;
	list_append(&board->sendings, &added->link);
	list_append(&board->by_time, &added->by_time);
	board->count++;
}

/* The first range that ends behind sequence; NULL: none does. Found from where the last one was. */
static struct sending *find(struct scoreboard *board, uint32_t sequence)
{
	struct sending *sending = board->near ? board->near : scoreboard_last(board);

	if (!sending)
		return NULL;
	for (struct sending *before = previous_of(board, sending);
	     before && sequence_after(before->end, sequence); before = previous_of(board, sending))
		sending = before;
	while (sending && !sequence_after(sending->end, sequence))
		sending = next_of(board, sending);
	if (sending)
		board->near = sending;
	return sending;
}

bool scoreboard_part(struct scoreboard *board, struct sendings *sendings, struct sending *sending,
		     uint32_t size)
{
	assert(size > 0 && size < size_of(sending));
	struct sending *rest = board->count < SENDINGS_MOST ? take(sendings) : NULL;
	if (!rest)
		return false;

	*rest = *sending;
	rest->start = sending->end = sending->start + size;
	list_insert_before(sending->link.next, &rest->link);
	if (list_is_empty(&sending->by_time))
		list_init(&rest->by_time);
	else
		list_insert_before(sending->by_time.next, &rest->by_time);
	board->count++;
	return true;
}

uint32_t scoreboard_lose(struct scoreboard *board, struct sending *sending)
{
	uint32_t size = size_of(sending);
	uint32_t left = 0;

	if (sending->sacked || is_waiting(sending))
		return 0;
	if (sending->again) {
		board->again -= size;
		left += size;
	}
	if (!sending->lost) {
		board->lost += size;
		left += size;
	}
	sending->again = false;
	sending->lost = true;
	list_remove(&sending->by_time);
	if (!board->waiting || sequence_before(sending->start, board->waiting->start))
		board->waiting = sending;
	check(board);
	return left;
}

struct sending *scoreboard_waiting(struct scoreboard *board)
{
	while (board->waiting && !is_waiting(board->waiting))
		board->waiting = next_of(board, board->waiting);
	return board->waiting;
}

/* They had been sent before what was not lost. */
void scoreboard_find_all(struct scoreboard *board)
{
	for (struct sending *sending = scoreboard_last(board); sending;
	     sending = previous_of(board, sending)) {
		if (is_waiting(sending))
			list_insert_before(board->by_time.next, &sending->by_time);
		sending->lost = false;
	}
	board->lost = 0;
	board->waiting = NULL;
}

uint32_t scoreboard_gather(struct scoreboard *board, struct sendings *sendings,
			   struct sending *sending, uint32_t most)
{
	uint16_t mss = sending->mss;
	uint32_t total = 0;
	bool first = true;

	while (sending && (first || (is_waiting(sending) && total % mss == 0))) {
		uint32_t size = size_of(sending), room = most - total;
		if (size > room) {
			uint32_t fit = first && room < mss ? room : room / mss * mss;
			return fit && scoreboard_part(board, sendings, sending, fit) ? total + fit
										     : total;
		}
		total += size;
		if (!is_waiting(sending))
			break;
		sending = next_of(board, sending);
		first = false;
	}
	return total;
}

void scoreboard_sent_again(struct scoreboard *board, struct sendings *sendings,
			   const struct sending *sending)
{
	struct sending *again = find(board, sending->start);
	assert(again && again->start == sending->start && !again->sacked);

	while (again->end != sending->end) { /* what went in one piece is one from now on */
		struct sending *next = next_of(board, again);
		assert(next && is_waiting(again) && is_waiting(next));
		again->end = next->end;
		forget(board, sendings, next);
	}
	if (!again->again)
		board->again += size_of(again);
	again->again = again->repeated = true;
	again->mss = sending->mss;
	again->order = ++board->order;
	again->sent_at = sending->sent_at;
	again->mark = sending->mark;
	list_remove(&again->by_time);
	list_append(&board->by_time, &again->by_time);
	check(board);
}

struct sending *scoreboard_last_missing(struct scoreboard *board)
{
	struct sending *last = scoreboard_last(board);
	return last && last->sacked ? previous_of(board, last) : last;
}

/* It has left the network: none of its marks counts any more. */
static void uncount(struct scoreboard *board, const struct sending *sending)
{
	uint32_t size = size_of(sending);

	if (sending->sacked) {
		board->sacked -= size;
		board->sacked_segments -= sending->sacked_segments;
	}
	if (sending->lost)
		board->lost -= size;
	if (sending->again)
		board->again -= size;
}

void scoreboard_acknowledge(struct scoreboard *board, struct sendings *sendings, uint32_t una,
			    scoreboard_delivered *delivered, void *context)
{
	while (board->count > 0) {
		struct sending *first = scoreboard_first(board);
		if (!sequence_after(una, first->start))
			break;
		struct sending part = *first;
		if (sequence_before(
			    una, part.end)) { /* SACKed in part: what is left counts for them all */
			part.end = una;
			part.sacked_segments = 0;
		}
		if (!part.sacked)
			delivered(context, &part);
		uncount(board, &part);
		if (part.end == first->end)
			forget(board, sendings, first);
		else
			first->start = una;
	}
	check(board);
}

static void swallow(struct scoreboard *board, struct sendings *sendings, struct sending *sending,
		    struct sending *next)
{
	sending->end = next->end;
	sending->sacked_segments += next->sacked_segments;
	if (board->near == next)
		board->near = sending;
	forget(board, sendings, next);
}

/* Neighbours that are SACKed are one. Returns what sending has become part of. */
static struct sending *join_sacked(struct scoreboard *board, struct sendings *sendings,
				   struct sending *sending)
{
	struct sending *before = previous_of(board, sending), *next = next_of(board, sending);

	if (next && next->sacked)
		swallow(board, sendings, sending, next);
	if (!before || !before->sacked)
		return sending;
	swallow(board, sendings, before, sending);
	return before;
}

static struct sending *mark_sacked(struct scoreboard *board, struct sendings *sendings,
				   struct sending *sending, scoreboard_delivered *delivered,
				   void *context)
{
	delivered(context, sending);
	uncount(board, sending);
	sending->lost = sending->again = false;
	sending->sacked = true;
	list_remove(&sending->by_time);
	if (board->sacked == 0 || sequence_after(sending->end, board->highest_sacked))
		board->highest_sacked = sending->end;
	board->sacked += size_of(sending);
	sending->sacked_segments = (size_of(sending) + sending->mss - 1) / sending->mss;
	board->sacked_segments += sending->sacked_segments;
	return join_sacked(board, sendings, sending);
}

/* The part of the range that the block covers, in whole segments and not SACKed yet, as a range of its own; NULL: there is
 * none, or it cannot be cut out. */
static struct sending *covered(struct scoreboard *board, struct sendings *sendings,
			       struct sending *sending, uint32_t left, uint32_t right)
{
	uint32_t mss = sending->mss, size = size_of(sending);
	uint32_t from = 0, to = size;

	if (sequence_before(sending->start, left))
		from = (left - sending->start + mss - 1) / mss * mss;
	if (sequence_after(sending->end, right))
		to = (right - sending->start) / mss * mss;
	if (sending->sacked || from >= to)
		return NULL;
	if (from > 0) {
		if (!scoreboard_part(board, sendings, sending, from))
			return NULL;
		sending = next_of(board, sending);
	}
	if (to < size && !scoreboard_part(board, sendings, sending, to - from))
		return NULL;
	return sending;
}

void scoreboard_sack(struct scoreboard *board, struct sendings *sendings, uint32_t left,
		     uint32_t right, scoreboard_delivered *delivered, void *context)
{
	struct sending *sending = find(board, left);

	while (sending && sequence_before(sending->start, right)) {
		struct sending *part = covered(board, sendings, sending, left, right);
		if (part)
			sending = mark_sacked(board, sendings, part, delivered, context);
		sending = next_of(board, sending);
	}
	check(board);
}

void scoreboard_renege(struct scoreboard *board)
{
	for (struct sending *sending = scoreboard_first(board); sending;
	     sending = next_of(board, sending)) {
		if (!sending->sacked)
			continue;
		sending->sacked = false;
		list_append(&board->by_time, &sending->by_time);
	}
	board->sacked = board->sacked_segments = 0;
}
