#include "supervisor/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

static int open_mem(pid_t thread, int flags)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)thread);
	return open(path, flags | O_CLOEXEC);
}

/* The file's offsets are signed: nothing of user space lies above. */
static int read_by_file(pid_t thread, uint64_t from, void *to, size_t size)
{
	int file = open_mem(thread, O_RDONLY);
	if (file < 0)
		return -EFAULT;
	ssize_t got = from <= INT64_MAX ? pread(file, to, size, (off_t)from) : -1;
	close(file);
	return got == (ssize_t)size ? 0 : -EFAULT;
}

static int write_by_file(pid_t thread, uint64_t to, const void *from, size_t size)
{
	int file = open_mem(thread, O_WRONLY);
	if (file < 0)
		return -EFAULT;
	ssize_t done = to <= INT64_MAX ? pwrite(file, from, size, (off_t)to) : -1;
	close(file);
	return done == (ssize_t)size ? 0 : -EFAULT;
}

/* An address of the guest's as the calls want it; it is never followed here. */
static void *there(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

int memory_read(pid_t thread, uint64_t from, void *to, size_t size)
{
	struct iovec here = { to, size }, far = { there(from), size };
	ssize_t got = size > 0 ? process_vm_readv(thread, &here, 1, &far, 1, 0) : 0;
	if (got == (ssize_t)size)
		return 0;
	return got < 0 && (errno == ENOSYS || errno == EPERM) ? read_by_file(thread, from, to, size)
							      : -EFAULT;
}

int memory_write(pid_t thread, uint64_t to, const void *from, size_t size)
{
	/* The interface wants a pointer to what it does not change. */
	struct iovec here = { (void *)(uintptr_t)from, size }, far = { there(to), size };
	ssize_t done = size > 0 ? process_vm_writev(thread, &here, 1, &far, 1, 0) : 0;
	if (done == (ssize_t)size)
		return 0;
	return done < 0 && (errno == ENOSYS || errno == EPERM)
		       ? write_by_file(thread, to, from, size)
		       : -EFAULT;
}

/* Piece by piece: process_vm_readv would stop at the sum of the pieces, not at ours. */
int memory_gather(pid_t thread, const struct iovec *pieces, size_t count, void *to, size_t size)
{
	size_t at = 0;
	for (size_t i = 0; i < count && at < size; i++) {
		size_t part = pieces[i].iov_len < size - at ? pieces[i].iov_len : size - at;
		uint64_t from = (uintptr_t)pieces[i].iov_base;
		if (memory_read(thread, from, (uint8_t *)to + at, part) < 0)
			return -EFAULT;
		at += part;
	}
	return 0;
}

int memory_scatter(pid_t thread, const struct iovec *pieces, size_t count, const void *from,
		   size_t size)
{
	size_t at = 0;
	for (size_t i = 0; i < count && at < size; i++) {
		size_t part = pieces[i].iov_len < size - at ? pieces[i].iov_len : size - at;
		uint64_t to = (uintptr_t)pieces[i].iov_base;
		if (memory_write(thread, to, (const uint8_t *)from + at, part) < 0)
			return -EFAULT;
		at += part;
	}
	return 0;
}
