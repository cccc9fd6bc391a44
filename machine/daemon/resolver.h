/* resolver: the names of the LAN's hosts, for programs that ask by DNS (RFC 1035). Whatever name server they were told to
 * ask, by the machine's /etc/resolv.conf mostly, the answer comes from here, as if from there: each host's name has its
 * addresses (A, AAAA), which have its name (PTR), a name that is nobody's does not exist. Nothing is asked of the machine's
 * network, and nothing of it crosses the LAN.
 *
 * A name server that runs on a host of the LAN, or on the asking host's own loopback, is asked itself. TCP's part is
 * resolver_stream.h. */
#ifndef DAEMON_RESOLVER_H
#define DAEMON_RESOLVER_H

#include "daemon/daemon.h"

/* Is what a socket of that host sends to that address a question to us? */
bool resolver_takes(const struct host *host, const void *address, size_t size);

/* An address of the LAN's that no host has, to be told to programs as their name server's. */
struct in_addr resolver_address(struct daemon *daemon);

enum { RESOLVER_ANSWER_MOST = 512 }; /* RFC 1035, 4.2.1 */

/* Writes the answer and returns its size; 0: there is none to what is no query. */
size_t resolver_answer(struct daemon *daemon, const void *query, size_t size,
		       uint8_t answer[RESOLVER_ANSWER_MOST]);

#endif
