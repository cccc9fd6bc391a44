/* guest_read: reading what the guest wrote from our end of its carrier, so that something is left there: pump.h says why. */
#ifndef DAEMON_GUEST_READ_H
#define DAEMON_GUEST_READ_H

#include "daemon/carrier.h"

/* The next bytes the guest wrote, as read(2), or a negative errno. Clears may_read where there is no more. */
ssize_t guest_read(struct carrier *carrier, struct iovec room);

/* There are that many bytes in the end, in front of the guest's, that are kept and no part of the stream. */
void guest_keep(struct carrier *carrier, uint32_t size);

/* Reads away what is kept. */
void guest_forget(struct carrier *carrier);

#endif
