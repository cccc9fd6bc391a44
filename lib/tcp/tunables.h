/* tunables: what is set for a whole host, by the names and with the values of Linux's net.ipv4.tcp_... */
#ifndef TCP_TUNABLES_H
#define TCP_TUNABLES_H

#include "tcp/congestion.h"

enum {
	RECOVERY_RACK =
		1, /* tcp_recovery's bits: RACK finds losses; else RFC 6675's count of three */
	RECOVERY_STATIC_WINDOW = 2, /* its reordering window does not adapt */
	RECOVERY_NO_COUNT = 4,      /* no count of three before reordering was seen */
	EARLY_RETRANS_PROBE = 3,    /* tcp_early_retrans: this or 4 sends tail loss probes */
	ECN_OFF = 0,                /* tcp_ecn */
	ECN_ASK = 1,
	ECN_ANSWER = 2, /* agree where the peer asks */
	COOKIES_NEVER = 0,
	COOKIES_WHEN_FULL = 1,
	COOKIES_ALWAYS = 2,
};

struct tcp_tunables {
	bool sack;                   /* tcp_sack */
	bool dsack;                  /* tcp_dsack */
	uint8_t recovery;            /* tcp_recovery */
	uint8_t early_retrans;       /* tcp_early_retrans */
	uint8_t frto;                /* tcp_frto: 0 off */
	uint16_t reordering;         /* tcp_reordering, segments: where it begins */
	uint16_t max_reordering;     /* tcp_max_reordering: where it ends */
	uint32_t least_rtt_window_s; /* tcp_min_rtt_wlen */
	bool timestamps;             /* tcp_timestamps */
	bool window_scaling;         /* tcp_window_scaling */
	const struct congestion_control *congestion_control; /* tcp_congestion_control */
	bool slow_start_after_idle;                          /* tcp_slow_start_after_idle */
	uint8_t ecn;                                         /* tcp_ecn */
	bool ecn_fallback;              /* tcp_ecn_fallback: a SYN that goes again does not ask */
	uint8_t syn_retries;            /* tcp_syn_retries */
	uint8_t syn_ack_retries;        /* tcp_synack_retries */
	uint8_t syn_cookies;            /* tcp_syncookies: never, for a full SYN queue, always */
	uint8_t retries;                /* tcp_retries2 */
	uint8_t orphan_retries;         /* tcp_orphan_retries, 0 of which is 8 */
	uint32_t fin_timeout_s;         /* tcp_fin_timeout */
	uint32_t receive_most;          /* tcp_rmem's third: what the window scale must reach */
	uint32_t receive_least;         /* and its first; config has the second */
	uint32_t send_least, send_most; /* tcp_wmem's first and third */
	uint32_t keepalive_idle_s;      /* tcp_keepalive_time */
	uint32_t keepalive_interval_s;  /* tcp_keepalive_intvl */
	uint8_t keepalive_count;        /* tcp_keepalive_probes */
	uint32_t challenge_interval_ms; /* tcp_invalid_ratelimit: between two challenge ACKs */
	uint32_t half_open_most; /* tcp_max_syn_backlog: of a listener, whatever its backlog */
	uint32_t backlog_most;   /* net.core.somaxconn */
};

static inline struct tcp_tunables tcp_tunables_default(void)
{
	return (struct tcp_tunables){
		.sack = true,
		.dsack = true,
		.recovery = RECOVERY_RACK,
		.early_retrans = EARLY_RETRANS_PROBE,
		.frto = 2,
		.reordering = 3,
		.max_reordering = 300,
		.least_rtt_window_s = 300,
		.timestamps = true,
		.window_scaling = true,
		.congestion_control = congestion_at(0),
		.slow_start_after_idle = true,
		.ecn = ECN_ANSWER,
		.ecn_fallback = true,
		.syn_retries = 6,
		.syn_ack_retries = 5,
		.syn_cookies = COOKIES_WHEN_FULL,
		.retries = 15,
		.fin_timeout_s = 60,
		.receive_most = 6 << 20,
		.receive_least = 4096,
		.send_least = 4096,
		.send_most = 4 << 20,
		.keepalive_idle_s = 7200,
		.keepalive_interval_s = 75,
		.keepalive_count = 9,
		.challenge_interval_ms = 500,
		.half_open_most = 1024,
		.backlog_most = 4096,
	};
}

#endif
