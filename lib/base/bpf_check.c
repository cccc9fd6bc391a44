/* Which programs are allowed: Linux's bpf_check_classic, rule by rule. */
#include "base/bpf.h"

#include <errno.h>

#define BOTH(operation) (operation) | BPF_K, (operation) | BPF_X
#define SIZES(mode)     BPF_LD | BPF_W | (mode), BPF_LD | BPF_H | (mode), BPF_LD | BPF_B | (mode)

static const uint16_t allowed[] = {
	BOTH(BPF_ALU | BPF_ADD),
	BOTH(BPF_ALU | BPF_SUB),
	BOTH(BPF_ALU | BPF_MUL),
	BOTH(BPF_ALU | BPF_DIV),
	BOTH(BPF_ALU | BPF_MOD),
	BOTH(BPF_ALU | BPF_AND),
	BOTH(BPF_ALU | BPF_OR),
	BOTH(BPF_ALU | BPF_XOR),
	BOTH(BPF_ALU | BPF_LSH),
	BOTH(BPF_ALU | BPF_RSH),
	BPF_ALU | BPF_NEG,
	SIZES(BPF_ABS),
	SIZES(BPF_IND),
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LD | BPF_IMM,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_LDX | BPF_B | BPF_MSH,
	BPF_LDX | BPF_IMM,
	BPF_LDX | BPF_MEM,
	BPF_ST,
	BPF_STX,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
	BPF_RET | BPF_K,
	BPF_RET | BPF_A,
	BPF_JMP | BPF_JA,
	BOTH(BPF_JMP | BPF_JEQ),
	BOTH(BPF_JMP | BPF_JGE),
	BOTH(BPF_JMP | BPF_JGT),
	BOTH(BPF_JMP | BPF_JSET),
};

static const uint32_t ancillary[] = {
	SKF_AD_PROTOCOL,  SKF_AD_PKTTYPE,          SKF_AD_IFINDEX,   SKF_AD_MARK,     SKF_AD_QUEUE,
	SKF_AD_HATYPE,    SKF_AD_RXHASH,           SKF_AD_CPU,       SKF_AD_VLAN_TAG, SKF_AD_RANDOM,
	SKF_AD_VLAN_TPID, SKF_AD_VLAN_TAG_PRESENT, SKF_AD_ALU_XOR_X,
};

static bool is_allowed(uint16_t code)
{
	for (size_t index = 0; index < sizeof allowed / sizeof allowed[0]; index++) {
		if (allowed[index] == code)
			return true;
	}
	return false;
}

static bool is_known(uint32_t offset)
{
	for (size_t index = 0; index < sizeof ancillary / sizeof ancillary[0]; index++) {
		if ((uint32_t)SKF_AD_OFF + ancillary[index] == offset)
			return true;
	}
	return false;
}

static bool is_conditional(uint16_t code)
{
	return BPF_CLASS(code) == BPF_JMP && BPF_OP(code) != BPF_JA;
}

static bool uses_memory(uint16_t code)
{
	return code == BPF_ST || code == BPF_STX || code == (BPF_LD | BPF_MEM) ||
	       code == (BPF_LDX | BPF_MEM);
}

/* Is its operand one that it can have? left: instructions behind it. */
static bool operand_holds(const struct sock_filter *at, size_t left)
{
	if (at->code == (BPF_ALU | BPF_DIV | BPF_K) || at->code == (BPF_ALU | BPF_MOD | BPF_K))
		return at->k != 0;
	if (at->code == (BPF_ALU | BPF_LSH | BPF_K) || at->code == (BPF_ALU | BPF_RSH | BPF_K))
		return at->k < 32;
	if (uses_memory(at->code))
		return at->k < BPF_MEMWORDS;
	if (at->code == (BPF_JMP | BPF_JA))
		return at->k < left;
	if (is_conditional(at->code))
		return at->jt < left && at->jf < left;
	if (BPF_CLASS(at->code) == BPF_LD && BPF_MODE(at->code) == BPF_ABS)
		return at->k < (uint32_t)SKF_AD_OFF || is_known(at->k);
	return true;
}

/* Nothing is read from the scratch memory that was not written there, whatever way led to it. The words that are certain,
 * for each instruction that is jumped to. */
static bool memory_is_written_first(const struct sock_filter *code, size_t count)
{
	uint16_t certain[BPF_MAXINSNS], words = 0;

	memset(certain, 0xff, sizeof certain);
	for (size_t at = 0; at < count; at++) {
		const struct sock_filter *now = &code[at];
		words &= certain[at];
		if (now->code == BPF_ST || now->code == BPF_STX) {
			words |= (uint16_t)(1u << now->k);
		} else if (uses_memory(now->code)) {
			if (!(words >> now->k & 1))
				return false;
		} else if (now->code == (BPF_JMP | BPF_JA)) {
			certain[at + 1 + now->k] &= words;
			words = UINT16_MAX;
		} else if (is_conditional(now->code)) {
			certain[at + 1 + now->jt] &= words;
			certain[at + 1 + now->jf] &= words;
			words = UINT16_MAX;
		}
	}
	return true;
}

int bpf_check(const struct sock_filter *code, size_t count)
{
	if (count == 0 || count > BPF_MAXINSNS)
		return -EINVAL;
	for (size_t at = 0; at < count; at++) {
		if (!is_allowed(code[at].code) || !operand_holds(&code[at], count - at - 1))
			return -EINVAL;
	}
	if (BPF_CLASS(code[count - 1].code) != BPF_RET)
		return -EINVAL;
	return memory_is_written_first(code, count) ? 0 : -EINVAL;
}
