/* undo: finding out that what was taken for lost was not, and giving window and threshold back (RFC 4015): by the timestamp
 * that came back (Eifel, RFC 3522), by D-SACK of all that was sent again (RFC 2883), by F-RTO (RFC 5682). */
#ifndef TCP_UNDO_H
#define TCP_UNDO_H

#include "tcp/news.h"

/* A reduction begins. */
void undo_begin(struct tcp_connection *connection);
/* So much goes again. */
void undo_note_sent_again(struct tcp_connection *connection, uint32_t size);

/* Does the timestamp that came back say that a first sending has arrived, or was nothing sent again at all? */
bool undo_is_delayed(const struct tcp_connection *connection, const struct news *news);
/* Did all that was sent again come twice? */
bool undo_all_came_twice(const struct tcp_connection *connection);
/* Was it for nothing, by either? */
bool undo_is_due(const struct tcp_connection *connection, const struct news *news);

/* Gives window and threshold back. found: what is marked lost is not. */
void undo_run(struct tcp_connection *connection, bool found);

#endif
