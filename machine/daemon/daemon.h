/* daemon: one LAN with its hosts, in one thread. It wires the rooms together and holds what they share; each part of it
 * belongs to the room named beside it. See loop.h for waiting, session.h for who asks, host.h and carrier.h for what is
 * asked about. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "control/control.h"
#include "daemon/index.h"
#include "daemon/loop.h"
#include "daemon/origin.h"

#include <berth/berth.h>
#include <sys/queue.h>
#include <sys/un.h>

struct batch;
struct carrier;
struct capture;
struct host;
struct ring;
struct session;

enum {
	SCRATCH_SIZE = 256 * 1024, /* where bytes go that nobody wants to see again */
	REMEMBERED_MOST = 4096,    /* carriers kept only to answer for them: carrier.h */
};

/* What happens by itself. */
enum daemon_timer {
	TIMER_HOSTS,   /* have the hosts without a session delivered what they held? */
	TIMER_RETRY,   /* listeners that found no descriptor or no room */
	TIMER_FORGET,  /* the oldest remembered carrier is due */
	TIMER_RINGS,   /* has the guest read its ring? */
	TIMER_DOWN,    /* guests that do not end when asked */
	TIMER_CHANGES, /* what netlink's groups are to be told */
	TIMER_END,     /* is anybody still here? */
	DAEMON_TIMER_COUNT,
};

TAILQ_HEAD(host_list, host);
TAILQ_HEAD(session_list, session);
TAILQ_HEAD(carrier_list, carrier);
TAILQ_HEAD(capture_list, capture);
TAILQ_HEAD(ring_list, ring);

/* The socket that everybody knocks at: door.c. */
struct door {
	struct source source;
	int socket; /* -1: none (a test's daemon) */
	char path[sizeof((struct sockaddr_un *)0)->sun_path];
};

/* Where carriers that connect are linked to their ends: link.c. */
struct link_point {
	struct source source;
	int socket;
	struct sockaddr_un name;
	socklen_t name_size;
};

/* Last closes: watch.c. */
struct watch {
	struct source source;
	int inotify;
	struct index carriers;
};

struct daemon {
	const char *name; /* the LAN's */
	struct loop loop;
	uint64_t timers[DAEMON_TIMER_COUNT];
	uint64_t now;
	bool going_down;
	bool ended;

	struct berth_allocator allocator;
	struct berth_lan *lan;
	uint8_t lineage[16]; /* of all its hosts: see <berth/host.h> */
	struct host_list hosts;
	struct session_list sessions;
	struct capture_list captures;
	struct ring_list rings;

	struct door door;
	struct link_point link_point;
	struct watch watch;
	struct source *signals;
	struct index carriers;    /* by inode */
	struct index connections; /* handed to a listener, not accepted yet: by number */
	uint64_t next_connection;
	struct carrier_list busy;       /* with more to do in this round */
	struct carrier_list retry;      /* listeners for TIMER_RETRY */
	struct carrier_list remembered; /* the oldest first */
	unsigned remembered_count;
	struct origins origins;
	struct batch *batch; /* allocated with the first datagram socket: datagram.c */
	uint8_t scratch[SCRATCH_SIZE];
};

/* A daemon without a door: 0, or a negative errno, and nothing is left behind. name lives as long as it does. */
int daemon_open(struct daemon *daemon, const char *name);
void daemon_close(struct daemon *daemon);

/* One round: waits at most most_ns, does what is ready and due, until nothing is left to do at this moment. */
void daemon_round(struct daemon *daemon, uint64_t most_ns);

/* Carries what calls have queued, now, where an answer depends on it; the round does so for everybody else. */
void daemon_advance(struct daemon *daemon);

/* The timer goes off then, or earlier where it was set for earlier. */
void daemon_timer_by(struct daemon *daemon, enum daemon_timer timer, uint64_t at);

/* Ends every guest, then the daemon. */
void daemon_go_down(struct daemon *daemon);

/* The daemon's life in the foreground, from the door's opening to its end. ready is a descriptor that gets one byte when
 * it is open, or -1. 0, or a negative errno. */
int daemon_run(const char *lan, int ready);

#endif
