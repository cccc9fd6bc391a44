/* requests: ioctl on sockets. The filter sends us only what concerns networks: SIOCOUTQ and 0x8900 to 0x89ff. What a
 * carrier's kernel socket answers as a TCP one would stays native; what asks for interfaces is answered for the host, on
 * AF_UNIX sockets too: libraries ask on those. The daemon does it; here are the argument's shapes. */
#include "inquiry/request.h"
#include "supervisor/calls.h"
#include "supervisor/memory.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum {
	OWNERS_FIRST = FIOSETOWN, /* who gets SIGIO and SIGURG, and is the urgent mark here */
	OWNERS_LAST = SIOCATMARK,
	PRIVATE_FIRST = SIOCPROTOPRIVATE, /* the family's own: SIOCUNIXFILE */
	PRIVATE_LAST = SIOCPROTOPRIVATE + 15,
};

static unsigned request_of(const struct call *call)
{
	return (unsigned)call_int(call, 1);
}

static void answer_number(struct supervisor *supervisor, struct call *call,
			  const struct control_message *reply)
{
	int result = reply->header.a;
	if (result == 0)
		result = call_write(supervisor, call, call_argument(call, 2), reply->data,
				    sizeof(int));
	call_answer(supervisor, call, result);
}

static void answer_interface(struct supervisor *supervisor, struct call *call,
			     const struct control_message *reply)
{
	int result = reply->header.a;
	if (result == 0 && request_shape(request_of(call)) == REQUEST_ANSWER)
		result = call_write(supervisor, call, call_argument(call, 2), reply->data,
				    reply->header.size);
	call_answer(supervisor, call, result);
}

/* dev_ifconf of Linux: whole rows, as many as fit; without a buffer, how large it would have to be. */
static int write_list(struct supervisor *supervisor, struct call *call,
		      const struct control_message *reply)
{
	const uint64_t at = call_argument(call, 2);
	struct ifconf list;
	int result = memory_read(call_thread(call), at, &list, sizeof(list));
	if (result < 0)
		return result;
	const int size = (int)reply->header.size, row = sizeof(struct ifreq);
	int part = size;
	if (list.ifc_buf) {
		const int room = list.ifc_len > 0 ? list.ifc_len / row * row : 0;
		part = size < room ? size : room;
		result = call_write(supervisor, call, (uintptr_t)list.ifc_buf, reply->data,
				    (size_t)part);
	}
	if (result == 0)
		result = call_write(supervisor, call, at + offsetof(struct ifconf, ifc_len), &part,
				    sizeof(part));
	return result;
}

static void answer_list(struct supervisor *supervisor, struct call *call,
			const struct control_message *reply)
{
	int result = reply->header.a;
	call_answer(supervisor, call, result < 0 ? result : write_list(supervisor, call, reply));
}

static void ask_about_network(struct supervisor *supervisor, struct call *call)
{
	const enum request_shape shape = request_shape(request_of(call));
	struct ifreq interface = { 0 };
	struct question question = { .kind = CONTROL_REQUEST, .a = call_int(call, 1) };

	if (shape == REQUEST_READ || shape == REQUEST_ANSWER) {
		question.data = &interface;
		question.size = sizeof(interface);
		if (memory_read(call_thread(call), call_argument(call, 2), &interface,
				sizeof(interface)) < 0) {
			call_answer(supervisor, call, -EFAULT);
			return;
		}
	}
	call_ask(supervisor, call, &question,
		 shape == REQUEST_LIST ? answer_list : answer_interface);
}

/* SIOCOUTQ of a carrier would count the kernel's memory, not the bytes that TCP holds. */
void call_ioctl(struct supervisor *supervisor, struct call *call)
{
	const unsigned request = request_of(call);
	if (request == SIOCATMARK && call->type == SOCK_DGRAM) {
		call_answer(supervisor, call, -ENOTTY);
	} else if (request >= OWNERS_FIRST && request <= OWNERS_LAST) {
		call_continue(supervisor, call);
	} else if (request == SIOCOUTQ) {
		const struct question question = { .kind = CONTROL_REQUEST, .a = SIOCOUTQ };
		call_ask(supervisor, call, &question, answer_number);
	} else {
		ask_about_network(supervisor, call);
	}
}

void call_ioctl_elsewhere(struct supervisor *supervisor, struct call *call)
{
	struct stat status;
	const unsigned request = request_of(call);
	bool is_socket = fstat(call->descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
	bool is_own = request == SIOCOUTQ || (request >= OWNERS_FIRST && request <= OWNERS_LAST) ||
		      (request >= PRIVATE_FIRST && request <= PRIVATE_LAST);
	if (!is_socket || is_own)
		call_continue(supervisor, call);
	else
		ask_about_network(supervisor, call);
}
