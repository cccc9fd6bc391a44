/* Packet filters: what programs mean, which are refused, and the same asked of Linux's own, on an AF_UNIX socket. */
#include "base/bpf.h"
#include "unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_SIZE = 64, PROGRAMS = 20000, LONGEST = 24 };

struct bench {
	struct counted_memory memory;
	struct pool *pool;
	struct random random;
	uint8_t bytes[PACKET_SIZE];
};

static void bench_open(struct bench *bench)
{
	const uint8_t seed[16] = { 1 };
	counted_memory_init(&bench->memory);
	bench->pool = pool_new(&bench->memory.allocator);
	random_init(&bench->random, seed, 0);
	for (size_t index = 0; index < PACKET_SIZE; index++)
		bench->bytes[index] = (uint8_t)(index * 7 + 1);
}

static void bench_close(struct bench *bench)
{
	pool_free(bench->pool);
	check_nothing_leaked(&bench->memory);
}

/* size bytes, the first half in the head and the rest in a slice. */
static struct frame *frame_of(struct bench *bench, const uint8_t *bytes, uint32_t size)
{
	uint32_t half = size / 2;
	struct frame *frame = frame_new(bench->pool);
	memcpy(frame_push(frame, half), bytes, half);
	if (size > half) {
		struct block *block = block_new(bench->pool, size - half);
		memcpy(block->bytes, bytes + half, size - half);
		frame->slices[0] = (struct slice){ block, block->bytes, size - half };
		frame->slice_count = 1;
		frame->payload_size = size - half;
	}
	return frame;
}

static uint32_t run(struct bench *bench, const struct sock_filter *code, size_t count,
		    uint32_t start)
{
	struct frame *frame = frame_of(bench, bench->bytes, PACKET_SIZE);
	struct bpf *program = bpf_new(&bench->memory.allocator, code, count);
	const struct bpf_packet packet = {
		.frame = frame,
		.start = start,
		.network_at = 14,
		.protocol = 0x0806,
		.type = 4,
		.interface = 7,
		.hardware = 772,
		.random = &bench->random,
	};
	uint32_t kept = bpf_run(program, &packet);
	bpf_free(&bench->memory.allocator, program);
	frame_free(frame);
	return kept;
}

#define RUN(bench, start, ...)                                                                     \
	run(bench, (const struct sock_filter[]){ __VA_ARGS__ },                                    \
	    sizeof((const struct sock_filter[]){ __VA_ARGS__ }) / sizeof(struct sock_filter),      \
	    start)
#define CHECK_CODE(...)                                                                            \
	bpf_check((const struct sock_filter[]){ __VA_ARGS__ },                                     \
		  sizeof((const struct sock_filter[]){ __VA_ARGS__ }) /                            \
			  sizeof(struct sock_filter))

static const struct sock_filter return_a = BPF_STMT(BPF_RET | BPF_A, 0);

static struct sock_filter load(uint16_t size, uint32_t offset)
{
	return (struct sock_filter)BPF_STMT((uint16_t)(BPF_LD | size | BPF_ABS), offset);
}

static void loads_read_in_network_order_from_head_and_slices(void **state)
{
	struct bench bench;
	bench_open(&bench);
	(void)state;

	CHECK_EQUAL(0x01080f16, RUN(&bench, 0, load(BPF_W, 0), return_a));
	CHECK_EQUAL(0x0f16, RUN(&bench, 0, load(BPF_H, 2), return_a));
	CHECK_EQUAL(0x08, RUN(&bench, 0, load(BPF_B, 1), return_a));
	const uint8_t *at = bench.bytes + 30; /* across the border */
	CHECK_EQUAL(get32(at), RUN(&bench, 0, load(BPF_W, 30), return_a));
	CHECK_EQUAL(bench.bytes[15], RUN(&bench, 14, load(BPF_B, 1), return_a));
	CHECK_EQUAL(PACKET_SIZE - 14,
		    RUN(&bench, 14, BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), return_a));
	CHECK_EQUAL(4 * (bench.bytes[3] & 15),
		    RUN(&bench, 0, BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 3),
			BPF_STMT(BPF_MISC | BPF_TXA, 0), return_a));
	bench_close(&bench);
}

static void what_is_not_there_refuses_the_frame(void **state)
{
	struct bench bench;
	const struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 99);
	const uint32_t offsets[] = { PACKET_SIZE - 3,
				     PACKET_SIZE,
				     INT32_MAX,
				     0x80000000,
				     (uint32_t)SKF_NET_OFF + PACKET_SIZE,
				     (uint32_t)SKF_LL_OFF + PACKET_SIZE - 3 };
	bench_open(&bench);
	(void)state;

	for (size_t index = 0; index < COUNT_OF(offsets); index++)
		CHECK_EQUAL(0, RUN(&bench, 0, load(BPF_W, offsets[index]), all));
	CHECK_EQUAL(99, RUN(&bench, 0, load(BPF_W, PACKET_SIZE - 4), all));
	CHECK_EQUAL(0, RUN(&bench, 0, BPF_STMT(BPF_LD | BPF_IMM, 5),
			   BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), all));
	CHECK_EQUAL(0, RUN(&bench, 0, BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0), all));
	bench_close(&bench);
}

static void headers_are_reached_from_behind_them(void **state)
{
	struct bench bench;
	bench_open(&bench);
	(void)state;

	CHECK_EQUAL(bench.bytes[2],
		    RUN(&bench, 14, load(BPF_B, (uint32_t)SKF_LL_OFF + 2), return_a));
	CHECK_EQUAL(bench.bytes[16],
		    RUN(&bench, 0, load(BPF_B, (uint32_t)SKF_NET_OFF + 2), return_a));
	bench_close(&bench);
}

static void what_is_known_of_the_frame_is_told(void **state)
{
	const uint32_t known[][2] = {
		{ SKF_AD_PROTOCOL, 0x0806 }, { SKF_AD_PKTTYPE, 4 }, { SKF_AD_IFINDEX, 7 },
		{ SKF_AD_HATYPE, 772 },      { SKF_AD_MARK, 0 },    { SKF_AD_VLAN_TAG_PRESENT, 0 },
	};
	struct bench bench;
	bench_open(&bench);
	(void)state;

	for (size_t index = 0; index < COUNT_OF(known); index++)
		CHECK_EQUAL(known[index][1],
			    RUN(&bench, 0, load(BPF_W, (uint32_t)SKF_AD_OFF + known[index][0]),
				return_a));
	CHECK_EQUAL(6 ^ 3,
		    RUN(&bench, 0, BPF_STMT(BPF_LD | BPF_IMM, 6), BPF_STMT(BPF_LDX | BPF_IMM, 3),
			load(BPF_W, (uint32_t)SKF_AD_OFF + SKF_AD_ALU_XOR_X), return_a));
	bench_close(&bench);
}

static void what_linux_refuses_is_refused(void **state)
{
	(void)state;

	CHECK_EQUAL(0, CHECK_CODE(return_a));
	CHECK_EQUAL(-EINVAL, bpf_check(&return_a, 0));
	CHECK_EQUAL(-EINVAL, CHECK_CODE(load(BPF_W, 0)));
	CHECK_EQUAL(-EINVAL, CHECK_CODE({ .code = 0xffff }, return_a));
	CHECK_EQUAL(-EINVAL, CHECK_CODE(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), return_a));
	CHECK_EQUAL(-EINVAL, CHECK_CODE(BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), return_a));
	CHECK_EQUAL(-EINVAL, CHECK_CODE(BPF_STMT(BPF_ST, BPF_MEMWORDS), return_a));
	CHECK_EQUAL(-EINVAL, CHECK_CODE(BPF_STMT(BPF_LD | BPF_MEM, 3), return_a));
	CHECK_EQUAL(0, CHECK_CODE(BPF_STMT(BPF_ST, 3), BPF_STMT(BPF_LD | BPF_MEM, 3), return_a));
	CHECK_EQUAL(-EINVAL, CHECK_CODE(BPF_STMT(BPF_JMP | BPF_JA, 1), return_a));
	CHECK_EQUAL(-EINVAL, CHECK_CODE(BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), return_a));
	CHECK_EQUAL(-EINVAL, CHECK_CODE(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), return_a));
	CHECK_EQUAL(-EINVAL, CHECK_CODE(load(BPF_W, (uint32_t)SKF_AD_OFF + 1), return_a));
	CHECK_EQUAL(-EINVAL,
		    CHECK_CODE(load(BPF_W, (uint32_t)SKF_AD_OFF + SKF_AD_PAY_OFFSET), return_a));
	/* One way leads past the store. */
	CHECK_EQUAL(-EINVAL,
		    CHECK_CODE(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_ST, 0),
			       BPF_STMT(BPF_LD | BPF_MEM, 0), return_a));

	static struct sock_filter longest[BPF_MAXINSNS + 1];
	for (size_t index = 0; index <= BPF_MAXINSNS; index++)
		longest[index] = return_a;
	CHECK_EQUAL(0, bpf_check(longest, BPF_MAXINSNS));
	CHECK_EQUAL(-EINVAL, bpf_check(longest, BPF_MAXINSNS + 1));
}

/* Random programs, mostly of what is allowed; the seed is printed. */

static uint64_t dice;

static uint32_t throw(uint32_t sides)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice >> 33) % sides;
}

static uint32_t any_number(void)
{
	static const uint32_t odd[] = { 0x7fffffff, 0x80000000, 0xffffffff, 0xfff00000,
					0xffe00000, 0xfffff000, 0xfffff004, 0xfffff028,
					0xfffff030, 31,         32,         0x10000 };
	switch (throw(8)) {
	case 0:
		return odd[throw(COUNT_OF(odd))];
	case 1:
		return throw(UINT16_MAX);
	default:
		return throw(40);
	}
}

static uint16_t any_code(void)
{
	static const uint16_t loads[] = { BPF_IMM, BPF_ABS, BPF_IND, BPF_MEM, BPF_LEN, BPF_MSH };
	uint16_t class = (uint16_t) throw(8), code = class;
	switch (class) {
	case BPF_LD:
	case BPF_LDX:
		code |= loads[throw(COUNT_OF(loads))] | (uint16_t)(throw(3) << 3);
		return throw(3) ? code : class;
	case BPF_ALU:
		return code | (uint16_t)(throw(11) << 4) | (uint16_t)(throw(2) << 3);
	case BPF_JMP:
		return code | (uint16_t)(throw(5) << 4) | (uint16_t)(throw(2) << 3);
	case BPF_RET:
		return code | (throw(2) ? BPF_A : BPF_K);
	case BPF_MISC:
		return code | (throw(2) ? BPF_TXA : BPF_TAX);
	default:
		return code;
	}
}

/* What the kernel knows of no AF_UNIX datagram, or knows of no other: no device, and what is there by chance. */
static bool is_comparable(const struct sock_filter *at)
{
	uint32_t what = at->k - (uint32_t)SKF_AD_OFF;
	if (BPF_CLASS(at->code) != BPF_LD || at->k < (uint32_t)SKF_AD_OFF)
		return true;
	return what != SKF_AD_IFINDEX && what != SKF_AD_HATYPE && what != SKF_AD_CPU &&
	       what != SKF_AD_RANDOM && what != SKF_AD_PAY_OFFSET && what != SKF_AD_NLATTR &&
	       what != SKF_AD_NLATTR_NEST;
}

static size_t any_program(struct sock_filter *code)
{
	size_t count = 1 + throw(LONGEST);
	for (size_t at = 0; at < count; at++) {
		uint32_t left = (uint32_t)(count - at);
		do
			code[at] = (struct sock_filter){ any_code(), (uint8_t) throw(left),
							 (uint8_t) throw(left), any_number() };
		while (!is_comparable(&code[at]));
		if (BPF_CLASS(code[at].code) == BPF_RET && throw(4))
			code[at] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0);
		if (code[at].code == (BPF_JMP | BPF_JA))
			code[at].k = throw(left);
	}
	if (throw(20))
		code[count - 1] = (struct sock_filter)BPF_STMT(
			(uint16_t)(BPF_RET | (throw(4) ? BPF_A : BPF_K)), throw(80));
	return count;
}

/* What Linux keeps of the bytes: -1: nothing came. */
static int ask_linux(const int pair[2], const uint8_t *bytes, size_t size)
{
	uint8_t kept[PACKET_SIZE];
	assert_int_equal(send(pair[0], bytes, size, 0), size);
	return (int)recv(pair[1], kept, sizeof kept, MSG_DONTWAIT);
}

static int ask_berth(struct bench *bench, const struct sock_filter *code, size_t count,
		     const uint8_t *bytes, uint32_t size)
{
	struct frame *frame = frame_of(bench, bytes, size);
	struct bpf *program = bpf_new(&bench->memory.allocator, code, count);
	const struct bpf_packet packet = { .frame = frame,
					   .link_at = BPF_NOWHERE,
					   .random = &bench->random };
	uint32_t kept = bpf_run(program, &packet);
	bpf_free(&bench->memory.allocator, program);
	frame_free(frame);
	return kept == 0 ? -1 : (int)(kept < size ? kept : size);
}

static void print_program(const struct sock_filter *code, size_t count)
{
	for (size_t at = 0; at < count; at++)
		printf("{ 0x%02x, %u, %u, 0x%x },\n", code[at].code, code[at].jt, code[at].jf,
		       code[at].k);
}

static void linux_says_the_same_of_random_programs(void **state)
{
	struct bench bench;
	struct sock_filter code[LONGEST];
	int pair[2], taken = 0;
	bench_open(&bench);
	(void)state;

	dice = (uint64_t)getpid() << 20;
	printf("seed %llu\n", (unsigned long long)dice);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	for (int turn = 0; turn < PROGRAMS; turn++) {
		size_t count = any_program(code);
		struct sock_fprog asked = { (unsigned short)count, code };
		uint8_t bytes[PACKET_SIZE];
		uint32_t size = throw(PACKET_SIZE + 1);
		for (size_t index = 0; index < size; index++)
			bytes[index] = (uint8_t) throw(256);
		int refused =
			setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &asked, sizeof asked);
		if ((refused < 0) != (bpf_check(code, count) < 0))
			print_program(code, count);
		assert_int_equal(refused < 0, bpf_check(code, count) < 0);
		if (refused < 0)
			continue;
		taken++;
		int linux_keeps = ask_linux(pair, bytes, size);
		int berth_keeps = ask_berth(&bench, code, count, bytes, size);
		if (linux_keeps != berth_keeps)
			print_program(code, count);
		assert_int_equal(linux_keeps, berth_keeps);
	}
	printf("%d of %d programs taken\n", taken, PROGRAMS);
	close(pair[0]);
	close(pair[1]);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_read_in_network_order_from_head_and_slices),
		cmocka_unit_test(what_is_not_there_refuses_the_frame),
		cmocka_unit_test(headers_are_reached_from_behind_them),
		cmocka_unit_test(what_is_known_of_the_frame_is_told),
		cmocka_unit_test(what_linux_refuses_is_refused),
		cmocka_unit_test(linux_says_the_same_of_random_programs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
