/* bpf: the classic Berkeley packet filter, as Linux runs it for sockets (McCanne and Jacobson 1993; Linux's
 * Documentation/networking/filter.rst): a checked program over the bytes of a frame, whose result says how many of them to
 * keep. It always ends: jumps go forward only. What it cannot read, and what it divides by 0, ends it with 0.
 *
 * Beside the bytes a program may ask what the kernel knows of the frame, by loads from "negative" offsets: SKF_AD_OFF's,
 * SKF_NET_OFF and SKF_LL_OFF. Left out, and refused: where the payload begins (SKF_AD_PAY_OFFSET) and netlink's attributes.
 * Marks, queues, hashes and processors are 0 here. */
#ifndef BASE_BPF_H
#define BASE_BPF_H

#include "base/frame.h"
#include "base/random.h"

#include <linux/filter.h>

/* A program that has been checked. */
struct bpf {
	uint32_t count;
	struct sock_filter code[];
};

/* The filter of a socket (SO_ATTACH_FILTER). */
struct filter {
	struct bpf *program; /* NULL: everything passes */
	bool locked;         /* SO_LOCK_FILTER: not to be changed any more */
};

/* What a program looks at: the bytes before the frame's (a header that was taken off), if any, and the frame's. Offsets are
 * counted from the first of all. */
struct bpf_packet {
	struct bytes before;
	const struct frame *frame;
	uint32_t start;      /* offset 0 of the program */
	uint32_t link_at;    /* SKF_LL_OFF; BPF_NOWHERE: there is none */
	uint32_t network_at; /* SKF_NET_OFF */
	uint32_t protocol;   /* ethertype */
	uint32_t type;       /* PACKET_HOST ... */
	uint32_t interface;  /* index */
	uint32_t hardware;   /* ARPHRD_ETHER ... */
	struct random *random;
};

#define BPF_NOWHERE UINT32_MAX

/* 0, or -EINVAL: Linux's bpf_check_classic refuses it as well, but for what is left out above. */
int bpf_check(const struct sock_filter *code, size_t count);

/* A copy of a program. NULL: no memory. The code has been checked. */
struct bpf *bpf_new(const struct berth_allocator *allocator, const struct sock_filter *code,
		    size_t count);
void bpf_free(const struct berth_allocator *allocator, struct bpf *program);

/* How many bytes from the start to keep; 0: the frame is refused. */
uint32_t bpf_run(const struct bpf *program, const struct bpf_packet *packet);

/* All of them, where there is no filter. */
static inline uint32_t filter_keeps(const struct filter *filter, const struct bpf_packet *packet)
{
	return filter->program ? bpf_run(filter->program, packet) : UINT32_MAX;
}

static inline void filter_close(struct filter *filter, const struct berth_allocator *allocator)
{
	bpf_free(allocator, filter->program);
	filter->program = NULL;
}

#endif
