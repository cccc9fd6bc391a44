#include "conformance/player/calls.h"

#include "conformance/player/symbols.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

enum { VALUE_MOST = 1024 };

static const struct stack_operations *operations_of(const struct caller *caller)
{
	return caller->play->stack->operations;
}

bool call_until(struct caller *caller, int64_t nanoseconds)
{
	caller->deadline = caller->began + nanoseconds;
	return caller->play->now < caller->deadline;
}

static bool is_patient(struct caller *caller, int descriptor, int option)
{
	struct timeval timeout = { 0 };
	socklen_t size = sizeof timeout;

	operations_of(caller)->getsockopt(caller->play->stack, descriptor, SOL_SOCKET, option,
					  &timeout, &size);
	int64_t ns = timeout.tv_sec * INT64_C(1000000000) + timeout.tv_usec * INT64_C(1000);
	return ns == 0 || call_until(caller, ns);
}

bool call_may_wait(struct caller *caller, int descriptor, int flags)
{
	const struct stack_operations *operations = operations_of(caller);
	bool sends = strcmp(caller->event->call.name, "connect") == 0 || caller->sends;

	return !operations->waits_by_itself && !(flags & MSG_DONTWAIT) &&
	       operations->is_blocking(caller->play->stack, descriptor) &&
	       is_patient(caller, descriptor, sends ? SO_SNDTIMEO : SO_RCVTIMEO);
}

static long call_socket(struct caller *caller)
{
	struct play *play = caller->play;
	int64_t domain, type, protocol;
	int otherwise = play->network->version == OVER_IPV4 ? AF_INET : AF_INET6;

	if (!argument_number_or(caller, 0, otherwise, &domain) ||
	    !argument_number(caller, 1, &type) || !argument_number(caller, 2, &protocol))
		return CALL_DECIDED;
	int live =
		operations_of(caller)->socket(play->stack, (int)domain, (int)type, (int)protocol);
	bool is_stream = (type & 0xf) == SOCK_STREAM;
	bool is_ping = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
	if (live >= 0 && caller->descriptor >= 0)
		flow_opened(&play->flows, caller->descriptor,
			    is_stream ? PACKET_TCP
			    : is_ping ? PACKET_ICMP
				      : PACKET_UDP);
	return live;
}

static long call_bind(struct caller *caller)
{
	struct play *play = caller->play;
	struct name name;
	int live;
	int64_t script;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 0, &script) ||
	    !argument_name(caller, 1, true, play->network->bind_port, &name))
		return CALL_DECIDED;
	int result = operations_of(caller)->bind(play->stack, live,
						 (struct sockaddr *)&name.address, name.size);
	if (result == 0)
		flow_bound(&play->flows, (int)script, name_port(&name.address));
	return result;
}

static long call_listen(struct caller *caller)
{
	struct play *play = caller->play;
	int live;
	int64_t script, backlog;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 0, &script) ||
	    !argument_number(caller, 1, &backlog))
		return CALL_DECIDED;
	int result = operations_of(caller)->listen(play->stack, live, (int)backlog);
	if (result == 0)
		flow_listens(&play->flows, (int)script);
	return result;
}

static long accept_with(struct caller *caller, int flags)
{
	struct play *play = caller->play;
	struct sockaddr_storage peer = { 0 };
	socklen_t size = sizeof peer;
	int live;

	if (!argument_descriptor(caller, 0, &live))
		return CALL_DECIDED;
	int child = operations_of(caller)->accept(play->stack, live, (struct sockaddr *)&peer,
						  &size, flags);
	if (child == -EAGAIN && call_may_wait(caller, live, 0))
		return CALL_WAITS;
	if (child >= 0 && !name_check(caller, 1, &peer))
		return CALL_DECIDED;
	if (child >= 0 && caller->descriptor >= 0)
		flow_accepted(&play->flows, caller->descriptor, name_port(&peer));
	return child;
}

static long call_accept(struct caller *caller)
{
	return accept_with(caller, 0);
}

static long call_accept4(struct caller *caller)
{
	int64_t flags;
	return argument_number(caller, 3, &flags) ? accept_with(caller, (int)flags) : CALL_DECIDED;
}

static long call_connect(struct caller *caller)
{
	struct play *play = caller->play;
	struct name name;
	int live;
	int64_t script;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 0, &script) ||
	    !argument_name(caller, 1, false, play->network->connect_port, &name))
		return CALL_DECIDED;
	if (caller->progress == 0)
		flow_connects(&play->flows, (int)script, name_port(&name.address));
	int result = operations_of(caller)->connect(play->stack, live,
						    (struct sockaddr *)&name.address, name.size);
	bool begun = result == -EINPROGRESS || (result == -EALREADY && caller->progress);
	if (begun && call_may_wait(caller, live, 0)) {
		caller->progress = 1;
		return CALL_WAITS;
	}
	return result == -EALREADY && caller->progress ? -EINPROGRESS : result;
}

static long name_of(struct caller *caller,
		    int (*ask)(struct stack *, int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof address;
	int live;

	if (!argument_descriptor(caller, 0, &live))
		return CALL_DECIDED;
	int result = ask(caller->play->stack, live, (struct sockaddr *)&address, &size);
	return result < 0 || name_check(caller, 1, &address) ? result : CALL_DECIDED;
}

static long call_getsockname(struct caller *caller)
{
	return name_of(caller, operations_of(caller)->getsockname);
}

static long call_getpeername(struct caller *caller)
{
	return name_of(caller, operations_of(caller)->getpeername);
}

static long call_setsockopt(struct caller *caller)
{
	uint8_t value[VALUE_MOST] = { 0 };
	size_t size;
	int live;
	int64_t level, name, length;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 1, &level) ||
	    !argument_number(caller, 2, &name) ||
	    !argument_value(caller, 3, value, sizeof value, &size) ||
	    !argument_number_or(caller, 4, (int64_t)size, &length))
		return CALL_DECIDED;
	return operations_of(caller)->setsockopt(caller->play->stack, live, (int)level, (int)name,
						 value, (socklen_t)length);
}

/* How much room: 4, or [4]. */
static bool room_of(struct caller *caller, int index, int64_t *room)
{
	const struct expression *argument = argument_at(caller, index);

	if (argument && argument->kind == EXPRESSION_LIST && argument->first)
		return expression_number(caller, argument->first, room);
	return argument_number_or(caller, index, sizeof(int), room);
}

static long call_getsockopt(struct caller *caller)
{
	uint8_t value[VALUE_MOST] = { 0 };
	int live;
	int64_t level, name, room;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 1, &level) ||
	    !argument_number(caller, 2, &name) || !room_of(caller, 4, &room))
		return CALL_DECIDED;
	socklen_t size = (socklen_t)(room < VALUE_MOST ? room : VALUE_MOST);
	int result = operations_of(caller)->getsockopt(caller->play->stack, live, (int)level,
						       (int)name, value, &size);
	if (result == 0 && !argument_value_check(caller, 3, value, size))
		return CALL_DECIDED;
	return result;
}

static long call_shutdown(struct caller *caller)
{
	int live;
	int64_t how;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 1, &how))
		return CALL_DECIDED;
	return operations_of(caller)->shutdown(caller->play->stack, live, (int)how);
}

static long call_close(struct caller *caller)
{
	int live;
	int64_t script;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 0, &script))
		return CALL_DECIDED;
	if (live >= 0)
		caller->play->descriptors[script] = -1;
	return live < 0 ? -EBADF : operations_of(caller)->close(caller->play->stack, live);
}

static long call_fcntl(struct caller *caller)
{
	int live;
	int64_t command, value;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 1, &command) ||
	    !argument_number_or(caller, 2, 0, &value))
		return CALL_DECIDED;
	return operations_of(caller)->fcntl(caller->play->stack, live, (int)command, (int)value);
}

static long call_ioctl(struct caller *caller)
{
	int live, value = 0;
	int64_t request;
	size_t size;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 1, &request) ||
	    !argument_value(caller, 2, &value, sizeof value, &size))
		return CALL_DECIDED;
	int result = operations_of(caller)->ioctl(caller->play->stack, live, (unsigned long)request,
						  &value);
	if (result == 0 && !argument_value_check(caller, 2, &value, sizeof value))
		return CALL_DECIDED;
	return result;
}

static const struct call_row calls[] = {
	{ "socket", call_socket, true },
	{ "bind", call_bind, false },
	{ "listen", call_listen, false },
	{ "accept", call_accept, true },
	{ "accept4", call_accept4, true },
	{ "connect", call_connect, false },
	{ "getsockname", call_getsockname, false },
	{ "getpeername", call_getpeername, false },
	{ "read", call_read, false },
	{ "readv", call_readv, false },
	{ "recv", call_recv, false },
	{ "recvfrom", call_recvfrom, false },
	{ "recvmsg", call_recvmsg, false },
	{ "write", call_write, false },
	{ "writev", call_writev, false },
	{ "send", call_send, false },
	{ "sendto", call_sendto, false },
	{ "sendmsg", call_sendmsg, false },
	{ "setsockopt", call_setsockopt, false },
	{ "getsockopt", call_getsockopt, false },
	{ "shutdown", call_shutdown, false },
	{ "close", call_close, false },
	{ "fcntl", call_fcntl, false },
	{ "ioctl", call_ioctl, false },
	{ "poll", call_poll, false },
	{ "epoll_create", call_epoll_create, true },
	{ "epoll_create1", call_epoll_create, true },
	{ "epoll_ctl", call_epoll_ctl, false },
	{ "epoll_wait", call_epoll_wait, false },
};

static const struct call_row *find_call(const char *name)
{
	for (size_t index = 0; index < sizeof calls / sizeof calls[0]; index++) {
		if (strcmp(calls[index].name, name) == 0)
			return &calls[index];
	}
	return NULL;
}

/* 4, or -1 ECONNRESET */
static void write_result(char *text, size_t size, long result, const char *error)
{
	if (error)
		snprintf(text, size, "-1 %s", error);
	else
		snprintf(text, size, "%ld", result);
}

static bool check_result(struct caller *caller, long result)
{
	const struct call *call = &caller->event->call;
	const char *error = result < 0 ? symbol_of_error((int)-result) : NULL;
	int64_t expected, expected_error = 0;
	char said[64], seen[64];

	if (call->result->kind == EXPRESSION_ANY)
		return true;
	if (!expression_number(caller, call->result, &expected))
		return false;
	if (call->error && !symbol_find(call->error, &expected_error))
		return outcome_skip(&caller->outcome, caller->event->line, "the symbol %s",
				    call->error);
	if (result < 0 ? expected == -1 && (!call->error || expected_error == -result)
		       : expected == result)
		return true;
	write_result(said, sizeof said, (long)expected, expected == -1 ? call->error : NULL);
	write_result(seen, sizeof seen, result, error);
	return outcome_fail(&caller->outcome, caller->event->line, "%s: expected %s, got %s",
			    call->name, said, seen);
}

/* The script's number for a descriptor is what it expects as the result. */
static long rename_descriptor(struct caller *caller, long live)
{
	if (live < 0 || caller->descriptor < 0)
		return live;
	caller->play->descriptors[caller->descriptor] = (int)live;
	return caller->descriptor;
}

bool call_run(struct caller *caller)
{
	const struct call *call = &caller->event->call;
	const struct call_row *row = find_call(call->name);
	int64_t expected = -1;

	if (!row) {
		outcome_skip(&caller->outcome, caller->event->line, "the call %s", call->name);
		return true;
	}
	caller->descriptor = -1;
	if (row->opens && call->result->kind == EXPRESSION_NUMBER)
		expected = call->result->number;
	if (expected >= 0 && expected < PLAY_DESCRIPTORS_MOST)
		caller->descriptor = (int)expected;
	caller->deadline = INT64_MAX;
	long result = row->run(caller);
	if (result == CALL_WAITS)
		return false;
	if (result == CALL_DECIDED)
		return true;
	if (row->opens)
		result = rename_descriptor(caller, result);
	check_result(caller, result);
	return true;
}
