/* transfer: bytes between a guest's memory and its carrier, for the calls that come to us because of an address or a flag
 * that the carrier could not take. A piece at a time through the supervisor's scratch. */
#ifndef SUPERVISOR_TRANSFER_H
#define SUPERVISOR_TRANSFER_H

#include "supervisor/call.h"

/* A guest's msghdr, copied once. */
struct transfer_header {
	uint64_t name;
	int32_t name_size, padding;
	uint64_t pieces, count;
	uint64_t control, control_size;
	int32_t flags, padding_too;
};

/* Reads the header at that address: 0, -EFAULT, or -EINVAL for what Linux refuses in it. */
int transfer_read_header(const struct call *call, uint64_t at, struct transfer_header *header);

/* Sets the transfer up for one buffer, or for a header's; 0, -EFAULT, -EMSGSIZE, -ENOMEM. */
void transfer_one(struct call *call, uint64_t at, uint64_t size);
int transfer_pieces(struct call *call, const struct transfer_header *header);

/* What is left of the piece that comes next, and no more than the scratch holds; size 0: nothing is left. */
struct iovec transfer_next(const struct call *call);
void transfer_advance(struct call *call, size_t size);

/* Does the guest wait: neither its descriptor nor this call says not to? */
bool transfer_waits(const struct call *call);

#endif
