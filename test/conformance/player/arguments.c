#include "conformance/player/arguments.h"

#include "conformance/player/symbols.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_MOST = 64 << 20 };

static bool fail(struct caller *caller, const char *what)
{
	return outcome_fail(&caller->outcome, caller->event->line, "%s: expected %s",
			    caller->event->call.name, what);
}

const struct expression *argument_at(const struct caller *caller, int index)
{
	const struct expression *argument = caller->event->call.arguments;
	for (; argument && index > 0; index--)
		argument = argument->next;
	return argument;
}

static bool applied(struct caller *caller, const struct expression *expression, int64_t *number)
{
	const struct expression *inner = expression->first;

	if (inner && strcmp(expression->text, "htons") == 0) {
		if (!expression_number(caller, inner, number))
			return false;
		*number = htons((uint16_t)*number);
		return true;
	}
	if (inner && strcmp(expression->text, "htonl") == 0) {
		if (!expression_number(caller, inner, number))
			return false;
		*number = htonl((uint32_t)*number);
		return true;
	}
	if (inner && strcmp(expression->text, "inet_addr") == 0 && inner->kind == EXPRESSION_TEXT) {
		*number = inet_addr(inner->text);
		return true;
	}
	return outcome_skip(&caller->outcome, expression->line, "%s()", expression->text);
}

bool expression_number(struct caller *caller, const struct expression *expression, int64_t *number)
{
	switch (expression->kind) {
	case EXPRESSION_NUMBER:
		*number = expression->number;
		return true;
	case EXPRESSION_NAME:
		if (symbol_find(expression->text, number))
			return true;
		return outcome_skip(&caller->outcome, expression->line, "the symbol %s",
				    expression->text);
	case EXPRESSION_APPLY:
		return applied(caller, expression, number);
	case EXPRESSION_EITHER:
		*number = 0;
		for (const struct expression *part = expression->first; part; part = part->next) {
			int64_t bits;
			if (!expression_number(caller, part, &bits))
				return false;
			*number |= bits;
		}
		return true;
	default:
		return fail(caller, "a number");
	}
}

bool argument_number(struct caller *caller, int index, int64_t *number)
{
	const struct expression *argument = argument_at(caller, index);
	return argument ? expression_number(caller, argument, number)
			: fail(caller, "another argument");
}

bool argument_number_or(struct caller *caller, int index, int64_t otherwise, int64_t *number)
{
	const struct expression *argument = argument_at(caller, index);

	if (argument && argument->kind != EXPRESSION_ANY)
		return expression_number(caller, argument, number);
	*number = otherwise;
	return true;
}

bool expression_descriptor(struct caller *caller, const struct expression *expression, int *live)
{
	int64_t number;

	if (!expression_number(caller, expression, &number))
		return false;
	bool known = number >= 0 && number < PLAY_DESCRIPTORS_MOST;
	*live = known ? caller->play->descriptors[number] : -1;
	return true;
}

bool argument_descriptor(struct caller *caller, int index, int *descriptor)
{
	const struct expression *argument = argument_at(caller, index);
	return argument ? expression_descriptor(caller, argument, descriptor)
			: fail(caller, "a descriptor");
}

const struct expression *field_of(const struct expression *record, const char *name)
{
	const struct expression *field = record->first;
	while (field && (!field->field || strcmp(field->field, name) != 0))
		field = field->next;
	return field;
}

static void write_name(const struct network *network, const struct address *address, uint16_t port,
		       struct name *name)
{
	*name = (struct name){ .size = sizeof(struct sockaddr_in) };
	if (network->version == OVER_IPV4) {
		struct sockaddr_in *in = (struct sockaddr_in *)&name->address;
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, address->bytes + 12, sizeof in->sin_addr);
		return;
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&name->address;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, address->bytes, sizeof in6->sin6_addr);
	name->size = sizeof *in6;
}

/* {sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("192.0.2.1")} */
static bool record_name(struct caller *caller, const struct expression *record, struct name *name)
{
	const struct expression *family = field_of(record, "sa_family");
	const struct expression *port = field_of(record, "sin_port");
	const struct expression *address = field_of(record, "sin_addr");
	int64_t family_number, port_number;

	*name = (struct name){ .size = sizeof(struct sockaddr_in) };
	if (!family || !port || !address || !address->first)
		return fail(caller, "{sa_family=, sin_port=, sin_addr=}");
	if (!expression_number(caller, family, &family_number) ||
	    !expression_number(caller, port, &port_number))
		return false;
	if (family_number == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&name->address;
		name->size = sizeof *in6;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = (uint16_t)port_number;
		return inet_pton(AF_INET6, address->first->text, &in6->sin6_addr) == 1 ||
		       fail(caller, "an IPv6 address");
	}
	struct sockaddr_in *in = (struct sockaddr_in *)&name->address;
	in->sin_family = (sa_family_t)family_number;
	in->sin_port = (uint16_t)port_number;
	return inet_pton(AF_INET, address->first->text, &in->sin_addr) == 1 ||
	       fail(caller, "an IPv4 address");
}

bool argument_name(struct caller *caller, int index, bool local, uint16_t port, struct name *name)
{
	const struct expression *argument = argument_at(caller, index);
	const struct network *network = caller->play->network;

	if (argument && argument->kind == EXPRESSION_RECORD)
		return record_name(caller, argument, name);
	write_name(network, local ? &network->local : &network->remote, port, name);
	return true;
}

uint16_t name_port(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6
		       ? ntohs(((const struct sockaddr_in6 *)address)->sin6_port)
		       : ntohs(((const struct sockaddr_in *)address)->sin_port);
}

bool name_check(struct caller *caller, int index, const struct sockaddr_storage *address)
{
	const struct expression *argument = argument_at(caller, index);
	struct name name;

	if (!argument || argument->kind != EXPRESSION_RECORD)
		return true;
	if (!record_name(caller, argument, &name))
		return false;
	return memcmp(&name.address, address, name.size) == 0 ||
	       outcome_fail(&caller->outcome, caller->event->line, "%s: another address came",
			    caller->event->call.name);
}

static bool append(struct caller *caller, uint8_t *value, size_t room, size_t *size, int64_t number,
		   size_t width)
{
	if (*size + width > room)
		return fail(caller, "a shorter value");
	memcpy(value + *size, &number, width); /* little endian, as the kernel here */
	*size += width;
	return true;
}

/* Numbers of four bytes each, or of eight where the length that follows says so. */
static bool write_list(struct caller *caller, const struct expression *list, size_t width,
		       uint8_t *value, size_t room, size_t *size)
{
	for (const struct expression *part = list->first; part; part = part->next) {
		int64_t number = 0;
		if (part->kind == EXPRESSION_TEXT) {
			if (*size + part->size > room)
				return fail(caller, "a shorter text");
			memcpy(value + *size, part->text, part->size);
			*size += part->size;
			continue;
		}
		if (part->kind != EXPRESSION_ANY && !expression_number(caller, part, &number))
			return false;
		if (!append(caller, value, room, size, number, width))
			return false;
	}
	return true;
}

static size_t width_of(struct caller *caller, int index, const struct expression *list)
{
	const struct expression *length = argument_at(caller, index + 1);

	if (length && length->kind == EXPRESSION_LIST)
		length = length->first;
	bool wide = length && length->kind == EXPRESSION_NUMBER && list->size > 0 &&
		    length->number == 8 * (int64_t)list->size;
	return wide ? 8 : 4;
}

bool argument_value(struct caller *caller, int index, void *value, size_t room, size_t *size)
{
	const struct expression *argument = argument_at(caller, index);

	*size = 0;
	if (!argument)
		return fail(caller, "a value");
	switch (argument->kind) {
	case EXPRESSION_TEXT:
		*size = argument->size < room ? argument->size : room;
		memcpy(value, argument->text, *size);
		return true;
	case EXPRESSION_LIST:
	case EXPRESSION_RECORD: /* {onoff=1, linger=0} */
		return write_list(caller, argument, width_of(caller, index, argument), value, room,
				  size);
	case EXPRESSION_ANY:
		memset(value, 0, sizeof(int));
		*size = sizeof(int);
		return true;
	default: {
		int64_t number;
		return expression_number(caller, argument, &number) &&
		       append(caller, value, room, size, number, 4);
	}
	}
}

bool argument_value_check(struct caller *caller, int index, const void *value, size_t size)
{
	const struct expression *argument = argument_at(caller, index);
	uint8_t expected[256];
	size_t expected_size;

	if (!argument || argument->kind == EXPRESSION_ANY ||
	    (argument->kind == EXPRESSION_LIST && argument->size == 1 &&
	     argument->first->kind == EXPRESSION_ANY))
		return true;
	if (!argument_value(caller, index, expected, sizeof expected, &expected_size))
		return false;
	size_t compared = expected_size < size ? expected_size : size;
	if (memcmp(expected, value, compared) == 0)
		return true;
	int32_t said = 0, seen = 0;
	memcpy(&said, expected, compared < 4 ? compared : 4);
	memcpy(&seen, value, compared < 4 ? compared : 4);
	return outcome_fail(&caller->outcome, caller->event->line,
			    "%s: expected the value %d, got %d", caller->event->call.name, said,
			    seen);
}

static bool add_buffer(struct caller *caller, size_t size, const void *filling,
		       struct buffers *buffers)
{
	if (buffers->count == PIECES_MOST || size > BUFFER_MOST)
		return fail(caller, "fewer or smaller buffers");
	uint8_t *at = calloc(1, size + 1);
	if (!at)
		abort();
	if (filling)
		memcpy(at, filling, size);
	buffers->pieces[buffers->count++] = (struct iovec){ at, size };
	buffers->size += size;
	return true;
}

/* [{..., 1000}, {"text", 4}] */
bool buffers_of_pieces(struct caller *caller, const struct expression *pieces,
		       struct buffers *buffers)
{
	buffers->count = buffers->size = 0;
	if (pieces->kind != EXPRESSION_LIST)
		return fail(caller, "[{..., size}]");
	for (const struct expression *piece = pieces->first; piece; piece = piece->next) {
		int64_t size;
		if (piece->kind != EXPRESSION_RECORD || piece->size != 2)
			return fail(caller, "{..., size}");
		const struct expression *text = piece->first;
		if (!expression_number(caller, text->next, &size) || size < 0)
			return fail(caller, "a size");
		bool filled = text->kind == EXPRESSION_TEXT && text->size >= (size_t)size;
		if (!add_buffer(caller, (size_t)size, filled ? text->text : NULL, buffers))
			return false;
	}
	return true;
}

bool buffers_of_size(struct caller *caller, int64_t size, struct buffers *buffers)
{
	buffers->count = buffers->size = 0;
	return size < 0 ? fail(caller, "a size") : add_buffer(caller, (size_t)size, NULL, buffers);
}

void buffers_free(struct buffers *buffers)
{
	while (buffers->count > 0)
		free(buffers->pieces[--buffers->count].iov_base);
}
