/* SO_TIMESTAMP and SO_TIMESTAMPNS: the options of every socket that receives messages. */
#include "socket/option.h"

static int get_times(struct socket *socket, void *value, enum timestamps timestamps)
{
	return give_int(value, socket->timestamps == timestamps);
}

/* Linux has one switch for both. */
static int set_times(struct socket *socket, const void *value, enum timestamps timestamps)
{
	socket->timestamps = int_of(value) ? timestamps : NO_TIMESTAMPS;
	return 0;
}

#define TIMES(option, timestamps)                                                                  \
	int get_##option(struct socket *socket, void *value, socklen_t *size)                      \
	{                                                                                          \
		(void)size;                                                                        \
		return get_times(socket, value, timestamps);                                       \
	}                                                                                          \
	int set_##option(struct socket *socket, const void *value, socklen_t size)                 \
	{                                                                                          \
		(void)size;                                                                        \
		return set_times(socket, value, timestamps);                                       \
	}

TIMES(timestamp, TIMESTAMPS_IN_MICROSECONDS)
TIMES(timestamp_ns, TIMESTAMPS_IN_NANOSECONDS)
