#include "conformance/player/play.h"

#include "conformance/player/code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How long what is not said to take any time may take. Real time is dear. */
static int64_t patience(const struct play *play)
{
	return play->stack->operations->waits_by_itself ? INT64_C(5000000000)
							: INT64_C(600000000000);
}

static bool goes_on(const struct play *play)
{
	return play->outcome->kind == PASSED;
}

/* The stack has sent something. What is of no conversation here, and is no TCP, UDP or ICMP, is passed over. */
static void note_output(void *context, const uint8_t *bytes, size_t size, int64_t time)
{
	struct play *play = context;
	struct packet packet;
	const char *wrong;

	if (!packet_read(bytes, size, &packet, &wrong)) {
		if (wrong)
			outcome_fail(play->outcome, 0, "%s in what was sent", wrong);
		return;
	}
	packet.time = time;
	if (!flow_of_live(&play->flows, &packet))
		return;
	struct seen_packet *seen = arena_take(play->arena, sizeof *seen + packet.size);
	seen->packet = packet;
	memcpy(seen->payload, packet.payload, packet.size);
	seen->packet.payload = seen->payload;
	*play->seen_end = seen;
	play->seen_end = &seen->next;
}

static struct seen_packet *take_seen(struct play *play)
{
	struct seen_packet *seen = play->seen;

	if (!seen)
		return NULL;
	play->seen = seen->next;
	if (!play->seen)
		play->seen_end = &play->seen;
	return seen;
}

/* A call that waited is done: in time? */
static void finish_call(struct play *play, struct caller *caller)
{
	const struct event *event = caller->event;

	if (caller->outcome.kind != PASSED && goes_on(play))
		*play->outcome = caller->outcome;
	if (event->call.blocks && goes_on(play)) {
		struct event end = { .time_kind = TIME_ABSOLUTE, .line = event->line };
		match_time(play, &end, event->call.end, caller->ended, "end of the call",
			   play->outcome);
	}
	free(caller);
}

/* A stack that waits by itself is asked once, by a thread; one that does not, whenever something may have happened. */
static bool is_done(struct play *play, struct caller *caller)
{
	if (play->stack->operations->waits_by_itself)
		return atomic_load(&caller->done) && pthread_join(caller->thread, NULL) == 0;
	caller->ended = play->now;
	return call_run(caller);
}

static void ask_again(struct play *play)
{
	struct caller *caller = play->waiting;

	if (!caller || !is_done(play, caller))
		return;
	play->waiting = NULL;
	finish_call(play, caller);
}

static void *run_beside(void *context)
{
	struct caller *caller = context;
	struct stack *stack = caller->play->stack;

	call_run(caller);
	caller->ended = stack->operations->now(stack);
	atomic_store(&caller->done, true);
	stack->operations->wake(stack);
	return NULL;
}

/* One step of time, to until at the latest, and what comes of it. */
static void step(struct play *play, int64_t until)
{
	int64_t limit = until;

	if (play->waiting && play->waiting->deadline < limit && play->waiting->deadline > play->now)
		limit = play->waiting->deadline;
	play->now = play->stack->operations->wait(play->stack, limit);
	ask_again(play);
}

/* All that follows at this moment from what was just done. */
static void settle(struct play *play)
{
	step(play, play->now);
	if (play->waiting)
		step(play, play->now);
}

static void wait_until(struct play *play, int64_t time)
{
	while (goes_on(play) && play->now < time)
		step(play, time);
}

static void run_inbound(struct play *play, const struct event *event)
{
	static uint8_t bytes[PACKET_MOST], body[FLOW_BODY_MOST];
	struct packet packet;
	struct flow *flow = flow_of_inbound(&play->flows, &event->packet);

	if (!flow) {
		outcome_fail(play->outcome, event->line, "no socket for this packet");
		return;
	}
	if (!flow_to_live(&play->flows, flow, &event->packet, &packet, body, play->outcome))
		return;
	size_t size = packet_write(&packet, bytes);
	if (size == 0) {
		outcome_fail(play->outcome, event->line, "this packet is too large");
		return;
	}
	play->stack->operations->input(play->stack, bytes, size);
}

/* Does this one go on where the large segment that is being gathered ends? Small ones then, but the last, are of one
 * size, and differ in PSH and FIN alone. */
static bool continues(const struct packet *whole, const struct packet *next, uint32_t piece)
{
	const uint16_t free_flags = 0x09 | 0x80; /* FIN, PSH and CWR */

	return next->protocol == PACKET_TCP && next->size > 0 && next->size <= piece &&
	       next->sequence == whole->sequence + whole->size &&
	       next->source_port == whole->source_port &&
	       next->destination_port == whole->destination_port &&
	       next->acknowledgment == whole->acknowledgment &&
	       ((next->flags ^ whole->flags) & ~free_flags) == 0;
}

/* What is left of one that the script has in two. */
static void put_back(struct play *play, struct seen_packet *seen, uint32_t size)
{
	struct seen_packet *rest = arena_take(play->arena, sizeof *rest);

	rest->packet = seen->packet;
	rest->packet.sequence += size;
	rest->packet.payload += size;
	rest->packet.size -= size;
	rest->next = play->seen;
	play->seen = rest;
	if (!rest->next)
		play->seen_end = &rest->next;
}

/* Segments that a large one was cut into, until they are as long as the script says, or none follows. */
static void gather(struct play *play, const struct packet_spec *spec, struct packet *whole)
{
	uint32_t piece = whole->size;

	while (whole->protocol == PACKET_TCP && whole->size > 0 && whole->size < spec->size &&
	       !play->network->strict_segments && play->seen &&
	       continues(whole, &play->seen->packet, piece)) {
		struct seen_packet *next = take_seen(play);
		if (whole->size + next->packet.size > spec->size)
			put_back(play, next, spec->size - whole->size);
		uint32_t taken = next->packet.size < spec->size - whole->size
					 ? next->packet.size
					 : spec->size - whole->size;
		whole->size += taken;
		whole->flags |= next->packet.flags & 0x09;
		if (taken < piece)
			break;
	}
}

static void run_outbound(struct play *play, const struct event *event)
{
	bool any = event->time_kind == TIME_ANY;
	int64_t latest = event->time_end > event->time ? event->time_end : event->time;
	int64_t until = any ? play->now + patience(play)
			    : latest + 2 * play->network->tolerance + (latest - play->last) / 4;
	struct flow *flow = flow_of_outbound(&play->flows, &event->packet);

	while (goes_on(play) && !play->seen && play->now < until)
		step(play, until);
	if (!goes_on(play))
		return;
	struct seen_packet *seen = take_seen(play);
	if (!seen) {
		outcome_fail(play->outcome, event->line, "expected a packet, none came by %.6f s",
			     (double)until / 1e9);
		return;
	}
	struct packet whole = seen->packet;
	gather(play, &event->packet, &whole);
	if (!flow || flow_of_live(&play->flows, &whole) != flow) {
		outcome_fail(play->outcome, event->line, "a packet of another connection came");
		return;
	}
	match_packet(play, event, flow, &whole);
}

static void wait_for_call(struct play *play)
{
	int64_t until = play->now + patience(play);

	while (goes_on(play) && play->waiting && play->now < until)
		step(play, until);
	if (goes_on(play) && play->waiting)
		outcome_fail(play->outcome, play->waiting->event->line, "%s waits for ever",
			     play->waiting->event->call.name);
}

static void run_call(struct play *play, const struct event *event)
{
	if (play->waiting)
		wait_for_call(play);
	if (!goes_on(play))
		return;
	struct caller *caller = calloc(1, sizeof *caller);
	if (!caller)
		abort();
	caller->play = play;
	caller->event = event;
	caller->began = play->now;
	caller->ended = play->now;
	if (play->stack->operations->waits_by_itself) {
		if (pthread_create(&caller->thread, NULL, run_beside, caller) != 0)
			abort();
	} else if (call_run(caller)) {
		finish_call(play, caller);
		return;
	}
	play->waiting = caller;
	if (!event->call.blocks)
		wait_for_call(play);
}

static void run_event(struct play *play, const struct event *event)
{
	switch (event->kind) {
	case EVENT_PACKET:
		if (event->packet.inbound)
			run_inbound(play, event);
		else
			run_outbound(play, event);
		break;
	case EVENT_CALL:
		run_call(play, event);
		break;
	case EVENT_COMMAND:
		command_run(play, event->text, event->line);
		break;
	case EVENT_CODE:
		code_run(play, event->text, event->line);
		break;
	}
}

/* Times become absolute as what came before is done. */
static struct event at_its_time(const struct play *play, const struct event *event)
{
	struct event timed = *event;
	bool relative = event->time_kind == TIME_RELATIVE ||
			event->time_kind == TIME_RELATIVE_RANGE || event->time_kind == TIME_ANY;

	if (relative) {
		timed.time += play->now;
		timed.time_end += play->now;
		timed.call.end += play->now;
	}
	return timed;
}

static bool is_timed_here(const struct event *event)
{
	return event->kind != EVENT_PACKET || event->packet.inbound;
}

static void run_events(struct play *play, const struct script *script)
{
	int64_t start = script->events->time_kind == TIME_ABSOLUTE ? script->events->time : 0;

	for (const struct event *event = script->events; event && goes_on(play);
	     event = event->next) {
		struct event *timed = arena_take(play->arena, sizeof *timed);
		*timed = at_its_time(play, event);
		if (event->time_kind == TIME_ABSOLUTE || event->time_kind == TIME_ABSOLUTE_RANGE) {
			timed->time -= start;
			timed->time_end -= start;
			timed->call.end -= start;
		}
		if (is_timed_here(event))
			wait_until(play, timed->time);
		if (!goes_on(play))
			return;
		run_event(play, timed);
		settle(play);
		play->last = play->now;
	}
}

/* Nothing is to be left over, where the script is strict. */
static void check_rest(struct play *play)
{
	if (goes_on(play) && play->waiting)
		wait_for_call(play);
	if (!goes_on(play) || !play->network->strict || !play->seen)
		return;
	struct packet_spec nothing = { 0 };
	struct event end = { .packet = nothing };
	struct flow *flow = flow_of_live(&play->flows, &play->seen->packet);
	if (flow)
		match_packet(play, &end, flow, &play->seen->packet);
}

static void play_on(struct play *play, const struct script *script)
{
	if (script->first_command)
		command_run(play, script->first_command, script->first_command_line);
	if (goes_on(play))
		run_events(play, script);
	check_rest(play);
	code_finish(play);
}

/* A call that waits for ever takes its thread with it. */
static void leave_call(struct play *play)
{
	if (!play->waiting)
		return;
	if (play->stack->operations->waits_by_itself) {
		pthread_cancel(play->waiting->thread);
		pthread_join(play->waiting->thread, NULL);
	}
	free(play->waiting);
	play->waiting = NULL;
}

void play_script(const struct script *script, const struct network *network, bool on_kernel,
		 struct outcome *outcome)
{
	struct arena arena = { 0 };
	struct play play = { .network = network, .arena = &arena, .outcome = outcome };

	play.seen_end = &play.seen;
	for (int index = 0; index < PLAY_DESCRIPTORS_MOST; index++)
		play.descriptors[index] = -1;
	flows_init(&play.flows, network, &arena);
	play.stack = (on_kernel ? kernel_new : library_new)(network, note_output, &play, outcome);
	if (play.stack) {
		play_on(&play, script);
		leave_call(&play);
		play.stack->operations->free(play.stack);
	}
	arena_free(&arena);
}
