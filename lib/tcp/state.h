/* state: RFC 9293's diagram (figure 5) as a complete function of state and event. Numbers are Linux's, as TCP_INFO and
 * ss(8) show them. */
#ifndef TCP_STATE_H
#define TCP_STATE_H

#include <stdbool.h>

enum tcp_state {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT,
	STATE_SYN_RECEIVED,
	STATE_FIN_WAIT_1,
	STATE_FIN_WAIT_2,
	STATE_TIME_WAIT,
	STATE_CLOSED,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
	STATE_COUNT,
	STATE_ILLEGAL = 0, /* no state follows: the event cannot happen there */
};

enum tcp_event {
	EVENT_OPEN,           /* active OPEN: a SYN goes out */
	EVENT_LISTEN,         /* passive OPEN */
	EVENT_SYN,            /* their SYN without an ACK of ours */
	EVENT_SYN_ACKED,      /* our SYN is acknowledged and theirs has come */
	EVENT_CLOSE,          /* the user sends no more: a FIN is queued */
	EVENT_FIN,            /* their FIN, everything before it received */
	EVENT_FIN_ACKED,      /* ours is acknowledged */
	EVENT_ABORT,          /* RST either way, or the user's ABORT, or a time-out */
	EVENT_TIME_WAIT_OVER, /* 2 MSL */
	EVENT_COUNT,
};

enum tcp_state state_next(enum tcp_state state, enum tcp_event event);

/* May the user still send (has no FIN been queued)? */
bool state_may_send(enum tcp_state state);
/* May data still come? */
bool state_may_receive(enum tcp_state state);
/* Have both SYNs been exchanged and acknowledged? */
bool state_is_synchronized(enum tcp_state state);

const char *state_name(enum tcp_state state);

#endif
