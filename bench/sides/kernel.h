/* kernel: the same things asked of the machine's own TCP over its loopback, for comparison in the same run.
 *
 * The stream is between two threads, 64 KiB a write, which is how it is fastest. The others are done by one thread that
 * plays both sides: nobody has to be woken, which is the kernel at its best. Each function returns 0 where the machine
 * refuses. */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include <stdint.h>

/* Bytes a second over one connection. */
double kernel_stream(uint64_t duration_ns);

/* Connections opened, accepted and closed by both a second. */
double kernel_connect_close(uint64_t duration_ns);

/* Nanoseconds for 64 bytes there and 64 back. */
double kernel_request_response(uint64_t duration_ns);

/* The congestion control that its sockets have here; "unknown" where none can be made. */
const char *kernel_congestion_control(void);

#endif
