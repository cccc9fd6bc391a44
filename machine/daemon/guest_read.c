#include "daemon/guest_read.h"

#include "daemon/host.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
	/* Each may have been a write of its own, which takes 768 bytes of the guest's send buffer until it is read away: so
	 * many leave it writable (more than three quarters of net.core.wmem_default free). */
	KEPT_MOST = 64,
	BULK_SIZE = 8192, /* from here on a call more would cost less than the copy it makes */
};

void guest_keep(struct carrier *carrier, uint32_t size)
{
	int offset = (int)size;

	carrier->kept = size;
	setsockopt(carrier->end, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof offset);
}

static void read_away(struct carrier *carrier, uint32_t left)
{
	uint8_t *scratch = carrier->host->daemon->scratch;

	if (carrier->kept <= left)
		return;
	ssize_t size = recv(carrier->end, scratch, carrier->kept - left, MSG_DONTWAIT);
	if (size > 0)
		carrier->kept -= (uint32_t)size;
}

void guest_forget(struct carrier *carrier)
{
	read_away(carrier, 0);
}

/* All but the last byte. The kernel moves the peek offset along. */
static void read_kept_away(struct carrier *carrier)
{
	if (carrier->kept > KEPT_MOST)
		read_away(carrier, 1);
}

static ssize_t peek(struct carrier *carrier, struct iovec room)
{
	ssize_t size = recv(carrier->end, room.iov_base, room.iov_len, MSG_PEEK | MSG_DONTWAIT);
	if (size < 0)
		return -errno;
	if (size == 0)
		return 0;
	carrier->kept += (uint32_t)size;
	read_kept_away(carrier);
	return size;
}

/* Takes what was kept and what is new in one call. Where nothing is new, peeking tells whether that is the end. */
static ssize_t read_all(struct carrier *carrier, struct iovec room)
{
	struct iovec pieces[] = { { carrier->host->daemon->scratch, carrier->kept }, room };
	ssize_t size = readv(carrier->end, pieces, 2);
	if (size < 0)
		return -errno;

	uint32_t kept = carrier->kept;
	if ((size_t)size < kept)
		kept = (uint32_t)size;
	carrier->kept -= kept;
	if ((size_t)size > kept)
		return size - (ssize_t)kept;
	return size == 0 ? 0 : peek(carrier, room);
}

static bool has_large(const struct carrier *carrier)
{
	int size;
	return ioctl(carrier->end, FIONREAD, &size) == 0 && size >= (int)carrier->kept + BULK_SIZE;
}

/* A short read of a stream has emptied it, unless it stopped at an urgent byte or the stream's end has been told already:
 * then only EAGAIN says so, as no edge will. */
ssize_t guest_read(struct carrier *carrier, struct iovec room)
{
	bool large = carrier->bulk && has_large(carrier);
	ssize_t size = large ? read_all(carrier, room) : peek(carrier, room);
	bool is_short = size > 0 && (size_t)size < room.iov_len;

	carrier->bulk = size >= BULK_SIZE;
	if (size == -EAGAIN || (is_short && !carrier->urgent && !carrier->ending))
		carrier->may_read = false;
	return size;
}
