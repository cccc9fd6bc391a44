/* names: bind, listen, getsockname, getpeername, shutdown: questions to the daemon, and the addresses that go with them. */
#include "supervisor/address.h"
#include "supervisor/calls.h"
#include "supervisor/held.h"

#include <errno.h>
#include <sys/socket.h>

static void answer_result(struct supervisor *supervisor, struct call *call,
			  const struct control_message *reply)
{
	call_answer(supervisor, call, reply->header.a);
}

void call_bind(struct supervisor *supervisor, struct call *call)
{
	struct sockaddr_storage address;
	int size = address_read(call, call_argument(call, 1), call_int(call, 2), &address);
	if (size < 0) {
		call_answer(supervisor, call, size);
		return;
	}
	held_drop_dead(supervisor);
	const struct question question = { .kind = CONTROL_BIND,
					   .data = &address,
					   .size = (size_t)size };
	call_ask(supervisor, call, &question, answer_result);
}

void call_datagram_connect(struct supervisor *supervisor, struct call *call)
{
	struct sockaddr_storage address;
	int size = address_read(call, call_argument(call, 1), call_int(call, 2), &address);
	if (size < 0) {
		call_answer(supervisor, call, size);
		return;
	}
	datagram_forget_sure(supervisor, call->inode);
	const struct question question = { .kind = CONTROL_CONNECT,
					   .data = &address,
					   .size = (size_t)size };
	call_ask(supervisor, call, &question, answer_result);
}

void call_datagram_accept(struct supervisor *supervisor, struct call *call)
{
	call_answer(supervisor, call, -EOPNOTSUPP);
}

void call_listen(struct supervisor *supervisor, struct call *call)
{
	const struct question question = { .kind = CONTROL_LISTEN,
					   .a = call_int(call, 1),
					   .descriptor = call->descriptor };
	call_ask(supervisor, call, &question, answer_result);
}

static void answer_address(struct supervisor *supervisor, struct call *call,
			   const struct control_message *reply)
{
	int result = reply->header.a;
	if (result >= 0)
		result =
			call_write_address(supervisor, call, call_argument(call, 1),
					   call_argument(call, 2), reply->data, reply->header.size);
	call_answer(supervisor, call, result);
}

void call_getsockname(struct supervisor *supervisor, struct call *call)
{
	const struct question question = { .kind = CONTROL_GETSOCKNAME };
	call_ask(supervisor, call, &question, answer_address);
}

void call_getpeername(struct supervisor *supervisor, struct call *call)
{
	const struct question question = { .kind = CONTROL_GETPEERNAME };
	call_ask(supervisor, call, &question, answer_address);
}

/* 1 is the daemon's word for a listener that it has shut down itself. A datagram socket that is not connected is shut as well:
 * inet_shutdown of Linux. */
static void answer_shutdown(struct supervisor *supervisor, struct call *call,
			    const struct control_message *reply)
{
	int result = reply->header.a;
	bool not_connected = call->type == SOCK_DGRAM && result == -ENOTCONN;
	if (result == 0 || not_connected)
		shutdown(call->descriptor, call_int(call, 1));
	call_answer(supervisor, call, result > 0 ? 0 : result);
}

void call_shutdown(struct supervisor *supervisor, struct call *call)
{
	datagram_forget_sure(supervisor, call->inode);
	const struct question question = { .kind = CONTROL_SHUTDOWN, .a = call_int(call, 1) };
	call_ask(supervisor, call, &question, answer_shutdown);
}
