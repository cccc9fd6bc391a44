/* arguments: what a script hands to a call, as C has it. All of these return false once the caller's outcome is decided. */
#ifndef PLAYER_ARGUMENTS_H
#define PLAYER_ARGUMENTS_H

#include "conformance/player/play.h"

#include <sys/uio.h>

enum { PIECES_MOST = 1024 };

/* Argument number index; NULL: there are not so many. */
const struct expression *argument_at(const struct caller *caller, int index);

bool expression_number(struct caller *caller, const struct expression *expression, int64_t *number);
/* The number at index; otherwise where it is ... */
bool argument_number(struct caller *caller, int index, int64_t *number);
bool argument_number_or(struct caller *caller, int index, int64_t otherwise, int64_t *number);
bool argument_descriptor(struct caller *caller, int index, int *descriptor);
bool expression_descriptor(struct caller *caller, const struct expression *expression, int *live);

/* The field of a record; NULL: it has none of that name. */
const struct expression *field_of(const struct expression *record, const char *name);

/* An address that is written out, or (...) this end's or the script's with this port. */
struct name {
	struct sockaddr_storage address;
	socklen_t size;
};
bool argument_name(struct caller *caller, int index, bool local, uint16_t port, struct name *name);
bool name_check(struct caller *caller, int index, const struct sockaddr_storage *address);
uint16_t name_port(const struct sockaddr_storage *address);

/* The value of an option, to be set; *size is what it takes. */
bool argument_value(struct caller *caller, int index, void *value, size_t room, size_t *size);
/* And as it was got: does it say the same? */
bool argument_value_check(struct caller *caller, int index, const void *value, size_t size);

/* Buffers of zeros, as many and as large as an iovec's pieces say, or one of so many bytes. */
struct buffers {
	struct iovec pieces[PIECES_MOST];
	size_t count;
	size_t size; /* of all */
};
bool buffers_of_pieces(struct caller *caller, const struct expression *pieces,
		       struct buffers *buffers);
bool buffers_of_size(struct caller *caller, int64_t size, struct buffers *buffers);
void buffers_free(struct buffers *buffers);

#endif
