/* poll and epoll, as scripts write them. */
#include "conformance/player/calls.h"

#include <errno.h>
#include <string.h>

enum { POLLED_MOST = 32 };

/* -EAGAIN of a stack that does not wait, until the milliseconds are over. */
static long wait_or_none(struct caller *caller, long result, int64_t milliseconds)
{
	if (result != -EAGAIN || caller->play->stack->operations->waits_by_itself)
		return result;
	if (milliseconds < 0)
		return CALL_WAITS;
	return call_until(caller, milliseconds * INT64_C(1000000)) ? CALL_WAITS : 0;
}

static bool read_polled(struct caller *caller, const struct expression *record,
			struct pollfd *polled)
{
	const struct expression *descriptor = field_of(record, "fd");
	const struct expression *events = field_of(record, "events");
	int64_t bits;

	if (!descriptor || !events)
		return outcome_fail(&caller->outcome, record->line,
				    "poll: expected {fd=, events=, revents=}");
	if (!expression_descriptor(caller, descriptor, &polled->fd) ||
	    !expression_number(caller, events, &bits))
		return false;
	polled->events = (short)bits;
	return true;
}

static bool check_polled(struct caller *caller, const struct expression *record,
			 const struct pollfd *polled)
{
	const struct expression *revents = field_of(record, "revents");
	int64_t bits = 0;

	if (revents && revents->kind == EXPRESSION_ANY)
		return true;
	if (revents && !expression_number(caller, revents, &bits))
		return false;
	return bits == polled->revents || outcome_fail(&caller->outcome, record->line,
						       "poll: expected revents 0x%llx, got 0x%x",
						       (long long)bits, (unsigned)polled->revents);
}

long call_poll(struct caller *caller)
{
	const struct expression *list = argument_at(caller, 0);
	struct pollfd polled[POLLED_MOST] = { 0 };
	struct stack *stack = caller->play->stack;
	int64_t milliseconds;
	int count = 0;

	if (!argument_number(caller, 2, &milliseconds))
		return CALL_DECIDED;
	if (list->kind != EXPRESSION_LIST) {
		outcome_fail(&caller->outcome, list->line, "poll: expected [{fd=, events=}]");
		return CALL_DECIDED;
	}
	for (const struct expression *record = list->first; record && count < POLLED_MOST;
	     record = record->next) {
		if (!read_polled(caller, record, &polled[count++]))
			return CALL_DECIDED;
	}
	long result = stack->operations->poll(stack, polled, count, (int)milliseconds);
	result = wait_or_none(caller, result, milliseconds);
	if (result < 0)
		return result;
	count = 0;
	for (const struct expression *record = list->first; record && count < POLLED_MOST;
	     record = record->next) {
		if (!check_polled(caller, record, &polled[count++]))
			return CALL_DECIDED;
	}
	return result;
}

long call_epoll_create(struct caller *caller)
{
	struct stack *stack = caller->play->stack;
	return stack->operations->epoll_create(stack, 0);
}

/* {events=EPOLLIN, fd=4}; ptr, u32 and u64 are what else may be told back. */
static bool read_event(struct caller *caller, const struct expression *record,
		       struct epoll_event *event)
{
	static const char *const names[] = { "fd", "ptr", "u32", "u64" };
	const struct expression *events = field_of(record, "events");
	int64_t bits, data = 0;

	if (!events)
		return outcome_fail(&caller->outcome, record->line, "expected {events=, fd=}");
	if (!expression_number(caller, events, &bits))
		return false;
	for (int index = 0; index < 4; index++) {
		const struct expression *field = field_of(record, names[index]);
		if (field && !expression_number(caller, field, &data))
			return false;
	}
	*event = (struct epoll_event){ .events = (uint32_t)bits, .data.u64 = (uint64_t)data };
	return true;
}

long call_epoll_ctl(struct caller *caller)
{
	const struct expression *record = argument_at(caller, 3);
	struct stack *stack = caller->play->stack;
	struct epoll_event event = { 0 };
	int epoll, live;
	int64_t operation;

	if (!argument_descriptor(caller, 0, &epoll) || !argument_number(caller, 1, &operation) ||
	    !argument_descriptor(caller, 2, &live))
		return CALL_DECIDED;
	if (record && record->kind == EXPRESSION_RECORD && !read_event(caller, record, &event))
		return CALL_DECIDED;
	return stack->operations->epoll_ctl(stack, epoll, (int)operation, live, &event);
}

static bool check_events(struct caller *caller, const struct epoll_event *events, long count)
{
	const struct expression *record = argument_at(caller, 1);

	if (record && record->kind == EXPRESSION_LIST)
		record = record->first;
	for (long index = 0; index < count && record && record->kind == EXPRESSION_RECORD;
	     index++, record = record->next) {
		struct epoll_event expected;
		if (!read_event(caller, record, &expected))
			return false;
		if (expected.events != events[index].events ||
		    expected.data.u64 != events[index].data.u64)
			return outcome_fail(
				&caller->outcome, record->line,
				"epoll_wait: expected events 0x%x of %llu, got 0x%x of %llu",
				expected.events, (unsigned long long)expected.data.u64,
				events[index].events, (unsigned long long)events[index].data.u64);
	}
	return true;
}

long call_epoll_wait(struct caller *caller)
{
	struct epoll_event events[POLLED_MOST];
	struct stack *stack = caller->play->stack;
	int epoll;
	int64_t most, milliseconds;

	if (!argument_descriptor(caller, 0, &epoll) || !argument_number(caller, 2, &most) ||
	    !argument_number(caller, 3, &milliseconds))
		return CALL_DECIDED;
	long result = stack->operations->epoll_wait(stack, epoll, events,
						    (int)(most < POLLED_MOST ? most : POLLED_MOST),
						    (int)milliseconds);
	result = wait_or_none(caller, result, milliseconds);
	return result < 0 || check_events(caller, events, result) ? result : CALL_DECIDED;
}
