/* memory: a guest's memory, by a thread of it that waits for our answer. What comes from there is copied once and judged
 * after: another thread may change it meanwhile. Where process_vm_readv is refused, /proc/<pid>/mem serves. */
#ifndef SUPERVISOR_MEMORY_H
#define SUPERVISOR_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* 0, or -EFAULT where not all of it can be had. */
int memory_read(pid_t thread, uint64_t from, void *to, size_t size);
int memory_write(pid_t thread, uint64_t to, const void *from, size_t size);

/* The same of the first size bytes of pieces that lie there one behind the other; they are as many at least. */
int memory_gather(pid_t thread, const struct iovec *pieces, size_t count, void *to, size_t size);
int memory_scatter(pid_t thread, const struct iovec *pieces, size_t count, const void *from,
		   size_t size);

#endif
