/* datagrams: what sending and receiving on a carrier of datagrams have in common: a call is about one message, or about an
 * array of them, which are taken one after the other. */
#ifndef SUPERVISOR_DATAGRAMS_H
#define SUPERVISOR_DATAGRAMS_H

#include "supervisor/transfer.h"

#include <stddef.h>

/* The call is about one msghdr at that address. */
void datagrams_one(struct call *call, uint64_t header);
/* About count mmsghdrs there. */
void datagrams_many(struct call *call, uint64_t vector, uint32_t count);

/* Reads the header whose turn it is, and its pieces: 0 or a negative errno. */
int datagrams_load(struct call *call);

/* Bytes of the pieces, or more than most: then all of them are not counted. */
size_t datagrams_size(const struct call *call, size_t most);

/* The message at hand is done, with that size: counts it in an array. 0 or a negative errno. */
int datagrams_count(const struct supervisor *supervisor, struct call *call, size_t size);

/* Ends the call: with the number of messages done, or with the size of the only one; or, where none is done, with error. */
void datagrams_end(struct supervisor *supervisor, struct call *call, int64_t error);

/* Is another one's turn? */
static inline bool datagrams_more(const struct call *call)
{
	return call->datagrams.done < call->datagrams.count;
}

#endif
