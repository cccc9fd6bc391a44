#include "daemon/datagram.h"

#include "daemon/host.h"
#include "daemon/link.h"
#include "daemon/origin.h"
#include "daemon/resolver.h"
#include "daemon/ring.h"
#include "daemon/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_A_SECOND 1000000000

enum {
	BATCH = 64,
	PAYLOAD_MOST = 65536, /* more than UDP takes, so that it refuses what is too long */
	SLOT_SIZE = PAYLOAD_MOST + 192, /* slots begin in different sets of the cache */
	SETTLED_BATCHES = 16,           /* a guest that goes on sending has no order to keep */
	/* AF_UNIX refuses a datagram longer than this less 32, and the kernel doubles what it is given: the nearest to
	 * UDP's 65,507. */
	GUEST_SEND_BUFFER = 65540 / 2,
};

struct ancillary {
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
};

struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];
	struct ancillary beside[BATCH];
	struct carrier_origin origins[BATCH];
	uint8_t slots[BATCH][SLOT_SIZE];
};

/* A datagram that the stack has let go and the guest's queue had no room for. */
struct kept {
	STAILQ_ENTRY(kept) link;
	struct carrier_origin origin;
	bool is_answer; /* of the resolver's */
	size_t size;
	uint8_t payload[];
};

struct inlet {
	struct sockaddr_un guest; /* the carrier's name */
	socklen_t guest_size;
	struct sockaddr_storage peer; /* what the socket is connected to */
	socklen_t peer_size;          /* 0: nothing */
	bool resolving;               /* and that is the resolver's part */
	bool alarmed;                 /* an error is to be told */
	STAILQ_HEAD(, kept) kept; /* no more than a batch, and as many answers of the resolver */
	unsigned answer_count;    /* of those: they are not taken from the stack */
};

static struct batch *batch_of(const struct carrier *carrier)
{
	return carrier->host->daemon->batch;
}

void datagram_batch_free(struct daemon *daemon)
{
	free(daemon->batch);
	daemon->batch = NULL;
}

/* The first moment of the carrier: its guest has it already, but can have sent nothing, as it is not connected. */
static int link_inlet(struct inlet *inlet, int end, int duplicate)
{
	const int buffer = GUEST_SEND_BUFFER;

	setsockopt(duplicate, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
	return link_datagrams(end, duplicate, &inlet->guest, &inlet->guest_size);
}

static void want_out(struct carrier *carrier, bool wanted)
{
	if (carrier->out_wanted == wanted)
		return;
	carrier->out_wanted = wanted;
	loop_change(&carrier->host->daemon->loop, carrier->end, &carrier->source,
		    EPOLLIN | EPOLLET | (wanted ? EPOLLOUT : 0));
}

/* Whatever cannot be told by this call's result. */
static void note_error(struct carrier *carrier, ssize_t error)
{
	carrier->error = (int)-error;
	carrier->inlet->alarmed = true;
}

/* The resolver. */

/* Its answer goes the way of what waits for room. */
static void ask_resolver(struct carrier *carrier, const void *address, socklen_t size,
			 const struct iovec *query)
{
	struct inlet *inlet = carrier->inlet;
	uint8_t answer[RESOLVER_ANSWER_MOST];

	if (inlet->answer_count >= BATCH)
		return;
	size_t answer_size =
		resolver_answer(carrier->host->daemon, query->iov_base, query->iov_len, answer);
	struct kept *kept = answer_size > 0 ? malloc(sizeof *kept + answer_size) : NULL;
	if (!kept)
		return;
	*kept = (struct kept){ .is_answer = true, .size = answer_size };
	kept->origin.address_size = size;
	memcpy(kept->origin.address, address, size);
	memcpy(kept->payload, answer, answer_size);
	STAILQ_INSERT_TAIL(&inlet->kept, kept, link);
	inlet->answer_count++;
	carrier_queue(carrier, &carrier->host->daemon->busy);
}

const void *datagram_resolver(const struct carrier *carrier, socklen_t *size)
{
	*size = carrier->inlet->resolving ? carrier->inlet->peer_size : 0;
	return &carrier->inlet->peer;
}

/* From the guest. */

/* An error may be an older one that waited for a call: the datagram gets a second chance. */
void datagram_send_told(struct carrier *carrier, const struct msghdr *message, int flags)
{
	struct berth_host *stack = carrier->host->stack;
	ssize_t sent = berth_sendmsg(stack, carrier->descriptor, message, flags);

	if (sent >= 0)
		return;
	note_error(carrier, sent);
	berth_sendmsg(stack, carrier->descriptor, message, flags);
}

static void pass_on(struct carrier *carrier, struct iovec *payload)
{
	const struct inlet *inlet = carrier->inlet;

	if (inlet->resolving) {
		ask_resolver(carrier, &inlet->peer, inlet->peer_size, payload);
		return;
	}
	datagram_send_told(carrier, &(struct msghdr){ .msg_iov = payload, .msg_iovlen = 1 }, 0);
}

/* One batch. Returns whether there may be more. */
static bool move_out(struct carrier *carrier)
{
	struct batch *batch = batch_of(carrier);

	for (int i = 0; i < BATCH; i++) {
		batch->pieces[i] = (struct iovec){ batch->slots[i], PAYLOAD_MOST };
		batch->messages[i].msg_hdr =
			(struct msghdr){ .msg_iov = &batch->pieces[i], .msg_iovlen = 1 };
	}
	int count = recvmmsg(carrier->end, batch->messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++) {
		batch->pieces[i].iov_len = batch->messages[i].msg_len;
		pass_on(carrier, &batch->pieces[i]);
	}
	return count == BATCH;
}

/* To the guest. */

static bool needs_origin(const struct inlet *inlet, const struct carrier_origin *origin)
{
	return origin->control_size > 0 || inlet->peer_size == 0 ||
	       origin->address_size != inlet->peer_size ||
	       memcmp(origin->address, &inlet->peer, inlet->peer_size) != 0;
}

static void attach(struct msghdr *message, struct ancillary *beside, int file)
{
	message->msg_control = beside->room;
	message->msg_controllen = sizeof beside->room;

	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof file);
	memcpy(CMSG_DATA(header), &file, sizeof file);
}

static void address_to_guest(struct carrier *carrier, struct msghdr *message,
			     struct ancillary *beside, const struct carrier_origin *origin)
{
	if (!needs_origin(carrier->inlet, origin))
		return;
	int file = origin_file(&carrier->host->daemon->origins, origin);
	if (file >= 0)
		attach(message, beside, file);
}

/* The stack's clock begins anywhere; a guest's is the machine's. */
static void set_clock(struct cmsghdr *header)
{
	struct timespec *stamp = (struct timespec *)(void *)CMSG_DATA(header);
	bool is_ns = header->cmsg_type == SCM_TIMESTAMPNS;
	struct timespec now;

	if (header->cmsg_level != SOL_SOCKET || (!is_ns && header->cmsg_type != SCM_TIMESTAMP))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t ns = (int64_t)stamp->tv_sec * NS_A_SECOND + stamp->tv_nsec * (is_ns ? 1 : 1000);
	ns += (int64_t)now.tv_sec * NS_A_SECOND + now.tv_nsec - (int64_t)loop_clock();
	stamp->tv_sec = ns / NS_A_SECOND;
	stamp->tv_nsec = ns % NS_A_SECOND / (is_ns ? 1 : 1000);
}

static void set_clocks(struct msghdr *message)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header))
		set_clock(header);
}

/* The next datagram of the stack's, or a negative errno. */
static ssize_t take(struct carrier *carrier, struct iovec *piece, struct carrier_origin *origin)
{
	struct msghdr message = {
		.msg_iov = piece,
		.msg_iovlen = 1,
		.msg_name = origin->address,
		.msg_namelen = sizeof origin->address,
		.msg_control = origin->control,
		.msg_controllen = sizeof origin->control,
	};
	memset(origin->address, 0, sizeof origin->address);
	ssize_t size =
		berth_recvmsg(carrier->host->stack, carrier->descriptor, &message, MSG_DONTWAIT);
	if (size < 0)
		return size;
	set_clocks(&message);
	origin->address_size = message.msg_namelen;
	origin->control_size = (uint32_t)message.msg_controllen;
	piece->iov_len = (size_t)size;
	return size;
}

static int take_batch(struct carrier *carrier, struct batch *batch)
{
	int count = 0;

	while (count < BATCH) {
		batch->pieces[count] = (struct iovec){ batch->slots[count], PAYLOAD_MOST };
		ssize_t size = take(carrier, &batch->pieces[count], &batch->origins[count]);
		if (size == -EAGAIN)
			break;
		if (size < 0) {
			note_error(carrier, size);
			break;
		}
		struct msghdr *message = &batch->messages[count].msg_hdr;
		*message = (struct msghdr){ .msg_iov = &batch->pieces[count], .msg_iovlen = 1 };
		address_to_guest(carrier, message, &batch->beside[count], &batch->origins[count]);
		count++;
	}
	return count;
}

static bool must_wait(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

/* Without memory it is lost, as UDP may. */
static void keep(struct carrier *carrier, const struct batch *batch, int index)
{
	size_t size = batch->pieces[index].iov_len;
	struct kept *kept = malloc(sizeof *kept + size);
	if (!kept)
		return;
	kept->is_answer = false;
	kept->origin = batch->origins[index];
	kept->size = size;
	memcpy(kept->payload, batch->slots[index], size);
	STAILQ_INSERT_TAIL(&carrier->inlet->kept, kept, link);
}

static void wait_for_room(struct carrier *carrier)
{
	carrier->may_write = false;
	want_out(carrier, true);
}

/* What the guest will never take (it reads no more, or it has closed) is passed over. */
static void give_batch(struct carrier *carrier, struct batch *batch, int count)
{
	int done = 0;

	while (done < count) {
		int sent = sendmmsg(carrier->end, batch->messages + done, (unsigned)(count - done),
				    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && must_wait(errno)) {
			wait_for_room(carrier);
			break;
		}
		done += sent < 0 ? 1 : sent;
	}
	for (; done < count; done++)
		keep(carrier, batch, done);
}

/* False: there is no room for the next. */
static bool give_kept(struct carrier *carrier)
{
	struct kept *kept;

	while ((kept = STAILQ_FIRST(&carrier->inlet->kept))) {
		struct iovec piece = { kept->payload, kept->size };
		struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
		struct ancillary beside;

		address_to_guest(carrier, &message, &beside, &kept->origin);
		if (sendmsg(carrier->end, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
		    must_wait(errno)) {
			wait_for_room(carrier);
			return false;
		}
		STAILQ_REMOVE_HEAD(&carrier->inlet->kept, link);
		carrier->inlet->answer_count -= kept->is_answer;
		free(kept);
	}
	return true;
}

/* One batch. Returns whether there may be more. */
static bool move_in(struct carrier *carrier)
{
	struct batch *batch = batch_of(carrier);

	ring_stir(carrier);
	if (ring_is_in_use(carrier) || !carrier->may_write || !give_kept(carrier))
		return false;
	int count = take_batch(carrier, batch);
	give_batch(carrier, batch, count);
	return count == BATCH || (count > 0 && carrier->inlet->alarmed);
}

/* Errors. */

/* Puts something into the inlet that is not the guest's. */
static void drop_a_stone(int end)
{
	struct sockaddr_un name;
	socklen_t size = sizeof name;
	int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (other < 0)
		return;
	if (getsockname(end, (struct sockaddr *)&name, &size) == 0)
		sendto(other, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&name,
		       size);
	close(other);
}

static void connect_to_guest(const struct carrier *carrier)
{
	const struct inlet *inlet = carrier->inlet;

	connect(carrier->end, (const struct sockaddr *)&inlet->guest, inlet->guest_size);
}

static void disconnect(const struct carrier *carrier)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	connect(carrier->end, &nobody, sizeof nobody);
}

/* Only while we are not connected to the guest can somebody else put something in. What the guest sends in between is lost
 * with it. */
static void alarm_guest(struct carrier *carrier)
{
	carrier->inlet->alarmed = false;
	disconnect(carrier);
	drop_a_stone(carrier->end);
	connect_to_guest(carrier);
	disconnect(carrier);
	connect_to_guest(carrier);
}

static void take_all(struct carrier *carrier)
{
	carrier->may_read = false;
	for (int i = 0; i < SETTLED_BATCHES; i++)
		if (!move_out(carrier))
			return;
	carrier->may_read = true;
	carrier_queue(carrier, &carrier->host->daemon->busy);
}

void datagram_stir(struct carrier *carrier)
{
	if (carrier->end < 0)
		return;
	bool more_in = move_in(carrier);
	if (carrier->may_read)
		carrier->may_read = move_out(carrier);
	if (carrier->inlet->alarmed) {
		take_all(carrier);
		alarm_guest(carrier);
	}
	if (more_in || carrier->may_read)
		carrier_queue(carrier, &carrier->host->daemon->busy);
}

void datagram_settle(struct carrier *carrier)
{
	take_all(carrier);
}

void datagram_settle_errors(struct carrier *carrier)
{
	daemon_advance(carrier->host->daemon);
	datagram_stir(carrier);
}

static void inlet_ready(struct source *source, uint32_t events)
{
	struct carrier *carrier = (struct carrier *)source;

	watch_settle(
		carrier->host
			->daemon); /* what was closed before this was sent hears nothing of it */
	if (source->buried)
		return;
	if (events & EPOLLIN)
		carrier->may_read = true;
	if (events & EPOLLOUT) {
		carrier->may_write = true;
		want_out(carrier, false);
	}
	datagram_stir(carrier);
}

/* Calls. */

static void read_peer(struct carrier *carrier)
{
	struct inlet *inlet = carrier->inlet;

	inlet->peer_size = sizeof inlet->peer;
	if (berth_getpeername(carrier->host->stack, carrier->descriptor,
			      (struct sockaddr *)&inlet->peer, &inlet->peer_size) < 0)
		inlet->peer_size = 0;
}

static struct in6_addr map_v4(struct in_addr address)
{
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
	memcpy(mapped.s6_addr + 12, &address, sizeof address);
	return mapped;
}

/* Of either family, IPv4 mapped. */
static bool read_address(const void *at, socklen_t size, struct sockaddr_in6 *address)
{
	struct sockaddr_in v4;

	if (!at || size < sizeof v4)
		return false;
	memcpy(&v4, at, sizeof v4);
	if (v4.sin_family == AF_INET) {
		*address = (struct sockaddr_in6){ .sin6_port = v4.sin_port,
						  .sin6_addr = map_v4(v4.sin_addr) };
		return true;
	}
	if (v4.sin_family != AF_INET6 || size < sizeof *address)
		return false;
	memcpy(address, at, sizeof *address);
	return true;
}

/* It has an own address, as any connected socket, of the kind that it would have used. */
static int connect_to_resolver(struct carrier *carrier, const void *address, socklen_t size)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct berth_host *stack = carrier->host->stack;
	struct inlet *inlet = carrier->inlet;

	inlet->peer = (struct sockaddr_storage){ 0 };
	memcpy(&inlet->peer, address, size < sizeof inlet->peer ? size : sizeof inlet->peer);
	inlet->peer_size = host_address_size(&inlet->peer);
	struct sockaddr_storage own = host_own_address(carrier->host, &inlet->peer);
	berth_connect(stack, carrier->descriptor, &nobody, sizeof nobody);
	berth_bind(stack, carrier->descriptor, (const struct sockaddr *)&own,
		   host_address_size(&own));
	inlet->resolving = true;
	return 0;
}

/* What has arrived for the socket as it was is moved first, as far as the guest has room. */
int datagram_connect(struct carrier *carrier, const void *address, socklen_t size)
{
	datagram_stir(carrier);
	if (resolver_takes(carrier->host, address, size))
		return connect_to_resolver(carrier, address, size);
	bool was_resolving = carrier->inlet->resolving;
	int result = berth_connect(carrier->host->stack, carrier->descriptor, address, size);
	if (result < 0 && was_resolving)
		return result;
	carrier->inlet->resolving = false;
	read_peer(carrier);
	return result;
}

/* What others send may be refused for what it says. */
static bool is_udp(const struct carrier *carrier)
{
	int protocol = 0;
	socklen_t size = sizeof protocol;

	berth_getsockopt(carrier->host->stack, carrier->descriptor, SOL_SOCKET, SO_PROTOCOL,
			 &protocol, &size);
	return protocol == IPPROTO_UDP;
}

static bool is_sure(const struct carrier *carrier, const struct msghdr *message)
{
	struct sockaddr_in6 to;

	return is_udp(carrier) && message->msg_controllen == 0 &&
	       read_address(message->msg_name, message->msg_namelen, &to) && to.sin6_port != 0 &&
	       host_reaches(carrier->host, &to.sin6_addr);
}

ssize_t datagram_send(struct carrier *carrier, const struct msghdr *message, int flags, bool *sure)
{
	const struct sockaddr_storage *to = message->msg_name;

	*sure = false;
	if (to && resolver_takes(carrier->host, to, message->msg_namelen)) {
		ask_resolver(carrier, to, host_address_size(to), message->msg_iov);
		return (ssize_t)message->msg_iov->iov_len;
	}
	ssize_t sent = berth_sendmsg(carrier->host->stack, carrier->descriptor, message, flags);
	*sure = sent >= 0 && is_sure(carrier, message);
	return sent;
}

static int open_inlet(struct carrier *carrier, int duplicate)
{
	struct daemon *daemon = carrier->host->daemon;

	if (!daemon->batch)
		daemon->batch = malloc(sizeof *daemon->batch);
	if (!daemon->batch)
		return -ENOMEM;
	carrier->end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (carrier->end < 0)
		return -errno;
	int error = link_inlet(carrier->inlet, carrier->end, duplicate);
	if (!error)
		error = loop_add(&daemon->loop, carrier->end, &carrier->source, EPOLLIN | EPOLLET);
	return error;
}

/* What a failure leaves is the carrier's to free. */
int datagram_begin(struct carrier *carrier, int duplicate)
{
	carrier->state = CARRIER_DATAGRAM;
	carrier->source.ready = inlet_ready;
	carrier->may_write = true;
	carrier->inlet = calloc(1, sizeof *carrier->inlet);
	if (!carrier->inlet)
		return -ENOMEM;
	STAILQ_INIT(&carrier->inlet->kept);
	return open_inlet(carrier, duplicate);
}

void datagram_end(struct carrier *carrier)
{
	struct inlet *inlet = carrier->inlet;
	struct kept *kept;

	ring_end(carrier);
	if (!inlet)
		return;
	if (carrier->end >= 0)
		take_all(carrier);
	while ((kept = STAILQ_FIRST(&inlet->kept))) {
		STAILQ_REMOVE_HEAD(&inlet->kept, link);
		free(kept);
	}
	free(inlet);
	carrier->inlet = NULL;
}
