/* options: getsockopt and setsockopt. The table of options is the library's; here are only the lengths, as Linux takes
 * them, and the few options that the carrier must know of as well, since native reads and writes go by them. */
#include "supervisor/calls.h"
#include "supervisor/memory.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes of the longest value that any option of ours reads, with room to spare. */
enum { VALUE_MOST = 512 };

/* That of 64 sources, the most that IPv6 has. */
enum { SOURCE_FILTER_MOST = GROUP_FILTER_SIZE(64) };

static bool is_for_carrier(int level, int name)
{
	return level == SOL_SOCKET &&
	       (name == SO_RCVTIMEO || name == SO_SNDTIMEO || name == SO_RCVLOWAT);
}

static bool is_known_level(int level)
{
	return level == SOL_SOCKET || level == IPPROTO_TCP || level == IPPROTO_IP ||
	       level == IPPROTO_IPV6;
}

/* Filters of a group's sources (RFC 3678) are longer, and whoever reads one says in the value which. */
static bool is_source_filter(const struct call *call)
{
	int level = call_int(call, 1), name = call_int(call, 2);
	return (level == IPPROTO_IP && (name == IP_MSFILTER || name == MCAST_MSFILTER)) ||
	       (level == IPPROTO_IPV6 && name == MCAST_MSFILTER);
}

/* A guest may say more than its value has: what is there of the first bytes is what options read. */
static int read_value(const struct call *call, uint8_t *value, int most)
{
	int size = call_int(call, 4);
	uint64_t from = call_argument(call, 3);
	if (size < 0)
		return -EINVAL;
	if (size > most)
		size = most;
	if (memory_read(call_thread(call), from, value, (size_t)size) == 0)
		return size;
	const int least = (int)sizeof(int);
	return size > least && memory_read(call_thread(call), from, value, sizeof(int)) == 0
		       ? least
		       : -EFAULT;
}

/* SO_ATTACH_FILTER's value is an address: the daemon is given what is there. Bytes of it, or a negative errno. */
static int read_filter(const struct call *call, void *code)
{
	struct sock_fprog asked;
	if (call_int(call, 4) != (int)sizeof(asked))
		return -EINVAL;
	if (memory_read(call_thread(call), call_argument(call, 3), &asked, sizeof(asked)) < 0)
		return -EFAULT;
	const size_t size = asked.len * sizeof(*asked.filter);
	if (!asked.filter || asked.len > BPF_MAXINSNS)
		return -EINVAL;
	if (memory_read(call_thread(call), (uintptr_t)asked.filter, code, size) < 0)
		return -EFAULT;
	return (int)size;
}

/* Streams have none. */
static bool is_filter(const struct call *call)
{
	return call->type == SOCK_DGRAM && call_int(call, 1) == SOL_SOCKET &&
	       call_int(call, 2) == SO_ATTACH_FILTER;
}

static void answer_setsockopt(struct supervisor *supervisor, struct call *call,
			      const struct control_message *reply)
{
	int level = call_int(call, 1), name = call_int(call, 2), result = reply->header.a;
	uint8_t value[VALUE_MOST];
	if (result == 0 && is_for_carrier(level, name)) {
		int size = read_value(call, value, VALUE_MOST);
		if (size > 0)
			setsockopt(call->descriptor, level, name, value, (socklen_t)size);
	}
	call_answer(supervisor, call, result);
}

void call_setsockopt(struct supervisor *supervisor, struct call *call)
{
	const bool filter = is_filter(call);
	uint8_t *value = supervisor->scratch;
	int most = is_source_filter(call) ? SOURCE_FILTER_MOST : VALUE_MOST;
	int size = filter ? read_filter(call, value) : read_value(call, value, most);
	if (size == -EFAULT && !is_known_level(call_int(call, 1))) /* nobody reads the value */
		size = -ENOPROTOOPT;
	if (size < 0) {
		call_answer(supervisor, call, size);
		return;
	}
	datagram_forget_sure(supervisor, call->inode);
	const struct question question = { .kind = CONTROL_SETSOCKOPT,
					   .a = call_int(call, 1),
					   .b = call_int(call, 2),
					   .data = value,
					   .size = (size_t)size };
	call_ask(supervisor, call, &question, answer_setsockopt);
}

/* A reset is told once: the carrier's own error is taken with SO_ERROR; and where a read has taken it, the daemon's, which did
 * not see that read, is old. */
static void settle_error(const struct call *call, uint8_t *value, uint32_t size)
{
	int native = 0, told = 0;
	socklen_t native_size = sizeof(native);
	getsockopt(call->descriptor, SOL_SOCKET, SO_ERROR, &native, &native_size);
	memcpy(&told, value, size < sizeof(told) ? size : sizeof(told));
	if (native == 0 && (told == ECONNRESET || call->type == SOCK_DGRAM))
		memset(value, 0, size);
}

static void answer_getsockopt(struct supervisor *supervisor, struct call *call,
			      const struct control_message *reply)
{
	int result = reply->header.a;
	uint32_t size = reply->header.size;
	uint8_t *value = supervisor->scratch;
	if (result >= 0) {
		memcpy(value, reply->data, size);
		if (call_int(call, 1) == SOL_SOCKET && call_int(call, 2) == SO_ERROR)
			settle_error(call, value, size);
		result = call_write(supervisor, call, call_argument(call, 3), value, size);
	}
	if (result >= 0)
		result = memory_write(call_thread(call), call_argument(call, 4), &size,
				      sizeof(size));
	call_answer(supervisor, call, result);
}

enum { QUESTION_MOST = GROUP_FILTER_SIZE(0) };

/* How much of the value is read, where the answer depends on it: PACKET_HDRLEN's number, a filter's beginning. */
static size_t question_size(const struct call *call, size_t size)
{
	if (call_int(call, 1) == SOL_PACKET)
		return size >= sizeof(int) ? sizeof(int) : 0;
	if (!is_source_filter(call))
		return 0;
	return size < QUESTION_MOST ? size : QUESTION_MOST;
}

void call_getsockopt(struct supervisor *supervisor, struct call *call)
{
	int32_t size;
	int result = memory_read(call_thread(call), call_argument(call, 4), &size, sizeof(size));
	if (result == 0 && size < 0)
		result = -EINVAL;
	if (result < 0 && !is_known_level(call_int(call, 1)))
		result = -EOPNOTSUPP;
	if (result < 0) {
		call_answer(supervisor, call, result);
		return;
	}
	uint8_t asked[QUESTION_MOST] = { 0 };
	size_t asked_size = question_size(call, (size_t)size);
	if (memory_read(call_thread(call), call_argument(call, 3), asked, asked_size) < 0) {
		call_answer(supervisor, call, -EFAULT);
		return;
	}
	const struct question question = { .kind = CONTROL_GETSOCKOPT,
					   .a = call_int(call, 1),
					   .b = call_int(call, 2),
					   .c = size,
					   .data = asked,
					   .size = asked_size };
	call_ask(supervisor, call, &question, answer_getsockopt);
}
