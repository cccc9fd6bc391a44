#include "tcp/state.h"

#include "base/assert.h"

/* What is not named is STATE_ILLEGAL. A SYN-RECEIVED that was a listener's child is forgotten, not returned to LISTEN: the
 * listener has a record of its own. */
static const unsigned char next[STATE_COUNT][EVENT_COUNT] = {
	[STATE_CLOSED] = {
		[EVENT_OPEN] = STATE_SYN_SENT,
		[EVENT_LISTEN] = STATE_LISTEN,
		[EVENT_CLOSE] = STATE_CLOSED,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_LISTEN] = {
		[EVENT_OPEN] = STATE_SYN_SENT,
		[EVENT_LISTEN] = STATE_LISTEN,
		[EVENT_SYN] = STATE_SYN_RECEIVED,
		[EVENT_CLOSE] = STATE_CLOSED,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_SYN_SENT] = {
		[EVENT_SYN] = STATE_SYN_RECEIVED,
		[EVENT_SYN_ACKED] = STATE_ESTABLISHED,
		[EVENT_CLOSE] = STATE_CLOSED,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_SYN_RECEIVED] = {
		[EVENT_SYN_ACKED] = STATE_ESTABLISHED,
		[EVENT_CLOSE] = STATE_FIN_WAIT_1,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_ESTABLISHED] = {
		[EVENT_CLOSE] = STATE_FIN_WAIT_1,
		[EVENT_FIN] = STATE_CLOSE_WAIT,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_FIN_WAIT_1] = {
		[EVENT_SYN_ACKED] = STATE_FIN_WAIT_1, /* closed in SYN-RECEIVED */
		[EVENT_CLOSE] = STATE_FIN_WAIT_1,
		[EVENT_FIN] = STATE_CLOSING,
		[EVENT_FIN_ACKED] = STATE_FIN_WAIT_2,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_FIN_WAIT_2] = {
		[EVENT_CLOSE] = STATE_FIN_WAIT_2,
		[EVENT_FIN] = STATE_TIME_WAIT,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_CLOSE_WAIT] = {
		[EVENT_CLOSE] = STATE_LAST_ACK,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_CLOSING] = {
		[EVENT_CLOSE] = STATE_CLOSING,
		[EVENT_FIN_ACKED] = STATE_TIME_WAIT,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_LAST_ACK] = {
		[EVENT_CLOSE] = STATE_LAST_ACK,
		[EVENT_FIN_ACKED] = STATE_CLOSED,
		[EVENT_ABORT] = STATE_CLOSED,
	},
	[STATE_TIME_WAIT] = {
		[EVENT_CLOSE] = STATE_TIME_WAIT,
		[EVENT_ABORT] = STATE_CLOSED,
		[EVENT_TIME_WAIT_OVER] = STATE_CLOSED,
	},
};

enum tcp_state state_next(enum tcp_state state, enum tcp_event event)
{
	assert(state > STATE_ILLEGAL && state < STATE_COUNT && event < EVENT_COUNT);
	return (enum tcp_state)next[state][event];
}

bool state_may_send(enum tcp_state state)
{
	return state == STATE_SYN_SENT || state == STATE_SYN_RECEIVED ||
	       state == STATE_ESTABLISHED || state == STATE_CLOSE_WAIT;
}

bool state_may_receive(enum tcp_state state)
{
	return state == STATE_ESTABLISHED || state == STATE_FIN_WAIT_1 || state == STATE_FIN_WAIT_2;
}

bool state_is_synchronized(enum tcp_state state)
{
	return state != STATE_CLOSED && state != STATE_LISTEN && state != STATE_SYN_SENT &&
	       state != STATE_SYN_RECEIVED;
}

const char *state_name(enum tcp_state state)
{
	static const char *const names[STATE_COUNT] = {
		"UNKNOWN",   "ESTAB",  "SYN-SENT",   "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2",
		"TIME-WAIT", "UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN",     "CLOSING",
	};
	return names[state > STATE_ILLEGAL && state < STATE_COUNT ? state : STATE_ILLEGAL];
}
