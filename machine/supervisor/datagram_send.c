/* datagram_send: sendto, sendmsg and sendmmsg on a carrier of datagrams. What has no address and is whole goes natively;
 * the rest to the daemon, whose reply is waited for, but for destinations of which it said that nothing can go wrong. */
#include "supervisor/address.h"
#include "supervisor/calls.h"
#include "supervisor/datagrams.h"
#include "supervisor/filter.h"
#include "supervisor/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum {
	PAYLOAD_MOST =
		UINT16_MAX, /* no IPv4 packet is larger; what each protocol takes, the stack says */
	CONTROL_MOST = 512, /* more than all that IP and UDP take */
};

/* Where the message lies in the scratch, as CONTROL_SENDTO has it. */
struct composed {
	int address_size; /* -1: none */
	size_t size;
};

static struct sure *place_of(struct supervisor *supervisor, uint64_t inode,
			     const struct sockaddr_in6 *to)
{
	uint64_t halves[2];
	memcpy(halves, &to->sin6_addr, sizeof halves);
	uint64_t mix = (inode ^ halves[0] ^ halves[1] ^ (uint64_t)to->sin6_port << 16) *
		       UINT64_C(0x9E3779B97F4A7C15);
	return &supervisor->sure[(mix >> 32) % SUPERVISOR_SURE];
}

/* What matters of an address; nothing where it is none that can be sure. */
static struct sockaddr_in6 essence(const struct sockaddr_storage *address, int size)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	struct sockaddr_in6 to = { 0 };

	if (address->ss_family == AF_INET && size >= (int)sizeof *v4) {
		to.sin6_family = AF_INET;
		to.sin6_port = v4->sin_port;
		memcpy(&to.sin6_addr, &v4->sin_addr, sizeof v4->sin_addr);
	}
	if (address->ss_family == AF_INET6 && size >= (int)sizeof *v6 && v6->sin6_flowinfo == 0)
		to = *v6;
	return to;
}

static bool is_sure(struct supervisor *supervisor, const struct call *call)
{
	if (call->datagrams.size > CONTROL_SURE_MOST ||
	    call->transfer.flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL))
		return false;
	const struct sockaddr_in6 *to = &call->datagrams.to;
	const struct sure *sure = place_of(supervisor, call->inode, to);
	return to->sin6_family != 0 && sure->inode == call->inode &&
	       memcmp(&sure->to, to, sizeof *to) == 0;
}

static void remember_sure(struct supervisor *supervisor, const struct call *call)
{
	const struct sockaddr_in6 *to = &call->datagrams.to;
	if (to->sin6_family != 0)
		*place_of(supervisor, call->inode, to) = (struct sure){ call->inode, *to };
}

void datagram_forget_sure(struct supervisor *supervisor, uint64_t inode)
{
	for (int i = 0; i < SUPERVISOR_SURE; i++)
		if (supervisor->sure[i].inode == inode)
			supervisor->sure[i] = (struct sure){ 0 };
}

/* to is of a family only where the address can be a sure one. */
static int compose_address(struct supervisor *supervisor, struct call *call)
{
	struct datagrams *datagrams = &call->datagrams;
	struct sockaddr_storage address;

	memset(supervisor->scratch, 0, CONTROL_ADDRESS_ROOM);
	datagrams->to = (struct sockaddr_in6){ 0 };
	if (!datagrams->name)
		return -1;
	int size = address_read(call, datagrams->name, datagrams->name_size, &address);
	if (size < 0)
		return size;
	if (size > (int)sizeof(struct sockaddr_in6))
		size = sizeof(struct sockaddr_in6);
	memcpy(supervisor->scratch, &address, (size_t)size);
	if (datagrams->control_size == 0)
		datagrams->to = essence(&address, size);
	return size;
}

/* As in sendmsg(2): headers whole, and room as they say. What they mean is the daemon's to judge. */
static int compose_control(struct supervisor *supervisor, const struct call *call)
{
	const struct datagrams *datagrams = &call->datagrams;
	if (datagrams->control_size > CONTROL_MOST)
		return -ENOBUFS;
	return memory_read(call_thread(call), datagrams->control,
			   supervisor->scratch + CONTROL_ADDRESS_ROOM, datagrams->control_size);
}

static int compose(struct supervisor *supervisor, struct call *call, struct composed *composed)
{
	size_t payload = datagrams_size(call, PAYLOAD_MOST);
	if (payload > PAYLOAD_MOST)
		return -EMSGSIZE;
	composed->address_size = compose_address(supervisor, call);
	if (composed->address_size < -1)
		return composed->address_size;
	int result = compose_control(supervisor, call);
	if (result < 0)
		return result;
	size_t before = CONTROL_ADDRESS_ROOM + call->datagrams.control_size;
	composed->size = before + payload;
	call->datagrams.size = payload;
	return memory_gather(call_thread(call), call->transfer.pieces, call->transfer.count,
			     supervisor->scratch + before, payload);
}

static call_step send_on;

static void answer_send(struct supervisor *supervisor, struct call *call,
			const struct control_message *reply)
{
	int result = reply->header.a;
	if (result >= 0)
		result = datagrams_count(supervisor, call, (size_t)result);
	if (result < 0) {
		datagrams_end(supervisor, call, result);
		return;
	}
	if (reply->header.size > 0)
		remember_sure(supervisor, call);
	send_on(supervisor, call);
}

/* True: it is done; false: the call has ended, or waits for its reply. */
static bool send_one(struct supervisor *supervisor, struct call *call)
{
	struct composed composed;
	int result = compose(supervisor, call, &composed);
	if (result < 0) {
		datagrams_end(supervisor, call, result);
		return false;
	}
	const struct question question = { .kind = CONTROL_SENDTO,
					   .a = composed.address_size,
					   .b = call->transfer.flags,
					   .c = (int32_t)call->datagrams.control_size,
					   .data = supervisor->scratch,
					   .size = composed.size };
	if (!is_sure(supervisor, call)) {
		call_ask(supervisor, call, &question, answer_send);
		return false;
	}
	result = call_tell(supervisor, call->inode, &question) ? 0 : -ENETDOWN;
	if (result == 0)
		result = datagrams_count(supervisor, call, call->datagrams.size);
	if (result < 0)
		datagrams_end(supervisor, call, result);
	return result == 0;
}

/* What the filter lets through of plain sends: the reply is to be there when the guest has its answer. */
static bool is_dump_request(const struct call *call)
{
	return call->request.data.nr == SYS_sendto &&
	       call->transfer.one.iov_len == FILTER_DUMP_REQUEST_SIZE;
}

/* One without an address among others is left for the guest to come back with. */
static void send_on(struct supervisor *supervisor, struct call *call)
{
	while (datagrams_more(call)) {
		int result = datagrams_load(call);
		bool plain = result == 0 && !call->datagrams.name &&
			     !call->datagrams.control_size && !is_dump_request(call) &&
			     !(call->transfer.flags & MSG_MORE);
		if (plain && call->datagrams.done == 0) {
			call_continue(supervisor, call);
			return;
		}
		if (result < 0 || plain) {
			datagrams_end(supervisor, call, result);
			return;
		}
		if (!send_one(supervisor, call))
			return;
	}
	datagrams_end(supervisor, call, 0);
}

void call_datagram_sendto(struct supervisor *supervisor, struct call *call)
{
	call->transfer.flags = call_int(call, 3);
	call->datagrams.name = call_argument(call, 4);
	call->datagrams.name_size = call_int(call, 5);
	transfer_one(call, call_argument(call, 1), call_argument(call, 2));
	datagrams_one(call, 0);
	send_on(supervisor, call);
}

void call_datagram_sendmsg(struct supervisor *supervisor, struct call *call)
{
	call->transfer.flags = call_int(call, 2);
	datagrams_one(call, call_argument(call, 1));
	send_on(supervisor, call);
}

void call_datagram_sendmmsg(struct supervisor *supervisor, struct call *call)
{
	call->transfer.flags = call_int(call, 3);
	datagrams_many(call, call_argument(call, 1), (uint32_t)call_int(call, 2));
	send_on(supervisor, call);
}
