/* SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER: a program that judges what arrives (base/bpf.h). To read it back
 * (SO_GET_FILTER) is left out: it counts in instructions, which no other option does. */
#include "socket/option.h"

#include <errno.h>

static struct filter *filter_of(struct socket *socket)
{
	return socket->kind->filter(socket);
}

/* The program is the caller's, and is copied. What Linux calls too many instructions it refuses before it looks. */
int set_attach_filter(struct socket *socket, const void *value, socklen_t size)
{
	const struct berth_allocator *allocator = socket->home->allocator;
	struct filter *filter = filter_of(socket);
	struct sock_fprog asked;

	if (size != sizeof asked)
		return -EINVAL;
	memcpy(&asked, value, sizeof asked);
	if (filter->locked)
		return -EPERM;
	if (!asked.filter || bpf_check(asked.filter, asked.len) < 0)
		return -EINVAL;
	struct bpf *program = bpf_new(allocator, asked.filter, asked.len);
	if (!program)
		return -ENOMEM;
	bpf_free(allocator, filter->program);
	filter->program = program;
	return 0;
}

int set_detach_filter(struct socket *socket, const void *value, socklen_t size)
{
	struct filter *filter = filter_of(socket);
	(void)value, (void)size;

	if (filter->locked)
		return -EPERM;
	if (!filter->program)
		return -ENOENT;
	filter_close(filter, socket->home->allocator);
	return 0;
}

int get_lock_filter(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, filter_of(socket)->locked);
}

int set_lock_filter(struct socket *socket, const void *value, socklen_t size)
{
	struct filter *filter = filter_of(socket);
	bool wanted = int_of(value) != 0;
	(void)size;

	if (filter->locked && !wanted)
		return -EPERM;
	filter->locked = wanted;
	return 0;
}
