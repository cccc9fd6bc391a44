#include "inquiry/writer.h"

#include <assert.h>
#include <linux/rtnetlink.h>
#include <string.h>

static uint8_t *append(struct netlink_writer *writer, const void *value, size_t size)
{
	uint8_t *at = writer->at + writer->size;
	size_t padded = NLMSG_ALIGN(size);

	assert(writer->size + padded <= sizeof writer->at);
	memset(at + size, 0, padded - size);
	if (size > 0)
		memcpy(at, value, size);
	writer->size += padded;
	return at;
}

void netlink_begin(struct netlink_writer *writer, uint16_t type, uint16_t flags, const void *header,
		   size_t header_size)
{
	const struct nlmsghdr message = {
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = writer->sequence,
		.nlmsg_pid = writer->port,
	};

	writer->message = writer->size;
	append(writer, &message, sizeof message);
	append(writer, header, header_size);
}

void netlink_put(struct netlink_writer *writer, uint16_t type, const void *value, size_t size)
{
	const struct rtattr attribute = { .rta_len = (unsigned short)RTA_LENGTH(size),
					  .rta_type = type };

	append(writer, &attribute, sizeof attribute);
	append(writer, value, size);
}

void netlink_put_byte(struct netlink_writer *writer, uint16_t type, uint8_t value)
{
	netlink_put(writer, type, &value, sizeof value);
}

void netlink_put_word(struct netlink_writer *writer, uint16_t type, uint32_t value)
{
	netlink_put(writer, type, &value, sizeof value);
}

void netlink_put_text(struct netlink_writer *writer, uint16_t type, const char *text)
{
	netlink_put(writer, type, text, strlen(text) + 1);
}

void netlink_put_raw(struct netlink_writer *writer, const void *value, size_t size)
{
	append(writer, value, size);
}

size_t netlink_nest(struct netlink_writer *writer, uint16_t type)
{
	size_t nest = writer->size;
	netlink_put(writer, type, NULL, 0);
	return nest;
}

void netlink_unnest(struct netlink_writer *writer, size_t nest)
{
	const unsigned short size = (unsigned short)(writer->size - nest);
	memcpy(writer->at + nest + offsetof(struct rtattr, rta_len), &size, sizeof size);
}

/* A message that would make the datagram too large begins the next. */
void netlink_end(struct netlink_writer *writer)
{
	const uint32_t size = (uint32_t)(writer->size - writer->message);

	memcpy(writer->at + writer->message + offsetof(struct nlmsghdr, nlmsg_len), &size,
	       sizeof size);
	if (writer->size <= NETLINK_DATAGRAM_SIZE || writer->message == 0)
		return;
	writer->send(writer->context, writer->at, writer->message);
	memmove(writer->at, writer->at + writer->message, size);
	writer->size = size;
	writer->message = 0;
}

void netlink_flush(struct netlink_writer *writer)
{
	if (writer->size > 0)
		writer->send(writer->context, writer->at, writer->size);
	writer->size = 0;
	writer->message = 0;
}
