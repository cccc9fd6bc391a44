#include "base/bpf.h"

#include "base/assert.h"

struct bpf *bpf_new(const struct berth_allocator *allocator, const struct sock_filter *code,
		    size_t count)
{
	struct bpf *program = memory_take_raw(allocator, sizeof *program + count * sizeof *code);
	if (!program)
		return NULL;
	program->count = (uint32_t)count;
	memcpy(program->code, code, count * sizeof *code);
	return program;
}

void bpf_free(const struct berth_allocator *allocator, struct bpf *program)
{
	if (program)
		memory_give(allocator, program,
			    sizeof *program + program->count * sizeof *program->code);
}

/* The machine that runs it. */
struct state {
	const struct bpf_packet *packet;
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
	bool failed; /* it has read what is not there: it ends with 0 */
};

static uint32_t size_of(const struct bpf_packet *packet)
{
	return (uint32_t)packet->before.size + frame_size(packet->frame) - packet->start;
}

/* size bytes, 1 to 4, as a number in network order. */
static uint32_t read_at(struct state *state, uint64_t offset, uint32_t size)
{
	const struct bpf_packet *packet = state->packet;
	const struct frame *frame = packet->frame;
	uint64_t all = packet->before.size + frame_size(frame);
	uint32_t value = 0;

	if (offset + size > all) {
		state->failed = true;
		return 0;
	}
	for (uint64_t at = offset; at < offset + size; at++) {
		uint8_t byte = 0;
		if (at < packet->before.size)
			byte = packet->before.at[at];
		else if (at - packet->before.size < frame->head_size)
			byte = frame->head[at - packet->before.size];
		else
			frame_copy_out(frame, (uint32_t)(at - packet->before.size), &byte, 1);
		value = value << 8 | byte;
	}
	return value;
}

/* What lies before the start is reached by offsets from headers only. */
static uint32_t read_from(struct state *state, uint32_t offset, uint32_t size)
{
	const struct bpf_packet *packet = state->packet;
	const uint32_t network = (uint32_t)SKF_NET_OFF, link = (uint32_t)SKF_LL_OFF;

	if (offset <= INT32_MAX)
		return read_at(state, (uint64_t)packet->start + offset, size);
	if (offset >= network)
		return read_at(state, (uint64_t)packet->network_at + (offset - network), size);
	if (offset >= link && packet->link_at != BPF_NOWHERE)
		return read_at(state, (uint64_t)packet->link_at + (offset - link), size);
	state->failed = true;
	return 0;
}

static uint32_t width_of(uint16_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_W:
		return 4;
	case BPF_H:
		return 2;
	default:
		return 1;
	}
}

/* Only what bpf_check lets through is asked for. */
static uint32_t ancillary(struct state *state, uint32_t what)
{
	const struct bpf_packet *packet = state->packet;

	switch (what) {
	case SKF_AD_PROTOCOL:
		return packet->protocol;
	case SKF_AD_PKTTYPE:
		return packet->type;
	case SKF_AD_IFINDEX:
		return packet->interface;
	case SKF_AD_HATYPE:
		return packet->hardware;
	case SKF_AD_RANDOM:
		return (uint32_t)random_next(packet->random);
	case SKF_AD_ALU_XOR_X:
		return state->a ^ state->x;
	default:
		return 0;
	}
}

static uint32_t load(struct state *state, const struct sock_filter *at)
{
	switch (BPF_MODE(at->code)) {
	case BPF_IMM:
		return at->k;
	case BPF_MEM:
		return state->memory[at->k];
	case BPF_LEN:
		return size_of(state->packet);
	case BPF_MSH:
		return (read_from(state, at->k, 1) & 0xf) * 4;
	case BPF_IND:
		return read_from(state, state->x + at->k, width_of(at->code));
	default:
		if (at->k >= (uint32_t)SKF_AD_OFF)
			return ancillary(state, at->k - (uint32_t)SKF_AD_OFF);
		return read_from(state, at->k, width_of(at->code));
	}
}

static uint32_t divide(struct state *state, uint32_t by, bool rest)
{
	if (by == 0) {
		state->failed = true;
		return 0;
	}
	return rest ? state->a % by : state->a / by;
}

/* Shifts by a register go by its last five bits, as the processor's and Linux's. */
static uint32_t compute(struct state *state, const struct sock_filter *at)
{
	uint32_t operand = BPF_SRC(at->code) == BPF_X ? state->x : at->k;

	switch (BPF_OP(at->code)) {
	case BPF_ADD:
		return state->a + operand;
	case BPF_SUB:
		return state->a - operand;
	case BPF_MUL:
		return state->a * operand;
	case BPF_DIV:
		return divide(state, operand, false);
	case BPF_MOD:
		return divide(state, operand, true);
	case BPF_AND:
		return state->a & operand;
	case BPF_OR:
		return state->a | operand;
	case BPF_XOR:
		return state->a ^ operand;
	case BPF_LSH:
		return state->a << (operand & 31);
	case BPF_RSH:
		return state->a >> (operand & 31);
	default:
		return 0 - state->a; /* BPF_NEG */
	}
}

/* Instructions to pass over. */
static uint32_t jump(const struct state *state, const struct sock_filter *at)
{
	uint32_t operand = BPF_SRC(at->code) == BPF_X ? state->x : at->k;
	bool holds;

	switch (BPF_OP(at->code)) {
	case BPF_JEQ:
		holds = state->a == operand;
		break;
	case BPF_JGT:
		holds = state->a > operand;
		break;
	case BPF_JGE:
		holds = state->a >= operand;
		break;
	case BPF_JSET:
		holds = (state->a & operand) != 0;
		break;
	default:
		return at->k; /* BPF_JA */
	}
	return holds ? at->jt : at->jf;
}

uint32_t bpf_run(const struct bpf *program, const struct bpf_packet *packet)
{
	struct state state = { .packet = packet };

	for (uint32_t next = 0; next < program->count && !state.failed; next++) {
		const struct sock_filter *at = &program->code[next];
		switch (BPF_CLASS(at->code)) {
		case BPF_LD:
			state.a = load(&state, at);
			break;
		case BPF_LDX:
			state.x = load(&state, at);
			break;
		case BPF_ST:
			state.memory[at->k] = state.a;
			break;
		case BPF_STX:
			state.memory[at->k] = state.x;
			break;
		case BPF_ALU:
			state.a = compute(&state, at);
			break;
		case BPF_JMP:
			next += jump(&state, at);
			break;
		case BPF_RET:
			return BPF_RVAL(at->code) == BPF_A ? state.a : at->k;
		default:
			if (BPF_MISCOP(at->code) == BPF_TAX)
				state.x = state.a;
			else
				state.a = state.x;
		}
	}
	assert(state.failed); /* the last instruction returns */
	return 0;
}
