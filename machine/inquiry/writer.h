/* writer: netlink messages (RFC 3549, 2.3; netlink(7)) made one behind the other, and handed on as datagrams of the size that
 * Linux gives: programs read with a buffer of a page or two, and a message that does not fit is lost to them. */
#ifndef INQUIRY_WRITER_H
#define INQUIRY_WRITER_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NETLINK_DATAGRAM_SIZE = 3776, /* NLMSG_GOODSIZE of a machine with pages of 4,096 bytes */
	NETLINK_MESSAGE_MOST = 64 * 1024,
};

struct netlink_writer {
	void (*send)(void *context, const void *datagram, size_t size);
	void *context;
	uint32_t port, sequence; /* of the one who asked: what every message bears */
	size_t size;             /* of all that is written, */
	size_t message;          /* of which the last message begins here */
	_Alignas(struct nlmsghdr) uint8_t at[NETLINK_DATAGRAM_SIZE + NETLINK_MESSAGE_MOST];
};

void netlink_begin(struct netlink_writer *writer, uint16_t type, uint16_t flags, const void *header,
		   size_t header_size);
/* All of a message's attributes together: NETLINK_MESSAGE_MOST at most. */
void netlink_put(struct netlink_writer *writer, uint16_t type, const void *value, size_t size);
void netlink_put_byte(struct netlink_writer *writer, uint16_t type, uint8_t value);
void netlink_put_word(struct netlink_writer *writer, uint16_t type, uint32_t value);
void netlink_put_text(struct netlink_writer *writer, uint16_t type, const char *text);
/* Bytes without an attribute's header, padded to four. */
void netlink_put_raw(struct netlink_writer *writer, const void *value, size_t size);

/* Attributes put in between are inside. */
size_t netlink_nest(struct netlink_writer *writer, uint16_t type);
void netlink_unnest(struct netlink_writer *writer, size_t nest);

void netlink_end(struct netlink_writer *writer);

/* Hands on what is left. */
void netlink_flush(struct netlink_writer *writer);

#endif
