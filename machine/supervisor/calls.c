#include "supervisor/calls.h"

#include "supervisor/notify.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

struct handler {
	call_step *ours;      /* the first argument is a carrier */
	call_step *elsewhere; /* it is not; NULL: the kernel does it */
	call_step *datagrams; /* it is one of datagrams; NULL: as for others */
	call_step *without;   /* it is no descriptor of ours, whatever it is */
};

static const struct handler handlers[] = {
	[SYS_bind] = { call_bind, NULL, NULL, NULL },
	[SYS_listen] = { call_listen, NULL, NULL, NULL },
	[SYS_connect] = { call_connect, call_connect_elsewhere, call_datagram_connect, NULL },
	[SYS_accept] = { call_accept, NULL, call_datagram_accept, NULL },
	[SYS_accept4] = { call_accept4, NULL, call_datagram_accept, NULL },
	[SYS_getsockname] = { call_getsockname, NULL, NULL, NULL },
	[SYS_getpeername] = { call_getpeername, NULL, NULL, NULL },
	[SYS_shutdown] = { call_shutdown, NULL, NULL, NULL },
	[SYS_getsockopt] = { call_getsockopt, NULL, NULL, NULL },
	[SYS_setsockopt] = { call_setsockopt, NULL, NULL, NULL },
	[SYS_sendto] = { call_sendto, NULL, call_datagram_sendto, NULL },
	[SYS_sendmsg] = { call_sendmsg, NULL, call_datagram_sendmsg, NULL },
	[SYS_sendmmsg] = { call_sendmmsg, NULL, call_datagram_sendmmsg, NULL },
	[SYS_recvfrom] = { call_recvfrom, NULL, call_datagram_recvfrom, NULL },
	[SYS_recvmsg] = { call_recvmsg, NULL, call_datagram_recvmsg, NULL },
	[SYS_mmap] = { call_mmap, NULL, NULL, NULL },
	[SYS_ioctl] = { call_ioctl, call_ioctl_elsewhere, NULL, NULL },
	[SYS_recvmmsg] = { call_recvmmsg, NULL, call_datagram_recvmmsg, NULL },
	[SYS_socket] = { .without = call_socket },
#ifdef SYS_open
	[SYS_open] = { .without = call_open },
#endif
	[SYS_openat] = { .without = call_openat },
	[SYS_openat2] = { .without = call_openat2 },
	[SYS_uname] = { .without = call_uname },
};

enum {
	HANDLERS = sizeof(handlers) / sizeof(handlers[0]),
	ROUND = 64, /* calls in a row before the loop looks at its other descriptors */
};

static void begin(struct supervisor *supervisor, struct call *call)
{
	int number = call->request.data.nr;
	const struct handler *handler =
		number >= 0 && number < HANDLERS ? &handlers[number] : &handlers[0];
	map_put_back(supervisor, call);
	if (handler->without) {
		handler->without(supervisor, call);
		return;
	}

	/* What cannot be looked into (-EPERM: a program that its user may not read) or has no such descriptor is the kernel's:
	 * there is no socket in its hands but carriers and those it was born with. */
	const int about = call_int(call, number == SYS_mmap ? 4 : 0);
	call->descriptor = threads_descriptor(&supervisor->threads, call_thread(call), about);
	if (call->descriptor == -EMFILE || call->descriptor == -ENFILE) {
		call_answer(supervisor, call, -ENFILE);
		return;
	}
	if (call->descriptor >= 0)
		call->type = carrier_is(call->descriptor, &call->inode);
	if (call->type && handler->ours) {
		call_step *step = call->type == SOCK_DGRAM && handler->datagrams
					  ? handler->datagrams
					  : handler->ours;
		if (supervisor->control >= 0)
			step(supervisor, call);
		else
			call_answer(supervisor, call, -ENETDOWN);
	} else if (call->descriptor >= 0 && handler->elsewhere) {
		handler->elsewhere(supervisor, call);
	} else {
		call_continue(supervisor, call);
	}
}

/* One of many often waits already when the first is answered: cheaper to ask at once than to go round the loop. */
void calls_receive(struct supervisor *supervisor)
{
	struct seccomp_notif request;

	for (int i = 0; i < ROUND && notify_next(supervisor->notify, i == 0, &request); i++) {
		struct call *call = call_new(supervisor);
		if (!call) {
			notify_answer(supervisor->notify, request.id, -ENOBUFS);
			continue;
		}
		call->request = request;
		begin(supervisor, call);
	}
}
