/* line: a frame as one line of text, in the manner of tcpdump(8): for traces and failing tests, where a person reads.
 *
 *     IP 10.77.0.1.8000 > 10.77.0.2.41234: Flags [S.], seq 7, ack 9, win 65160, options [mss 1460,sackOK], length 0
 *     IP6 fe80::1 > ff02::1:ff00:2: ICMP6 neighbour solicitation, who has fe80::2, length 32
 *     ARP, Request who-has 10.77.0.2 tell 10.77.0.1, length 28
 *
 * Sequence numbers are those of the packet. Nothing is judged but what must be to read on: no checksum. */
#ifndef OBSERVE_LINE_H
#define OBSERVE_LINE_H

#include "base/frame.h"

enum { LINE_MOST = 384 }; /* no line is longer, its zero included */

/* Ethernet header first. Returns the length of the text; a zero lies behind it. */
size_t line_write(char *at, size_t room, const struct frame *frame);

#endif
