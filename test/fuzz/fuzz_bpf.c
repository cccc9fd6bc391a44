/* Any bytes as a filter's program, and then as the frame it judges: what is allowed ends, and reads nothing that is not
 * there. The first two bytes say where the program ends and where its own bytes begin. */
#include "base/bpf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct berth_allocator allocator = { allocate, release, NULL };
	static const uint8_t seed[16];
	static struct sock_filter code[256];

	if (size < 2)
		return 0;
	size_t count = data[0];
	struct bytes rest = { data + 2, size - 2 };
	if (count * sizeof *code > rest.size || rest.size > BLOCK_LARGEST)
		return 0;
	if (count > 0)
		memcpy(code, rest.at, count * sizeof *code);
	if (bpf_check(code, count) < 0)
		return 0;
	rest = bytes_after(rest, count * sizeof *code);

	struct pool *pool = pool_new(&allocator);
	struct frame *frame = frame_from_bytes(pool, rest);
	struct bpf *program = bpf_new(&allocator, code, count);
	struct random random;
	random_init(&random, seed, 0);
	const struct bpf_packet packet = {
		.frame = frame,
		.start = data[1] < rest.size ? data[1] : 0,
		.network_at = 14,
		.random = &random,
	};
	bpf_run(program, &packet);
	bpf_free(&allocator, program);
	frame_free(frame);
	pool_free(pool);
	return 0;
}
