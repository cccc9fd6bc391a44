/* zerocopy: what a stream says of sends with MSG_ZEROCOPY once their bytes are the caller's again (Linux's
 * Documentation/networking/msg_zerocopy.rst). Such sends are numbered, from 0 on, and told by MSG_ERRQUEUE as ranges.
 *
 * Here bytes are copied as they are sent. So each send is over when the call is, and says that it was copied, as Linux does
 * where the device cannot gather. What has not been told is one range then: Linux merges numbers that follow each other. */
#ifndef SOCKET_ZEROCOPY_H
#define SOCKET_ZEROCOPY_H

#include <stdbool.h>
#include <stdint.h>

struct zerocopy {
	uint32_t first; /* the first number that has not been told */
	uint32_t count; /* how many have not */
};

static inline bool zerocopy_is_due(const struct zerocopy *zerocopy)
{
	return zerocopy->count > 0;
}

/* No range is longer than its numbers. */
static inline bool zerocopy_has_room(const struct zerocopy *zerocopy)
{
	return zerocopy->count < UINT32_MAX;
}

/* The range has been told. */
static inline void zerocopy_told(struct zerocopy *zerocopy)
{
	zerocopy->first += zerocopy->count;
	zerocopy->count = 0;
}

#endif
