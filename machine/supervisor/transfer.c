#include "supervisor/transfer.h"

#include "supervisor/memory.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { PIECES_MOST = 1024 }; /* UIO_MAXIOV of Linux */

int transfer_read_header(const struct call *call, uint64_t at, struct transfer_header *header)
{
	_Static_assert(sizeof(*header) == sizeof(struct msghdr), "a msghdr of 64 bits");
	if (memory_read(call_thread(call), at, header, sizeof(*header)) < 0)
		return -EFAULT;
	if (header->name && header->name_size < 0)
		return -EINVAL;
	return header->count > PIECES_MOST ? -EMSGSIZE : 0;
}

void transfer_one(struct call *call, uint64_t at, uint64_t size)
{
	call->transfer.one = (struct iovec){ (void *)(uintptr_t)at, size };
	call->transfer.pieces = &call->transfer.one;
	call->transfer.count = 1;
}

int transfer_pieces(struct call *call, const struct transfer_header *header)
{
	struct transfer *transfer = &call->transfer;
	size_t size = header->count * sizeof(*transfer->pieces);
	transfer->pieces = malloc(size ? size : 1);
	if (!transfer->pieces)
		return -ENOMEM;
	if (memory_read(call_thread(call), header->pieces, transfer->pieces, size) < 0)
		return -EFAULT;
	transfer->count = header->count;
	for (size_t i = 0; i < transfer->count; i++)
		if (transfer->pieces[i].iov_len > SSIZE_MAX)
			return -EINVAL;
	return 0;
}

struct iovec transfer_next(const struct call *call)
{
	const struct transfer *transfer = &call->transfer;
	for (size_t i = transfer->index, offset = transfer->offset; i < transfer->count;
	     i++, offset = 0) {
		size_t size = transfer->pieces[i].iov_len - offset;
		if (size == 0)
			continue;
		return (struct iovec){ (char *)transfer->pieces[i].iov_base + offset,
				       size < SUPERVISOR_SCRATCH ? size : SUPERVISOR_SCRATCH };
	}
	return (struct iovec){ 0 };
}

void transfer_advance(struct call *call, size_t size)
{
	struct transfer *transfer = &call->transfer;
	transfer->done += size;
	transfer->offset += size;
	while (transfer->index < transfer->count &&
	       transfer->offset >= transfer->pieces[transfer->index].iov_len) {
		transfer->offset -= transfer->pieces[transfer->index].iov_len;
		transfer->index++;
	}
}

bool transfer_waits(const struct call *call)
{
	return !(call->transfer.flags & MSG_DONTWAIT) && !call_does_not_wait(call);
}
