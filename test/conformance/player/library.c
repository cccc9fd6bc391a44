/* libberth as the stack under test: one host and one link, whose other end answers ARP and is the script. Time is virtual:
 * nothing sleeps. */
#include "conformance/player/library.h"

#include "base/bytes.h"
#include "conformance/player/packet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define BEGINNING                                                                                  \
	UINT64_C(                                                                                  \
		1000000000000) /* the host's clock at the script's time 0: not 0, nothing special */

enum {
	ETHERNET_SIZE = 14,
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_IPV6 = 0x86dd,
	ARP_SIZE = 28,
	SOLICITATION_SIZE = 64,
	ADVERTISEMENT_SIZE = 72,
	PROTOCOL_ICMPV6 = 58,
};

static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t script_mac[6] = { 2, 0, 0, 0, 0, 2 };

static void *allocate(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *at, size_t size)
{
	(void)context, (void)size;
	free(at);
}

static int64_t script_time(const struct library *library)
{
	return (int64_t)(library->now - BEGINNING);
}

static uint8_t *begin_answer(struct library *library, uint16_t type, size_t size)
{
	uint8_t *frame = library->answer;

	memcpy(frame, our_mac, 6);
	memcpy(frame + 6, script_mac, 6);
	put16(frame + 12, type);
	library->answer_size = ETHERNET_SIZE + size;
	return frame + ETHERNET_SIZE;
}

/* Who has it? The script's end, whatever it is; but for the host's own address, which it asks about as it begins. */
static void answer_arp(struct library *library, const uint8_t *asked)
{
	if (get16(asked + 6) != 1 || memcmp(asked + 14, asked + 24, 4) == 0)
		return;
	uint8_t *answer = begin_answer(library, TYPE_ARP, ARP_SIZE);
	memcpy(answer, asked, ARP_SIZE);
	put16(answer + 6, 2);
	memcpy(answer + 8, script_mac, 6);
	memcpy(answer + 14, asked + 24, 4);
	memcpy(answer + 18, asked + 8, 10);
}

/* The same over IPv6: a neighbour solicitation (RFC 4861, 4.3), but one that asks from :: whether somebody has the
 * address (RFC 4862, 5.4.2). False: it is something else. */
static bool answer_solicitation(struct library *library, const uint8_t *packet, size_t size)
{
	static const uint8_t nobody[16];
	uint8_t body[24] = { [16] = 2, [17] = 1 }; /* the target, and its link address */

	if (size < SOLICITATION_SIZE || packet[6] != PROTOCOL_ICMPV6 || packet[40] != 135)
		return false;
	if (memcmp(packet + 8, nobody, sizeof nobody) == 0)
		return true;
	memcpy(body, packet + 48, 16);
	memcpy(body + 18, script_mac, 6);
	const struct packet advertisement = {
		.is_ipv6 = true,
		.protocol = PACKET_ICMP,
		.source = address_v6(packet + 48),
		.destination = address_v6(packet + 8),
		.ttl = 255,
		.icmp_type = 136,
		.icmp_rest = UINT32_C(0x60000000), /* solicited, override */
		.payload = body,
		.size = sizeof body,
	};
	packet_write(&advertisement, begin_answer(library, TYPE_IPV6, ADVERTISEMENT_SIZE));
	return true;
}

static void transmit(void *context, const struct iovec *pieces, int count)
{
	struct library *library = context;
	size_t size = 0;

	for (int index = 0; index < count; index++) {
		memcpy(library->frame + size, pieces[index].iov_base, pieces[index].iov_len);
		size += pieces[index].iov_len;
	}
	const uint8_t *packet = library->frame + ETHERNET_SIZE;
	uint16_t type = get16(library->frame + 12);
	if (type == TYPE_ARP && size >= ETHERNET_SIZE + ARP_SIZE)
		answer_arp(library, packet);
	else if (type == TYPE_IPV6 && answer_solicitation(library, packet, size - ETHERNET_SIZE))
		return;
	else if (type != TYPE_ARP)
		library->stack.output(library->stack.context, packet, size - ETHERNET_SIZE,
				      script_time(library));
}

static void input(struct stack *stack, const uint8_t *packet, size_t size)
{
	struct library *library = library_of(stack);
	uint8_t *frame = library->frame;

	memcpy(frame, our_mac, 6);
	memcpy(frame + 6, script_mac, 6);
	put16(frame + 12, packet[0] >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4);
	memcpy(frame + ETHERNET_SIZE, packet, size);
	berth_interface_input(library->host, library->link, frame, ETHERNET_SIZE + size);
}

/* All that is due by now; the time of the next thing. */
static uint64_t settle(struct library *library)
{
	uint64_t next;

	do {
		next = berth_host_advance(library->host, library->now);
		if (library->answer_size > 0) {
			size_t size = library->answer_size;
			library->answer_size = 0;
			berth_interface_input(library->host, library->link, library->answer, size);
			next = library->now;
		}
	} while (next <= library->now);
	library_note_events(library);
	return next;
}

static int64_t wait(struct stack *stack, int64_t until)
{
	struct library *library = library_of(stack);
	uint64_t limit = BEGINNING + (uint64_t)until;

	uint64_t next = settle(library);
	if (library->now < limit) {
		library->now = next < limit ? next : limit;
		settle(library);
	}
	return script_time(library);
}

static struct berth_host *host_of(struct stack *stack)
{
	return library_of(stack)->host;
}

static int library_socket(struct stack *stack, int domain, int type, int protocol)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	int descriptor = berth_socket(host_of(stack), domain, kind, protocol);
	if (descriptor >= 0)
		library_opened(library_of(stack), descriptor, type & SOCK_NONBLOCK);
	return descriptor;
}

static int library_bind(struct stack *stack, int descriptor, const struct sockaddr *address,
			socklen_t size)
{
	return berth_bind(host_of(stack), descriptor, address, size);
}

static int library_listen(struct stack *stack, int descriptor, int backlog)
{
	return berth_listen(host_of(stack), descriptor, backlog);
}

static int library_accept(struct stack *stack, int descriptor, struct sockaddr *address,
			  socklen_t *size, int flags)
{
	int child = berth_accept(host_of(stack), descriptor, address, size);
	if (child >= 0)
		library_opened(library_of(stack), child, flags & SOCK_NONBLOCK);
	return child;
}

static int library_connect(struct stack *stack, int descriptor, const struct sockaddr *address,
			   socklen_t size)
{
	return berth_connect(host_of(stack), descriptor, address, size);
}

static int library_getsockname(struct stack *stack, int descriptor, struct sockaddr *address,
			       socklen_t *size)
{
	return berth_getsockname(host_of(stack), descriptor, address, size);
}

static int library_getpeername(struct stack *stack, int descriptor, struct sockaddr *address,
			       socklen_t *size)
{
	return berth_getpeername(host_of(stack), descriptor, address, size);
}

static int library_getsockopt(struct stack *stack, int descriptor, int level, int name, void *value,
			      socklen_t *size)
{
	return berth_getsockopt(host_of(stack), descriptor, level, name, value, size);
}

static int library_setsockopt(struct stack *stack, int descriptor, int level, int name,
			      const void *value, socklen_t size)
{
	return berth_setsockopt(host_of(stack), descriptor, level, name, value, size);
}

static int library_shutdown(struct stack *stack, int descriptor, int how)
{
	return berth_shutdown(host_of(stack), descriptor, how);
}

static int library_close(struct stack *stack, int descriptor)
{
	struct library *library = library_of(stack);

	if (library_is_epoll(library, descriptor))
		return library_epoll_close(library, descriptor);
	library_closed(library, descriptor);
	return berth_close(library->host, descriptor);
}

static ssize_t library_sendmsg(struct stack *stack, int descriptor, const struct msghdr *message,
			       int flags)
{
	return berth_sendmsg(host_of(stack), descriptor, message, flags);
}

static ssize_t library_recvmsg(struct stack *stack, int descriptor, struct msghdr *message,
			       int flags)
{
	return berth_recvmsg(host_of(stack), descriptor, message, flags);
}

static bool library_is_blocking(struct stack *stack, int descriptor)
{
	const struct library *library = library_of(stack);
	bool known = descriptor >= 0 && descriptor < LIBRARY_DESCRIPTORS_MOST;
	return !known || !library->descriptors[descriptor].nonblocking;
}

static int library_fcntl(struct stack *stack, int descriptor, int command, int value)
{
	struct library *library = library_of(stack);
	int bits = berth_poll(library->host, descriptor);

	if (bits < 0)
		return bits;
	if (command == F_GETFL)
		return O_RDWR | (library_is_blocking(stack, descriptor) ? 0 : O_NONBLOCK);
	if (command != F_SETFL)
		return -EINVAL;
	library->descriptors[descriptor].nonblocking = value & O_NONBLOCK;
	return 0;
}

/* Bytes waiting, in segments or in the first datagram. */
static int unread(struct berth_host *host, int descriptor)
{
	struct iovec pieces[64];
	int count = berth_recv_peek(host, descriptor, pieces, 64);
	int sum = 0;

	for (int index = 0; index < count; index++)
		sum += (int)pieces[index].iov_len;
	return count < 0 && count != -EAGAIN ? count : sum;
}

struct count {
	int descriptor;
	int value;
};

static void find_send_queue(void *context, const struct berth_socket_info *info)
{
	struct count *count = context;
	if (info->descriptor == count->descriptor)
		count->value = (int)info->send_queue;
}

static int library_ioctl(struct stack *stack, int descriptor, unsigned long request, int *value)
{
	struct berth_host *host = host_of(stack);
	struct count count = { descriptor, 0 };

	switch (request) {
	case SIOCINQ:
		*value = unread(host, descriptor);
		return *value < 0 ? *value : 0;
	case SIOCOUTQ:
		berth_host_sockets(host, find_send_queue, &count);
		*value = count.value;
		return 0;
	case FIONBIO:
		return library_fcntl(stack, descriptor, F_SETFL, *value ? O_NONBLOCK : 0);
	default:
		return -ENOTTY;
	}
}

static bool library_set(struct stack *stack, const char *name, const char *value, int line,
			struct outcome *outcome)
{
	return library_setting(library_of(stack), name, value, line, outcome);
}

static void library_free(struct stack *stack)
{
	struct library *library = library_of(stack);
	berth_host_free(library->host);
	free(library);
}

static const struct stack_operations operations = {
	.socket = library_socket,
	.bind = library_bind,
	.listen = library_listen,
	.accept = library_accept,
	.connect = library_connect,
	.getsockname = library_getsockname,
	.getpeername = library_getpeername,
	.getsockopt = library_getsockopt,
	.setsockopt = library_setsockopt,
	.shutdown = library_shutdown,
	.close = library_close,
	.sendmsg = library_sendmsg,
	.recvmsg = library_recvmsg,
	.fcntl = library_fcntl,
	.ioctl = library_ioctl,
	.poll = library_poll,
	.epoll_create = library_epoll_create,
	.epoll_ctl = library_epoll_ctl,
	.epoll_wait = library_epoll_wait,
	.is_blocking = library_is_blocking,
	.input = input,
	.wait = wait,
	.set = library_set,
	.free = library_free,
};

static int set_up_ipv6(struct library *library, const struct network *network)
{
	struct in6_addr local;
	const struct in6_addr anywhere = { 0 };

	memcpy(&local, network->local.bytes, sizeof local);
	int result = berth_address6_add(library->host, library->link, &local, 48);
	if (result < 0)
		return result;
	return berth_route6_add(library->host, &anywhere, 0, &anywhere, library->link);
}

/* The script's end is reached by way of a gateway, which is the script's end as well; over IPv6, on the link itself. */
static int set_up(struct library *library, const struct network *network)
{
	const struct berth_interface_config link = {
		.name = "tun0",
		.mac = { 2, 0, 0, 0, 0, 1 },
		.mtu = network->mtu,
		.transmit = transmit,
		.context = library,
	};
	struct in_addr local, gateway, anywhere = { 0 };

	library->link = berth_interface_add(library->host, &link);
	if (library->link < 0)
		return library->link;
	if (network->version == OVER_IPV6)
		return set_up_ipv6(library, network);
	memcpy(&local, network->local.bytes + 12, sizeof local);
	gateway.s_addr = local.s_addr ^ htonl(0x80);
	int result = berth_address_add(library->host, library->link, local, 16);
	if (result < 0)
		return result;
	return berth_route_add(library->host, anywhere, 0, gateway, library->link);
}

struct stack *library_new(const struct network *network, stack_output *output, void *context,
			  struct outcome *outcome)
{
	static const struct berth_allocator allocator = { allocate, release, NULL };
	struct library *library = calloc(1, sizeof *library);

	if (!library)
		abort();
	library->stack = (struct stack){ &operations, output, context };
	library->now = BEGINNING;
	struct berth_host_config config = { .allocator = &allocator,
					    .name = "script",
					    .now = BEGINNING };
	library->host = berth_host_new(&config);
	int result = library->host ? set_up(library, network) : -ENOMEM;
	if (result < 0) {
		outcome_fail(outcome, 0, "no host: %s", strerror(-result));
		library_free(&library->stack);
		return NULL;
	}
	return &library->stack;
}
