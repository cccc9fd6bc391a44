/* world: two hosts in this process, on a LAN in memory, and what can be timed between them.
 *
 * No measured loop makes a system call: bytes are copied in by berth_send and out by berth_recv, as a kernel would
 * copy them, and time is a number that the world moves itself. Each function returns 0 where the stack failed it. */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include <stdbool.h>
#include <stdint.h>

/* What the LAN between them is like. */
struct world_link {
	uint32_t
		largest_segment; /* 0: 64 KiB in one piece; 1: each segment is a 1,500-byte frame */
	bool checksums;
	bool ipv6;
};

/* Bytes a second over one connection. */
double world_stream(const struct world_link *link, uint64_t duration_ns);

/* Connections opened, accepted and closed by both a second. */
double world_connect_close(const struct world_link *link, uint64_t duration_ns);

/* Nanoseconds for 64 bytes there and 64 back. */
double world_request_response(const struct world_link *link, uint64_t duration_ns);

#endif
