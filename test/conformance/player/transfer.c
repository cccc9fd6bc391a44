/* Calls that move bytes. All of them are sendmsg and recvmsg in the end. What is sent is zeros, unless it is written out,
 * as what the script's end sends is. */
#include "conformance/player/calls.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>

enum { CONTROL_MOST = 1024 };

/* What stays to be sent of these, once done bytes are. */
static void skip_done(struct msghdr *message, int64_t done)
{
	while (message->msg_iovlen > 0 && done >= (int64_t)message->msg_iov->iov_len && done > 0) {
		done -= (int64_t)message->msg_iov->iov_len;
		message->msg_iov++;
		message->msg_iovlen--;
	}
	if (done > 0) {
		message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + done;
		message->msg_iov->iov_len -= (size_t)done;
	}
}

/* Of a stream, all of it, however long that takes; or until it fails, and then what has gone. */
static long send_all(struct caller *caller, int live, struct msghdr *message, size_t size,
		     int flags)
{
	struct stack *stack = caller->play->stack;
	struct iovec pieces[PIECES_MOST];

	caller->sends = true;
	memcpy(pieces, message->msg_iov, message->msg_iovlen * sizeof *pieces);
	message->msg_iov = pieces;
	skip_done(message, caller->progress);
	long result = stack->operations->sendmsg(stack, live, message, flags);
	if (result > 0)
		caller->progress += result;
	bool more = result == -EAGAIN || (result >= 0 && caller->progress < (int64_t)size);
	if (more && call_may_wait(caller, live, flags))
		return CALL_WAITS;
	return caller->progress > 0 ? (long)caller->progress : result;
}

static long send_buffers(struct caller *caller, struct buffers *buffers, struct msghdr *message,
			 int flags)
{
	int live;

	if (!argument_descriptor(caller, 0, &live))
		return CALL_DECIDED;
	message->msg_iov = buffers->pieces;
	message->msg_iovlen = buffers->count;
	return send_all(caller, live, message, buffers->size, flags);
}

/* A buffer of the size at argument 2, with what is written at 1. */
static bool one_buffer(struct caller *caller, struct buffers *buffers)
{
	const struct expression *text = argument_at(caller, 1);
	int64_t size;

	if (!argument_number(caller, 2, &size) || !buffers_of_size(caller, size, buffers))
		return false;
	if (text && text->kind == EXPRESSION_TEXT)
		memcpy(buffers->pieces[0].iov_base, text->text,
		       text->size < buffers->size ? text->size : buffers->size);
	return true;
}

static long send_one(struct caller *caller, struct msghdr *message, int flags)
{
	struct buffers buffers = { .count = 0 };

	if (!one_buffer(caller, &buffers))
		return CALL_DECIDED;
	long result = send_buffers(caller, &buffers, message, flags);
	buffers_free(&buffers);
	return result;
}

long call_write(struct caller *caller)
{
	struct msghdr message = { 0 };
	return send_one(caller, &message, 0);
}

long call_send(struct caller *caller)
{
	struct msghdr message = { 0 };
	int64_t flags;

	return argument_number(caller, 3, &flags) ? send_one(caller, &message, (int)flags)
						  : CALL_DECIDED;
}

/* Whom to: a socket that is connected needs no name, one that is not is told the script's end. */
static void address_message(struct caller *caller, struct name *name, struct msghdr *message)
{
	int live;
	int64_t script;
	struct sockaddr_storage peer;
	socklen_t size = sizeof peer;
	struct stack *stack = caller->play->stack;

	if (!argument_descriptor(caller, 0, &live) || !argument_number(caller, 0, &script))
		return;
	if (stack->operations->getpeername(stack, live, (struct sockaddr *)&peer, &size) == 0)
		return;
	message->msg_name = &name->address;
	message->msg_namelen = name->size;
	if (caller->progress == 0)
		flow_connects(&caller->play->flows, (int)script, name_port(&name->address));
}

long call_sendto(struct caller *caller)
{
	struct msghdr message = { 0 };
	struct name name;
	int64_t flags;

	if (!argument_number(caller, 3, &flags) ||
	    !argument_name(caller, 4, false, caller->play->network->connect_port, &name))
		return CALL_DECIDED;
	const struct expression *given = argument_at(caller, 4);
	bool nobody = given && given->kind == EXPRESSION_NUMBER; /* NULL is written 0 */
	if (!nobody)
		address_message(caller, &name, &message);
	return send_one(caller, &message, (int)flags);
}

long call_writev(struct caller *caller)
{
	struct msghdr message = { 0 };
	struct buffers buffers = { .count = 0 };
	const struct expression *pieces = argument_at(caller, 1);
	long result = CALL_DECIDED;

	if (pieces && buffers_of_pieces(caller, pieces, &buffers))
		result = send_buffers(caller, &buffers, &message, 0);
	buffers_free(&buffers);
	return result;
}

/* The fields of {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0, msg_control=[...]}. */
static const struct expression *message_field(struct caller *caller, const char *name)
{
	const struct expression *record = argument_at(caller, 1);
	return record && record->kind == EXPRESSION_RECORD ? field_of(record, name) : NULL;
}

static bool message_buffers(struct caller *caller, struct buffers *buffers)
{
	const struct expression *pieces = message_field(caller, "msg_iov");

	buffers->count = buffers->size = 0;
	if (!pieces)
		return outcome_fail(&caller->outcome, caller->event->line,
				    "%s: expected {msg_name(...)=..., msg_iov(1)=[...], ...}",
				    caller->event->call.name);
	return buffers_of_pieces(caller, pieces, buffers);
}

static bool message_flags(struct caller *caller, int64_t *flags)
{
	const struct expression *field = message_field(caller, "msg_flags");

	*flags = -1;
	return !field || field->kind == EXPRESSION_ANY || expression_number(caller, field, flags);
}

/* One control message of a number. */
static bool write_control(struct caller *caller, const struct expression *record,
			  struct msghdr *message)
{
	static const char *const names[] = { "cmsg_level", "cmsg_type", "cmsg_data" };
	int64_t numbers[3];

	for (int index = 0; index < 3; index++) {
		const struct expression *field = field_of(record, names[index]);
		if (!field || !expression_number(caller, field, &numbers[index]))
			return outcome_skip(&caller->outcome, record->line,
					    "a control message other than a number");
	}
	struct cmsghdr *control =
		(struct cmsghdr *)((char *)message->msg_control + message->msg_controllen);
	if (message->msg_controllen + CMSG_SPACE(sizeof(int)) > CONTROL_MOST)
		return outcome_fail(&caller->outcome, record->line, "too many control messages");
	int value = (int)numbers[2];
	control->cmsg_level = (int)numbers[0];
	control->cmsg_type = (int)numbers[1];
	control->cmsg_len = CMSG_LEN(sizeof value);
	memcpy(CMSG_DATA(control), &value, sizeof value);
	message->msg_controllen += CMSG_SPACE(sizeof value);
	return true;
}

static bool write_controls(struct caller *caller, struct msghdr *message)
{
	const struct expression *list = message_field(caller, "msg_control");

	message->msg_controllen = 0;
	for (const struct expression *record = list ? list->first : NULL; record;
	     record = record->next) {
		if (!write_control(caller, record, message))
			return false;
	}
	return true;
}

long call_sendmsg(struct caller *caller)
{
	_Alignas(struct cmsghdr) char control[CONTROL_MOST] = { 0 };
	struct msghdr message = { .msg_control = control };
	struct buffers buffers = { .count = 0 };
	struct name name;
	int64_t flags;
	long result = CALL_DECIDED;

	if (argument_number(caller, 2, &flags) && message_buffers(caller, &buffers) &&
	    write_controls(caller, &message) &&
	    argument_name(caller, 9, false, caller->play->network->connect_port, &name)) {
		address_message(caller, &name, &message);
		result = send_buffers(caller, &buffers, &message, (int)flags);
	}
	buffers_free(&buffers);
	return result;
}

static long receive(struct caller *caller, struct buffers *buffers, struct msghdr *message,
		    int flags)
{
	struct stack *stack = caller->play->stack;
	int live;

	if (!argument_descriptor(caller, 0, &live))
		return CALL_DECIDED;
	struct iovec pieces[PIECES_MOST];
	memcpy(pieces, buffers->pieces, buffers->count * sizeof *pieces);
	message->msg_iov = pieces;
	message->msg_iovlen = buffers->count;
	skip_done(message, caller->progress); /* MSG_WAITALL: what has come already */
	long result = stack->operations->recvmsg(stack, live, message, flags);
	bool whole =
		!(flags & MSG_WAITALL) || flags & MSG_PEEK || stack->operations->waits_by_itself;
	int patience =
		flags & MSG_ERRQUEUE ? flags | MSG_DONTWAIT : flags; /* nobody waits for errors */
	if (result == -EAGAIN && call_may_wait(caller, live, patience))
		return CALL_WAITS;
	if (whole)
		return result;
	if (result > 0)
		caller->progress += result;
	if (result > 0 && caller->progress < (int64_t)buffers->size &&
	    call_may_wait(caller, live, flags))
		return CALL_WAITS;
	return caller->progress > 0 ? (long)caller->progress : result;
}

static long receive_one(struct caller *caller, struct msghdr *message, int flags)
{
	const struct expression *text = argument_at(caller, 1);
	struct buffers buffers = { .count = 0 };
	int64_t size;

	if (!argument_number(caller, 2, &size) || !buffers_of_size(caller, size, &buffers))
		return CALL_DECIDED;
	long result = receive(caller, &buffers, message, flags);
	if (text && text->kind == EXPRESSION_TEXT && result > 0 &&
	    memcmp(buffers.pieces[0].iov_base, text->text,
		   (size_t)result < text->size ? (size_t)result : text->size) != 0) {
		outcome_fail(&caller->outcome, caller->event->line, "%s: other bytes came",
			     caller->event->call.name);
		result = CALL_DECIDED;
	}
	buffers_free(&buffers);
	return result;
}

long call_read(struct caller *caller)
{
	struct msghdr message = { 0 };
	return receive_one(caller, &message, 0);
}

long call_recv(struct caller *caller)
{
	struct msghdr message = { 0 };
	int64_t flags;

	return argument_number(caller, 3, &flags) ? receive_one(caller, &message, (int)flags)
						  : CALL_DECIDED;
}

long call_recvfrom(struct caller *caller)
{
	struct sockaddr_storage from = { 0 };
	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof from };
	int64_t flags;

	if (!argument_number(caller, 3, &flags))
		return CALL_DECIDED;
	long result = receive_one(caller, &message, (int)flags);
	return result < 0 || name_check(caller, 4, &from) ? result : CALL_DECIDED;
}

long call_readv(struct caller *caller)
{
	struct msghdr message = { 0 };
	struct buffers buffers = { .count = 0 };
	const struct expression *pieces = argument_at(caller, 1);
	long result = CALL_DECIDED;

	if (pieces && buffers_of_pieces(caller, pieces, &buffers))
		result = receive(caller, &buffers, &message, 0);
	buffers_free(&buffers);
	return result;
}

struct data_field {
	const char *name;
	size_t offset, size;
};

#define EXTENDED(field)                                                                            \
	{                                                                                          \
#field, offsetof(struct sock_extended_err, field),                                 \
			sizeof(((struct sock_extended_err *)0)->field)                             \
	}

/* What cmsg_data may be told of, field by field. */
static const struct data_field data_fields[] = {
	EXTENDED(ee_errno), EXTENDED(ee_origin), EXTENDED(ee_type),   EXTENDED(ee_code),
	EXTENDED(ee_info),  EXTENDED(ee_data),   { "scm_sec", 0, 8 }, { "scm_nsec", 8, 8 },
};

static bool check_data_field(struct caller *caller, const struct expression *field,
			     const struct cmsghdr *control)
{
	for (size_t index = 0; index < sizeof data_fields / sizeof data_fields[0]; index++) {
		const struct data_field *row = &data_fields[index];
		int64_t expected, seen = 0;
		if (!field->field || strcmp(row->name, field->field) != 0)
			continue;
		if (CMSG_LEN(row->offset + row->size) > control->cmsg_len)
			break;
		memcpy(&seen, CMSG_DATA(control) + row->offset, row->size);
		if (!expression_number(caller, field, &expected))
			return false;
		return seen == expected ||
		       outcome_fail(&caller->outcome, field->line, "%s: expected %lld, got %lld",
				    row->name, (long long)expected, (long long)seen);
	}
	return outcome_fail(&caller->outcome, field->line, "a control message without %s",
			    field->field ? field->field : "names");
}

static bool check_data(struct caller *caller, const struct expression *data,
		       const struct cmsghdr *control)
{
	int64_t expected;
	int32_t seen = 0;
	size_t size = control->cmsg_len - CMSG_LEN(0);

	if (data->kind == EXPRESSION_ANY)
		return true;
	for (const struct expression *field = data->first; data->kind == EXPRESSION_RECORD && field;
	     field = field->next) {
		if (!check_data_field(caller, field, control))
			return false;
	}
	if (data->kind == EXPRESSION_RECORD)
		return true;
	if (!expression_number(caller, data, &expected))
		return false;
	memcpy(&seen, CMSG_DATA(control), size < 4 ? size : 4);
	return seen == expected ||
	       outcome_fail(&caller->outcome, data->line, "cmsg_data: expected %lld, got %d",
			    (long long)expected, seen);
}

static bool check_control(struct caller *caller, const struct expression *record,
			  const struct cmsghdr *control)
{
	const struct expression *level = field_of(record, "cmsg_level");
	const struct expression *type = field_of(record, "cmsg_type");
	const struct expression *data = field_of(record, "cmsg_data");
	int64_t level_number, type_number;

	if (!level || !type || !data)
		return outcome_fail(&caller->outcome, record->line,
				    "expected {cmsg_level=, cmsg_type=, cmsg_data=}");
	if (!expression_number(caller, level, &level_number) ||
	    !expression_number(caller, type, &type_number))
		return false;
	if (control->cmsg_level != level_number || control->cmsg_type != type_number)
		return outcome_fail(&caller->outcome, record->line,
				    "control message: expected level %lld type %lld, got %d, %d",
				    (long long)level_number, (long long)type_number,
				    control->cmsg_level, control->cmsg_type);
	return check_data(caller, data, control);
}

static bool check_controls(struct caller *caller, struct msghdr *message)
{
	const struct expression *list = message_field(caller, "msg_control");
	struct cmsghdr *control = CMSG_FIRSTHDR(message);

	if (!list || list->kind != EXPRESSION_LIST)
		return true;
	for (const struct expression *record = list->first; record; record = record->next) {
		if (!control)
			return outcome_fail(&caller->outcome, record->line,
					    "this control message did not come");
		if (!check_control(caller, record, control))
			return false;
		control = CMSG_NXTHDR(message, control);
	}
	return !control || outcome_fail(&caller->outcome, list->line,
					"a control message too many came: level %d, type %d",
					control->cmsg_level, control->cmsg_type);
}

static bool check_message(struct caller *caller, struct msghdr *message)
{
	int64_t flags;

	if (!message_flags(caller, &flags))
		return false;
	if (flags >= 0 && flags != message->msg_flags)
		return outcome_fail(&caller->outcome, caller->event->line,
				    "msg_flags: expected 0x%llx, got 0x%x", (long long)flags,
				    message->msg_flags);
	return check_controls(caller, message);
}

long call_recvmsg(struct caller *caller)
{
	_Alignas(struct cmsghdr) char control[CONTROL_MOST];
	struct sockaddr_storage from = { 0 };
	struct msghdr message = { .msg_name = &from,
				  .msg_namelen = sizeof from,
				  .msg_control = control,
				  .msg_controllen = sizeof control };
	struct buffers buffers = { .count = 0 };
	int64_t flags;
	long result = CALL_DECIDED;

	if (argument_number(caller, 2, &flags) && message_buffers(caller, &buffers))
		result = receive(caller, &buffers, &message, (int)flags);
	buffers_free(&buffers);
	return result < 0 || check_message(caller, &message) ? result : CALL_DECIDED;
}
