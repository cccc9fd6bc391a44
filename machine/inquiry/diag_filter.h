/* diag_filter: the small programs by which ss(8) says which sockets it wants (sock_diag(7), INET_DIAG_REQ_BYTECODE): each step
 * asks one thing of a socket and jumps, only ever forward, by one distance or another; who ends exactly at the end passes. */
#ifndef INQUIRY_DIAG_FILTER_H
#define INQUIRY_DIAG_FILTER_H

#include <linux/inet_diag.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diag_filter {
	const uint8_t *code; /* NULL: everything passes */
	size_t size;
};

/* False: it is no program. To be asked before the first socket is. */
bool diag_filter_holds(const struct diag_filter *filter);

bool diag_filter_passes(const struct diag_filter *filter, const struct inet_diag_msg *row);

#endif
