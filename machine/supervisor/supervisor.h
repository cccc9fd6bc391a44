/* supervisor: one a session of `berth run`, the guest's parent. It answers the guest's trapped calls, with the daemon's help,
 * in one thread that waits in one place (loop.c) and never blocks elsewhere.
 *
 * A trapped call is a struct call from the moment it is received to the moment it is answered (call_answer, call_continue,
 * call_give), whatever lies between: a reply of the daemon's (call_ask), a descriptor that gets ready (call_wait), a signal.
 * The supervisor holds no table of sockets: what a call is about is found from the guest's descriptor each time, and the
 * duplicate lives as long as the call, so that the daemon sees a socket's last close at once. */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "control/control.h"
#include "supervisor/threads.h"

#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct supervisor;
struct call;

/* What the loop waits on; epoll carries its address. */
struct watch {
	void (*ready)(struct supervisor *supervisor, struct watch *watch, uint32_t events);
};

typedef void call_step(struct supervisor *supervisor, struct call *call);
typedef void call_reply(struct supervisor *supervisor, struct call *call,
			const struct control_message *reply);

/* A call that moves bytes through the duplicate, because an address came with it. */
struct transfer {
	struct iovec one;     /* where pieces points for a call without iovecs */
	struct iovec *pieces; /* addresses of the guest's; allocated where they are not one */
	size_t count, index, offset;
	uint64_t done;
	int flags;
	uint64_t header;    /* the guest's msghdr, or 0 */
	bool named;         /* recvfrom: an address was asked for, */
	uint64_t name_size; /* and here is its size */
	uint64_t many;      /* the guest's mmsghdr whose msg_len is to be written, or 0 */
};

/* A call that sends or receives datagrams: datagrams.h. */
struct datagrams {
	uint64_t vector;      /* the guest's array of mmsghdr, or 0 */
	uint32_t count, done; /* of messages */
	uint64_t until;       /* recvmmsg's own deadline; UINT64_MAX: none */
	uint64_t name;        /* where the address of this one is, or goes; 0: nowhere */
	int32_t name_size;    /* the room there, in a msghdr */
	uint64_t control, control_size;
	size_t size;            /* of the one at hand, as the call returns it, */
	int out_flags;          /* and its msg_flags */
	struct sockaddr_in6 to; /* what matters of either family's, the rest zero; family 0: none */
	struct sockaddr_storage peer; /* what the socket is connected to, as the daemon said */
	uint32_t peer_size;
	bool peer_known;
};

struct call {
	struct watch watch; /* first: a watch of this kind is a call */
	struct call *next, *previous;
	struct call *next_by_id;

	struct seccomp_notif request;
	int descriptor; /* our duplicate of the guest's, or -1 */
	int extra;      /* another descriptor that goes with the call, or -1 */
	uint64_t inode; /* of the carrier */
	int type;       /* SOCK_STREAM ..., of the carrier */
	int cloexec;    /* O_CLOEXEC or 0, of the descriptor that the guest is to get */

	uint32_t id; /* of the question that the daemon has not answered; 0: none */
	call_reply *reply;
	call_step *again;         /* what to do when the duplicate is ready */
	bool watched;             /* the duplicate is in the epoll */
	bool interruptible;       /* a signal may end it: look (see held.c) */
	bool connecting;          /* the daemon is to hear when it is left */
	bool timed;               /* SO_RCVTIMEO or SO_SNDTIMEO is set: deadline holds */
	int64_t timeout_error;    /* what the call returns then */
	uint64_t since, deadline; /* ns */
	int stat;                 /* its thread's /proc stat, open while it is looked at; or -1 */

	struct transfer transfer;
	struct datagrams datagrams;
};

/* A destination to which datagrams of that socket need no reply (CONTROL_SENDTO). */
struct sure {
	uint64_t inode;
	struct sockaddr_in6 to; /* as struct datagrams has it */
};

/* Connections that were accepted and could not be handed over (the guest has no descriptor left, or was killed): the next
 * accept of that listener gets them. For a while only, then they are closed: nobody tells us when the listener ends. */
struct returned {
	uint64_t listener;
	int descriptor;
	struct carrier_name name;
	uint64_t until;
};

/* A carrier that has lent its place to memory: map.c. */
struct replaced {
	pid_t process; /* 0: a free place */
	int at;        /* the guest's descriptor */
	int cloexec;
	int carrier;     /* our duplicate of it */
	uint64_t memory; /* the inode */
};

enum {
	SUPERVISOR_REPLACED_MOST = 16, /* each comes back with its guest's next call */
	SUPERVISOR_RETURNED_MOST =
		16,            /* a guest at its limit of descriptors soon stops accepting */
	SUPERVISOR_IDS = 1024, /* buckets of questions waiting */
	SUPERVISOR_SCRATCH = CONTROL_DATA_MOST, /* bytes moved at once */
	SUPERVISOR_SURE = 64,                   /* by a hash: a clash costs a reply waited for */
};

struct supervisor {
	int epoll;
	int notify;
	int control; /* -1: the daemon has gone, and all calls about sockets are ENETDOWN */
	int channel; /* -1: the front has gone, or has been told how the guest ended */
	int signals;
	struct watch on_notify, on_control, on_channel, on_signals;

	pid_t guest;          /* the one the user asked for; 0 once it ended */
	bool childless;       /* no guest is left */
	uint64_t kill_at;     /* when guests that were asked to end are killed; 0: never */
	pid_t seen_from[65];  /* per signal: who sent us one last ... */
	uint64_t seen_at[65]; /* ... and when */

	struct threads threads;
	struct call held;   /* ring of calls that wait */
	struct call *spare; /* calls not in use, by next */
	struct call *by_id[SUPERVISOR_IDS];
	uint32_t last_id;
	uint64_t look_at; /* when held calls are looked at next; UINT64_MAX: there is none */

	struct sure sure[SUPERVISOR_SURE];
	struct replaced replaced[SUPERVISOR_REPLACED_MOST];
	unsigned replaced_count;
	struct returned returned[SUPERVISOR_RETURNED_MOST];
	uint64_t returned_until; /* when the first of them is closed; UINT64_MAX: there is none */
	uint8_t scratch[SUPERVISOR_SCRATCH];
	struct control_message message;
};

/* Everything but the descriptors, which are given. 0 or a negative errno. */
int supervisor_init(struct supervisor *supervisor, int notify, int control, int channel,
		    int signals, pid_t guest);

/* Runs until no guest is left. */
void supervisor_run(struct supervisor *supervisor);

/* CLOCK_MONOTONIC, ns. */
uint64_t supervisor_now(void);

#endif
