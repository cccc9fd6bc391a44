/* A ring of frames, shared with whoever fills it, by hand as libpcap does it. Only on Berth: the machine's own kernel keeps it
 * for root, and then says the same. */
#include "datagrams.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { LO = 1, FRAMES = 4, FRAME_SIZE = 2048, RING_SIZE = FRAMES * FRAME_SIZE };

static int next;

/* Somebody takes them, so that nothing is said back. */
static void send_datagrams(int count)
{
	struct sockaddr_in self;
	int made = guest_bound(&self);
	for (int i = 0; i < count; i++)
		MUST(send_to(made, "to self", 7, &self));
	settle();
	close(made);
}

static struct tpacket2_hdr *frame_at(void *ring, int number)
{
	return (struct tpacket2_hdr *)(void *)((char *)ring + number * FRAME_SIZE);
}

/* The address follows the header, whose size needs no rounding. */
static void say_frame(const struct tpacket2_hdr *frame)
{
	const unsigned char *at = (const unsigned char *)frame;
	struct sockaddr_ll from;
	memcpy(&from, at + sizeof(*frame), sizeof(from));
	printf("%u bytes of %u, at %d, network %d, type %d, %02x%02x%02x\n", frame->tp_snaplen,
	       frame->tp_len, frame->tp_mac, frame->tp_net, from.sll_pkttype,
	       at[frame->tp_mac + 12], at[frame->tp_mac + 13], at[frame->tp_net]);
}

/* Reads what is there, gives the room back, and returns how many there were. */
static int read_frames(void *ring, bool say)
{
	int count = 0;
	for (;; count++) {
		struct tpacket2_hdr *frame = frame_at(ring, next);
		if (!(__atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			return count;
		if (say)
			say_frame(frame);
		__atomic_store_n(&frame->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		next = (next + 1) % FRAMES;
	}
}

/* A second is plenty. */
static bool gets_quiet(int descriptor)
{
	for (int i = 0; i < 1000; i++) {
		struct pollfd state = { .fd = descriptor, .events = POLLIN };
		if (poll(&state, 1, 0) == 0)
			return true;
		usleep(1000);
	}
	return false;
}

static int make_ring(void)
{
	int made = socket(AF_PACKET, SOCK_RAW, 0), version = TPACKET_V2, reserve = 4;
	socklen_t size = sizeof(version);
	struct tpacket_req shape = { .tp_block_size = RING_SIZE,
				     .tp_block_nr = 1,
				     .tp_frame_size = FRAME_SIZE,
				     .tp_frame_nr = FRAMES + 1 };
	MUST(made);
	SAY(getsockopt(made, SOL_PACKET, PACKET_HDRLEN, &version, &size));
	printf("header of %d\n", version);
	version = TPACKET_V2;
	SAY(setsockopt(made, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)));
	SAY(setsockopt(made, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof(reserve)));
	SAY(setsockopt(made, SOL_PACKET, PACKET_RX_RING, &shape, sizeof(shape)));
	shape.tp_frame_nr = FRAMES;
	SAY(setsockopt(made, SOL_PACKET, PACKET_RX_RING, &shape, sizeof(shape)));
	SAY(setsockopt(made, SOL_PACKET, PACKET_RX_RING, &shape, sizeof(shape)));
	SAY(setsockopt(made, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)));
	return made;
}

static void *map(int descriptor, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
}

int main(void)
{
	struct sockaddr_ll lo = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = LO };
	struct stat status;
	char byte;
	int made = make_ring(), count = 0;
	printf("half of it: %s\n",
	       map(made, RING_SIZE / 2) == MAP_FAILED ? strerrorname_np(errno) : "ok");
	void *ring = map(made, RING_SIZE);
	printf("all of it: %s\n", ring == MAP_FAILED ? strerrorname_np(errno) : "ok");
	SAY(bind(made, (struct sockaddr *)&lo, sizeof(lo)));
	printf("a socket: %d\n", fstat(made, &status) == 0 && S_ISSOCK(status.st_mode));

	printf("quiet at first: %d\n", gets_quiet(made));
	send_datagrams(1);
	SAY_NUMBER(await(made));
	SAY_NUMBER(read_frames(ring, true));
	printf("quiet when read: %d\n", gets_quiet(made));
	SAY_NUMBER(recv(made, &byte, 1, MSG_DONTWAIT));

	send_datagrams(2);
	SAY_NUMBER(await(made));
	SAY_NUMBER(read_frames(ring, false));
	printf("quiet when read: %d\n", gets_quiet(made));
	for (int i = 0; i < 8; i++) {
		send_datagrams(1);
		count += read_frames(ring, false);
	}
	printf("%d frames round and round\n", count);

	SAY(munmap(ring, RING_SIZE));
	settle();
	ring = map(made, RING_SIZE);
	printf("again: %s\n", ring == MAP_FAILED ? strerrorname_np(errno) : "ok");
	close(made);
	return 0;
}
