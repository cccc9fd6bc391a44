/* connect: the guest's connect(), for a guest that waits and for one that does not.
 *
 * One that waits is held in its call: we hold a duplicate of its carrier and link it (link.h) only when the connection is
 * established. A failure leaves the carrier as it was, so that the guest may try again.
 *
 * One that does not wait polls its carrier meanwhile. So the carrier is linked at once, and its send buffer stuffed, as
 * an AF_UNIX socket is writable while more than a quarter of its buffer is free; when the handshake ends well we read the
 * stuffing, and the guest sees one edge to writable. When it ends badly we close our end with the stuffing unread: the
 * guest sees what it would see on a socket in error. That carrier is spent: the supervisor replaces it (retire). */
#ifndef DAEMON_CONNECT_H
#define DAEMON_CONNECT_H

#include "daemon/carrier.h"

struct session;

/* A connect() that its guest waits for: the id is that of the supervisor's question. */
struct wait {
	TAILQ_ENTRY(wait) carrier_link, session_link;
	struct carrier *carrier;
	struct session *session;
	uint32_t id;
};

enum { CONNECT_WAITS = 1 }; /* connect_begin's: the reply comes later */

/* size bytes of address. waits: whose wait it is, session NULL where the guest does not wait. *duplicate becomes -1 where it
 * is kept. The guest's answer, or CONNECT_WAITS. */
int connect_begin(struct carrier *carrier, const void *address, socklen_t size,
		  struct session *waiter, uint32_t id, int *duplicate);

/* The guest of that wait was interrupted: its handshake goes on as if it had not waited. */
void connect_leave(struct session *session, uint32_t id);
/* All waits of a session that ended. */
void connect_leave_all(struct session *session);

/* Has the handshake ended? */
void connect_stir(struct carrier *carrier);

/* A new carrier in the place of a spent one: the guest's answer, where connect() has something to say first. */
int connect_retire(struct carrier *carrier, int replacement);

/* Answers all waits. */
void connect_end_waits(struct carrier *carrier, int result);

#endif
