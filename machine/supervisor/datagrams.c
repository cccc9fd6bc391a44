#include "supervisor/datagrams.h"

#include "supervisor/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { MESSAGES_MOST = 1024 }; /* UIO_MAXIOV of Linux */

void datagrams_one(struct call *call, uint64_t header)
{
	call->transfer.header = header;
	call->datagrams.count = 1;
}

void datagrams_many(struct call *call, uint64_t vector, uint32_t count)
{
	call->datagrams.vector = vector;
	call->datagrams.count = count < MESSAGES_MOST ? count : MESSAGES_MOST;
}

static void free_pieces(struct transfer *transfer)
{
	if (transfer->pieces != &transfer->one)
		free(transfer->pieces);
	transfer->pieces = NULL;
}

/* A call without a header (sendto, recvfrom) has its one piece already. */
int datagrams_load(struct call *call)
{
	struct datagrams *datagrams = &call->datagrams;
	struct transfer_header header;

	if (datagrams->vector)
		call->transfer.header =
			datagrams->vector + datagrams->done * sizeof(struct mmsghdr);
	if (!call->transfer.header)
		return 0;
	int result = transfer_read_header(call, call->transfer.header, &header);
	if (result < 0)
		return result;
	datagrams->name = header.name;
	datagrams->name_size = header.name_size;
	datagrams->control = header.control;
	datagrams->control_size = header.control_size;
	free_pieces(&call->transfer);
	return transfer_pieces(call, &header);
}

size_t datagrams_size(const struct call *call, size_t most)
{
	size_t size = 0;
	for (size_t i = 0; i < call->transfer.count && size <= most; i++)
		size += call->transfer.pieces[i].iov_len;
	return size;
}

int datagrams_count(const struct supervisor *supervisor, struct call *call, size_t size)
{
	struct datagrams *datagrams = &call->datagrams;
	const uint32_t length = (uint32_t)size;
	int result = 0;

	datagrams->size = size;
	if (datagrams->vector)
		result = call_write(supervisor, call,
				    call->transfer.header + offsetof(struct mmsghdr, msg_len),
				    &length, sizeof(length));
	if (result == 0)
		datagrams->done++;
	/* What an interruption or a deadline returns. */
	call->transfer.done = datagrams->vector ? datagrams->done : 0;
	return result;
}

void datagrams_end(struct supervisor *supervisor, struct call *call, int64_t error)
{
	const struct datagrams *datagrams = &call->datagrams;

	if (datagrams->done == 0)
		call_answer(supervisor, call, error);
	else
		call_answer(supervisor, call,
			    datagrams->vector ? (int64_t)datagrams->done
					      : (int64_t)datagrams->size);
}
