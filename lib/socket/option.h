/* option: a row of the tables of what getsockopt and setsockopt know, and what the tables have in common. */
#ifndef SOCKET_OPTION_H
#define SOCKET_OPTION_H

#include "socket/socket.h"

/* In an option's size: its getter reads the value too, which says what is asked for; and the value may go on behind it. */
enum { OPTION_READS = 1 << 16 };

/* Nearly every option is an int; the others say so by size. */
struct option {
	int level;
	int name;
	socklen_t size; /* 0: an int */
	int (*get)(struct socket *socket, void *value, socklen_t *size);
	int (*set)(struct socket *socket, const void *value, socklen_t size);
};

static inline int int_of(const void *value)
{
	int number;
	memcpy(&number, value, sizeof number);
	return number;
}

static inline int give_int(void *value, int number)
{
	memcpy(value, &number, sizeof number);
	return 0;
}

/* An option that is a flag somewhere. */
#define FLAG(option, place, after)                                                                 \
	static int get_##option(struct socket *socket, void *value, socklen_t *size)               \
	{                                                                                          \
		(void)size;                                                                        \
		return give_int(value, (place) != 0);                                              \
	}                                                                                          \
	static int set_##option(struct socket *socket, const void *value, socklen_t size)          \
	{                                                                                          \
		(void)size;                                                                        \
		(place) = int_of(value) != 0;                                                      \
		after;                                                                             \
		return 0;                                                                          \
	}

/* An option that is a number somewhere, in a unit, between two bounds; outside them it is -EINVAL. */
#define NUMBER(option, place, unit, least, most, after)                                            \
	static int get_##option(struct socket *socket, void *value, socklen_t *size)               \
	{                                                                                          \
		(void)size;                                                                        \
		return give_int(value, (int)((place) / (unit)));                                   \
	}                                                                                          \
	static int set_##option(struct socket *socket, const void *value, socklen_t size)          \
	{                                                                                          \
		int number = int_of(value);                                                        \
		(void)size;                                                                        \
		if (number < (least) || number > (most))                                           \
			return -EINVAL;                                                            \
		(place) = (__typeof__(place))number * (unit);                                      \
		after;                                                                             \
		return 0;                                                                          \
	}

/* What SO_SNDBUF and SO_RCVBUF make of a size asked for: cut, doubled, floored, as socket(7) says. */
uint32_t option_buffer_size(int asked, uint32_t most, uint32_t least);

/* One of those, kept somewhere, with its bounds. */
#define BUFFER(option, place, most, least)                                                         \
	static int get_##option(struct socket *socket, void *value, socklen_t *size)               \
	{                                                                                          \
		(void)size;                                                                        \
		return give_int(value, (int)(place));                                              \
	}                                                                                          \
	static int set_##option(struct socket *socket, const void *value, socklen_t size)          \
	{                                                                                          \
		(void)size;                                                                        \
		(place) = option_buffer_size(int_of(value), most, least);                          \
		return 0;                                                                          \
	}

/* Of what has no getter: -ENOPROTOOPT, as Linux. */
int get_nothing(struct socket *socket, void *value, socklen_t *size);

/* filter_options.c: of a kind that has a filter */
int set_attach_filter(struct socket *socket, const void *value, socklen_t size);
int set_detach_filter(struct socket *socket, const void *value, socklen_t size);
int get_lock_filter(struct socket *socket, void *value, socklen_t *size);
int set_lock_filter(struct socket *socket, const void *value, socklen_t size);

/* time_options.c */
int get_timestamp(struct socket *socket, void *value, socklen_t *size);
int set_timestamp(struct socket *socket, const void *value, socklen_t size);
int get_timestamp_ns(struct socket *socket, void *value, socklen_t *size);
int set_timestamp_ns(struct socket *socket, const void *value, socklen_t size);

extern const struct option stream_options[];
extern const size_t stream_option_count;
extern const struct option datagram_options[];
extern const size_t datagram_option_count;
extern const struct option udp_options[]; /* beside those, of UDP alone */
extern const size_t udp_option_count;
extern const struct option udp_lite_options[]; /* of UDP-Lite */
extern const size_t udp_lite_option_count;
/* ipv6_options.c: of every IPv6 socket but a stream, which has two of them */
extern const struct option ipv6_options[];
extern const size_t ipv6_option_count;
int get_hop_limit(struct socket *socket, void *value, socklen_t *size);
int set_hop_limit(struct socket *socket, const void *value, socklen_t size);
int get_traffic_class(struct socket *socket, void *value, socklen_t *size);
int set_traffic_class(struct socket *socket, const void *value, socklen_t size);

extern const struct option raw_options[]; /* beside those of a datagram socket */
extern const size_t raw_option_count;

#endif
