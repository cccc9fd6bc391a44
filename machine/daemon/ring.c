#include "daemon/ring.h"

#include "daemon/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	SIZE_MOST = 64 << 20, /* bytes of a ring: libpcap asks for 2 MiB */
	LOOK_FIRST_NS = 50000,
	LOOK_LAST_NS = 20000000,
	LINK_HEADER_ROOM = 16, /* Linux has the network header begin behind so much */
	ETHERNET_HEADER = 14,
	FRAMES_A_TURN = 256,
};

struct ring {
	struct source source; /* first: loop_bury; the inotify's */
	TAILQ_ENTRY(ring) link;
	struct carrier *carrier;
	unsigned reserve; /* PACKET_RESERVE */
	bool version_set; /* PACKET_VERSION is TPACKET_V2 */
	bool cooked;
	struct tpacket_req shape; /* tp_frame_nr 0: there is no ring, only options of one */
	uint8_t *at;              /* NULL: not mapped */
	size_t size;
	unsigned next; /* the frame to be filled next */
	int duplicate;
	int inotify; /* on the memory */
	bool stone;  /* lies in the carrier */
	uint64_t look_at, look_ns;
};

static struct berth_host *stack_of(const struct ring *ring)
{
	return ring->carrier->host->stack;
}

static int stack_option(const struct carrier *carrier, int name)
{
	int value = -1;
	socklen_t size = sizeof value;

	berth_getsockopt(carrier->host->stack, carrier->descriptor, SOL_SOCKET, name, &value,
			 &size);
	return value;
}

/* NULL: no memory. */
static struct ring *ring_of(struct carrier *carrier)
{
	if (carrier->ring)
		return carrier->ring;
	struct ring *ring = calloc(1, sizeof *ring);
	if (!ring)
		return NULL;
	ring->carrier = carrier;
	ring->cooked = stack_option(carrier, SO_TYPE) == SOCK_DGRAM;
	ring->duplicate = ring->inotify = -1;
	ring->look_at = LOOP_NEVER;
	carrier->ring = ring;
	TAILQ_INSERT_TAIL(&carrier->host->daemon->rings, ring, link);
	return ring;
}

/* The guest's last mapping has gone, or never came to be. */
static void unmap(struct ring *ring)
{
	if (ring->inotify >= 0)
		close(ring->inotify);
	if (ring->at)
		munmap(ring->at, ring->size);
	if (ring->duplicate >= 0)
		close(ring->duplicate);
	ring->inotify = ring->duplicate = -1;
	ring->at = NULL;
	ring->stone = false;
	ring->look_at = LOOP_NEVER;
}

void ring_end(struct carrier *carrier)
{
	struct ring *ring = carrier->ring;

	if (!ring)
		return;
	unmap(ring);
	TAILQ_REMOVE(&carrier->host->daemon->rings, ring, link);
	carrier->ring = NULL;
	loop_bury(&carrier->host->daemon->loop, &ring->source);
}

/* The ring's memory. The guest writes into it as it likes: nothing but a frame's status is read from there. */

static size_t frames_a_block(const struct ring *ring)
{
	return ring->shape.tp_block_size / ring->shape.tp_frame_size;
}

static struct tpacket2_hdr *frame_at(const struct ring *ring, unsigned number)
{
	size_t each = frames_a_block(ring);
	uint8_t *block = ring->at + number / each * ring->shape.tp_block_size;

	return (struct tpacket2_hdr *)(void *)(block + number % each * ring->shape.tp_frame_size);
}

static bool is_free(const struct ring *ring, unsigned number)
{
	return __atomic_load_n(&frame_at(ring, number)->tp_status, __ATOMIC_ACQUIRE) ==
	       TP_STATUS_KERNEL;
}

/* As Linux's packet_poll: it is readable while the frame that was filled last has not been read. */
static bool has_been_read(const struct ring *ring)
{
	unsigned count = ring->shape.tp_frame_nr;

	return is_free(ring, (ring->next + count - 1) % count);
}

/* TPACKET_ALIGN and TPACKET2_HDRLEN, which are of no one sign. */
static unsigned align(size_t size)
{
	return ((unsigned)size + TPACKET_ALIGNMENT - 1) & ~(TPACKET_ALIGNMENT - 1u);
}

static unsigned header_size(void)
{
	return align(sizeof(struct tpacket2_hdr)) + (unsigned)sizeof(struct sockaddr_ll);
}

/* Where the frame's bytes begin, and its network header: tpacket_rcv of Linux. */
static unsigned network_offset(const struct ring *ring)
{
	if (ring->cooked)
		return align(header_size()) + LINK_HEADER_ROOM + ring->reserve;
	return align(header_size() + LINK_HEADER_ROOM) + ring->reserve;
}

static unsigned link_offset(const struct ring *ring)
{
	return network_offset(ring) - (ring->cooked ? 0 : ETHERNET_HEADER);
}

/* Of the whole frame, as the stack tells it. */
static unsigned length_of(struct msghdr *message, size_t kept)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		struct tpacket_auxdata auxiliary;
		if (header->cmsg_level != SOL_PACKET || header->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&auxiliary, CMSG_DATA(header), sizeof auxiliary);
		return auxiliary.tp_len;
	}
	return (unsigned)kept;
}

/* False: there is no frame, or no room. */
static bool fill_next(struct ring *ring)
{
	struct tpacket2_hdr *frame = frame_at(ring, ring->next);
	uint8_t *bytes = (uint8_t *)frame;
	_Alignas(struct cmsghdr) uint8_t beside[128];
	struct iovec piece = { bytes + link_offset(ring),
			       ring->shape.tp_frame_size - link_offset(ring) };
	struct sockaddr_ll from = { 0 };
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof from,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = beside,
		.msg_controllen = sizeof beside,
	};
	struct timespec now;

	if (!is_free(ring, ring->next))
		return false;
	ssize_t size = berth_recvmsg(stack_of(ring), ring->carrier->descriptor, &message, 0);
	if (size < 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	struct tpacket2_hdr header = {
		.tp_len = length_of(&message, (size_t)size),
		.tp_snaplen = (unsigned)size,
		.tp_mac = (uint16_t)link_offset(ring),
		.tp_net = (uint16_t)network_offset(ring),
		.tp_sec = (unsigned)now.tv_sec,
		.tp_nsec = (unsigned)now.tv_nsec,
	};
	memcpy(bytes + align(sizeof header), &from, sizeof from);
	memcpy(bytes + sizeof header.tp_status, (uint8_t *)&header + sizeof header.tp_status,
	       sizeof header - sizeof header.tp_status);
	__atomic_store_n(&frame->tp_status, TP_STATUS_USER, __ATOMIC_RELEASE);
	ring->next = (ring->next + 1) % ring->shape.tp_frame_nr;
	return true;
}

/* Readiness. */

static void put_stone(struct ring *ring)
{
	if (!ring->stone)
		ring->stone = send(ring->carrier->end, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL) == 0;
}

/* A guest may have taken it out itself, by a read. */
static void take_stones(struct ring *ring)
{
	while (recv(ring->duplicate, NULL, 0, MSG_DONTWAIT) == 0)
		continue;
	ring->stone = false;
}

static void look_after(struct ring *ring, uint64_t ns)
{
	struct daemon *daemon = ring->carrier->host->daemon;

	ring->look_ns = ns < LOOK_LAST_NS ? ns : LOOK_LAST_NS;
	ring->look_at = daemon->now + ring->look_ns;
	daemon_timer_by(daemon, TIMER_RINGS, ring->look_at);
}

/* What does not fit waits for the next look. */
void ring_stir(struct carrier *carrier)
{
	struct ring *ring = carrier->ring;
	int count = 0;

	if (!ring || !ring->at)
		return;
	while (count < FRAMES_A_TURN && fill_next(ring))
		count++;
	if (count == 0)
		return;
	put_stone(ring);
	look_after(ring, LOOK_FIRST_NS);
	if (count == FRAMES_A_TURN)
		carrier_queue(carrier, &carrier->host->daemon->busy);
}

static void look(struct ring *ring)
{
	ring->look_at = LOOP_NEVER;
	take_stones(ring);
	if (!has_been_read(ring)) {
		put_stone(ring);
		look_after(ring, ring->look_ns * 2);
	}
	ring_stir(ring->carrier);
}

void rings_look(struct daemon *daemon)
{
	struct ring *ring;

	TAILQ_FOREACH(ring, &daemon->rings, link)
	{
		if (ring->look_at <= daemon->now)
			look(ring);
		else
			daemon_timer_by(daemon, TIMER_RINGS, ring->look_at);
	}
}

/* Options. */

static bool is_used(const struct ring *ring)
{
	return ring->shape.tp_frame_nr > 0;
}

bool ring_is_in_use(const struct carrier *carrier)
{
	return carrier->ring && is_used(carrier->ring);
}

/* packet_set_ring of Linux. */
static bool shape_holds(const struct ring *ring, const struct tpacket_req *shape)
{
	const unsigned page = (unsigned)sysconf(_SC_PAGESIZE);
	const unsigned least = header_size() + ring->reserve;

	if (shape->tp_block_size == 0 || shape->tp_block_size % page != 0)
		return false;
	if (shape->tp_frame_size < least || shape->tp_frame_size % TPACKET_ALIGNMENT != 0 ||
	    shape->tp_frame_size < link_offset(ring))
		return false;
	unsigned each = shape->tp_block_size / shape->tp_frame_size;
	return each > 0 && shape->tp_frame_nr % each == 0 &&
	       shape->tp_frame_nr / each == shape->tp_block_nr;
}

static int set_shape(struct ring *ring, const struct tpacket_req *shape)
{
	const int on = 1;

	if (ring->at || (is_used(ring) && shape->tp_block_nr > 0))
		return -EBUSY;
	if (shape->tp_block_nr == 0) {
		ring->shape = (struct tpacket_req){ 0 };
		return shape->tp_frame_nr == 0 ? 0 : -EINVAL;
	}
	if (!ring->version_set || !shape_holds(ring, shape))
		return -EINVAL;
	if (shape->tp_block_nr > SIZE_MOST / shape->tp_block_size)
		return -ENOMEM;
	ring->shape = *shape;
	ring->size = (size_t)shape->tp_block_nr * shape->tp_block_size;
	return berth_setsockopt(stack_of(ring), ring->carrier->descriptor, SOL_PACKET,
				PACKET_AUXDATA, &on, sizeof on);
}

static int set_number(struct ring *ring, int name, unsigned number)
{
	if (is_used(ring))
		return -EBUSY;
	if (name == PACKET_VERSION) {
		ring->version_set = number == TPACKET_V2;
		return ring->version_set ? 0 : -EINVAL;
	}
	if (number > INT32_MAX)
		return -EINVAL;
	ring->reserve = number;
	return 0;
}

static bool is_packet(const struct carrier *carrier)
{
	return stack_option(carrier, SO_DOMAIN) == AF_PACKET;
}

int ring_set_option(struct carrier *carrier, int name, const void *value, socklen_t size)
{
	struct tpacket_req shape;
	unsigned number;

	bool is_shape = name == PACKET_RX_RING;
	if ((!is_shape && name != PACKET_VERSION && name != PACKET_RESERVE) || !is_packet(carrier))
		return RING_NOT_ITS;
	if (is_shape ? size < sizeof shape : size != sizeof number)
		return -EINVAL;
	struct ring *ring = ring_of(carrier);
	if (!ring)
		return -ENOMEM;
	memcpy(&shape, value, is_shape ? sizeof shape : sizeof number);
	memcpy(&number, value, sizeof number);
	return is_shape ? set_shape(ring, &shape) : set_number(ring, name, number);
}

/* PACKET_HDRLEN asks of the version that its value has. */
int ring_get_option(struct carrier *carrier, int name, void *value, socklen_t *size)
{
	struct ring *ring = carrier->ring;
	unsigned number;

	if ((name != PACKET_VERSION && name != PACKET_RESERVE && name != PACKET_HDRLEN) ||
	    !is_packet(carrier))
		return RING_NOT_ITS;
	if (name == PACKET_HDRLEN) {
		memcpy(&number, value, sizeof number);
		if (*size < sizeof number || number != TPACKET_V2)
			return -EINVAL;
		number = sizeof(struct tpacket2_hdr);
	} else if (name == PACKET_VERSION) {
		number = ring && ring->version_set ? TPACKET_V2 : TPACKET_V1;
	} else {
		number = ring ? ring->reserve : 0;
	}
	if (*size > sizeof number)
		*size = sizeof number;
	memcpy(value, &number, *size);
	return 0;
}

/* Mapping. */

static void memory_closed(struct source *source, uint32_t events)
{
	(void)events;
	unmap((struct ring *)source);
}

void ring_hold(struct carrier *carrier, int duplicate)
{
	struct ring *ring = carrier->ring;

	if (!ring || ring->at) {
		close(duplicate);
		return;
	}
	if (ring->duplicate >= 0)
		close(ring->duplicate);
	ring->duplicate = duplicate;
}

/* Tells when the last file of the memory that is not ours is closed. */
static int watch_memory(struct ring *ring, int memory)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
	ring->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (ring->inotify < 0 || inotify_add_watch(ring->inotify, path, IN_CLOSE) < 0)
		return -ENOMEM;
	ring->source.ready = memory_closed;
	return loop_add(&ring->carrier->host->daemon->loop, ring->inotify, &ring->source, EPOLLIN);
}

/* Else it could be cut under our hands. */
static bool is_for_ever(int memory, size_t size)
{
	struct stat status;
	int seals = fcntl(memory, F_GET_SEALS);

	return seals >= 0 && (seals & F_SEAL_SHRINK) && fstat(memory, &status) == 0 &&
	       status.st_size == (off_t)size;
}

static int map(struct ring *ring, int memory)
{
	if (!is_for_ever(memory, ring->size))
		return -EINVAL;
	void *at = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	ring->at = at;
	ring->next = 0;
	return watch_memory(ring, memory);
}

int ring_map(struct carrier *carrier, int memory, uint64_t size)
{
	struct ring *ring = carrier->ring;

	if (!ring || !is_used(ring))
		return -ENODEV;
	if (ring->at)
		return -EBUSY;
	int error = size == ring->size && ring->duplicate >= 0 ? map(ring, memory) : -EINVAL;
	if (error)
		unmap(ring);
	return error;
}
