#include "inquiry/diag_filter.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	STEP = sizeof(struct inet_diag_bc_op),
	ANY_PORT = -1,
	MAPPED_PREFIX = 96,
};

/* Of what a step is followed by. */
static size_t operand_size(const struct diag_filter *filter, size_t at, uint8_t code)
{
	struct inet_diag_hostcond condition;

	switch (code) {
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE:
	case INET_DIAG_BC_S_EQ:
	case INET_DIAG_BC_D_EQ:
	case INET_DIAG_BC_DEV_COND:
		return STEP;
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		if (filter->size - at < STEP + sizeof condition)
			return SIZE_MAX - STEP;
		memcpy(&condition, filter->code + at + STEP, sizeof condition);
		return sizeof condition + (condition.prefix_len + 31u) / 32 * 4;
	default:
		return 0;
	}
}

static bool is_known(uint8_t code)
{
	return code <= INET_DIAG_BC_DEV_COND || code == INET_DIAG_BC_S_EQ ||
	       code == INET_DIAG_BC_D_EQ;
}

static struct inet_diag_bc_op step_at(const struct diag_filter *filter, size_t at)
{
	struct inet_diag_bc_op step;
	memcpy(&step, filter->code + at, sizeof step);
	return step;
}

/* inet_diag_bc_audit of Linux, but that a jump may end anywhere: what is no step there ends the run. */
static bool step_holds(const struct diag_filter *filter, size_t at)
{
	if (filter->size - at < STEP)
		return false;
	const struct inet_diag_bc_op step = step_at(filter, at);
	return is_known(step.code) && step.yes >= STEP && step.no >= STEP &&
	       operand_size(filter, at, step.code) + STEP <= filter->size - at;
}

bool diag_filter_holds(const struct diag_filter *filter)
{
	size_t at = 0;

	if (!filter->code)
		return true;
	while (at < filter->size) {
		if (!step_holds(filter, at) || step_at(filter, at).yes > filter->size - at)
			return false;
		at += step_at(filter, at).yes;
	}
	return true;
}

static bool agrees(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	const unsigned whole = bits / 8;
	const uint8_t mask = (uint8_t)(0xff00 >> bits % 8);

	return memcmp(a, b, whole) == 0 && (mask == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

static bool meets(const uint8_t *at, const struct inet_diag_msg *row, const void *own,
		  uint16_t port)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct inet_diag_hostcond condition;
	const uint8_t *address = own;

	memcpy(&condition, at, sizeof condition);
	if (condition.port != ANY_PORT && condition.port != ntohs(port))
		return false;
	if (condition.family != AF_UNSPEC && condition.family != row->idiag_family) {
		if (row->idiag_family != AF_INET6 || condition.family != AF_INET ||
		    memcmp(address, mapped, sizeof mapped) != 0)
			return false;
		address += sizeof mapped;
	}
	const unsigned most = condition.family == AF_INET ? 32 : 128;
	return condition.prefix_len <= most &&
	       agrees(address, at + sizeof condition, condition.prefix_len);
}

static bool answer(const struct diag_filter *filter, size_t at, const struct inet_diag_msg *row)
{
	const uint8_t *operand = filter->code + at + STEP;
	const struct inet_diag_bc_op step = step_at(filter, at);
	const uint16_t source = ntohs(row->id.idiag_sport), to = ntohs(row->id.idiag_dport);
	uint32_t interface = 0;
	uint16_t port = 0;

	if (operand_size(filter, at, step.code) == STEP) {
		memcpy(&port, operand + offsetof(struct inet_diag_bc_op, no), sizeof port);
		memcpy(&interface, operand, sizeof interface);
	}
	switch (step.code) {
	case INET_DIAG_BC_NOP:
		return true;
	case INET_DIAG_BC_S_GE:
		return source >= port;
	case INET_DIAG_BC_S_LE:
		return source <= port;
	case INET_DIAG_BC_S_EQ:
		return source == port;
	case INET_DIAG_BC_D_GE:
		return to >= port;
	case INET_DIAG_BC_D_LE:
		return to <= port;
	case INET_DIAG_BC_D_EQ:
		return to == port;
	case INET_DIAG_BC_S_COND:
		return meets(operand, row, row->id.idiag_src, row->id.idiag_sport);
	case INET_DIAG_BC_D_COND:
		return meets(operand, row, row->id.idiag_dst, row->id.idiag_dport);
	case INET_DIAG_BC_DEV_COND:
		return row->id.idiag_if == interface;
	default: /* JMP; and AUTO: which ports were chosen by themselves is not told */
		return false;
	}
}

bool diag_filter_passes(const struct diag_filter *filter, const struct inet_diag_msg *row)
{
	size_t at = 0;

	if (!filter->code)
		return true;
	while (at < filter->size) {
		if (!step_holds(filter, at))
			return false;
		const struct inet_diag_bc_op step = step_at(filter, at);
		at += answer(filter, at, row) ? step.yes : step.no;
	}
	return at == filter->size;
}
