/* verdict: what became of a packet. Every input function returns one; one caller counts and traces it. */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

/* name, and the same in words for people */
#define VERDICTS(V)                                                                                \
	V(DELIVERED, "delivered")                                                                  \
	V(FORWARDED, "forwarded")                                                                  \
	V(QUEUED, "waiting for a link address")                                                    \
	V(REASSEMBLING, "fragment waiting for the others")                                         \
	V(ENDED, "ended its connection")                                                           \
	V(DROP_MALFORMED, "malformed")                                                             \
	V(DROP_CHECKSUM, "bad checksum")                                                           \
	V(DROP_NOT_OURS, "for another station")                                                    \
	V(DROP_LOOPBACK_ADDRESS, "loopback address on the wire")                                   \
	V(DROP_BAD_SOURCE, "a source address no sender can have")                                  \
	V(DROP_FROM_AFAR, "from beyond the link it is about")                                      \
	V(DROP_OPTIONS, "IP options refused")                                                      \
	V(DROP_FRAGMENT, "fragment refused")                                                       \
	V(DROP_OVERLAP, "fragments overlap")                                                       \
	V(DROP_REASSEMBLY, "fragments that never became a whole")                                  \
	V(DROP_NO_PROTOCOL, "unknown protocol")                                                    \
	V(DROP_NO_SOCKET, "no socket")                                                             \
	V(DROP_TTL, "lived its hops")                                                              \
	V(DROP_NO_ROUTE, "no route")                                                               \
	V(DROP_NO_NEIGHBOUR, "neighbour does not answer")                                          \
	V(DROP_NEIGHBOUR_QUEUE, "too many wait for the neighbour")                                 \
	V(DROP_CONFLICT, "somebody else claims our address")                                       \
	V(DROP_IGNORED, "nothing that is answered or kept")                                        \
	V(DROP_RATE, "answered too often already")                                                 \
	V(DROP_TOO_BIG, "larger than the link takes")                                              \
	V(DROP_FILTERED, "refused by the socket's filter")                                         \
	V(DROP_BUFFER_FULL, "receive buffer full")                                                 \
	V(DROP_BACKLOG, "accept queue full")                                                       \
	V(DROP_SYN_QUEUE, "SYN queue full")                                                        \
	V(DROP_OUT_OF_WINDOW, "outside the receive window")                                        \
	V(DROP_PAWS, "timestamp too old")                                                          \
	V(DROP_BAD_ACK, "acknowledges what was not sent")                                          \
	V(DROP_NO_ACK, "no ACK bit")                                                               \
	V(DROP_CHALLENGED, "answered with a challenge ACK")                                        \
	V(DROP_DUPLICATE, "old duplicate")                                                         \
	V(DROP_CLOSED, "nobody to read it any more")                                               \
	V(DROP_MEMORY, "no memory")                                                                \
	V(DROP_QUEUE_FULL, "queue of the link full")                                               \
	V(DROP_LOST, "lost on the cable")                                                          \
	V(DROP_UNPLUGGED, "port has no station")

enum verdict {
#define VERDICT_NAME(name, words) name,
	VERDICTS(VERDICT_NAME)
#undef VERDICT_NAME
		VERDICT_COUNT
};

const char *verdict_words(enum verdict verdict);

#endif
