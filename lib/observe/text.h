/* text: words and numbers put together in the caller's buffer. What does not fit is left out; there is always a zero
 * behind. */
#ifndef OBSERVE_TEXT_H
#define OBSERVE_TEXT_H

#include "base/bytes.h"
#include "wire/address.h"
#include "wire/ethernet.h"

struct text {
	char *at;
	size_t size; /* without the zero */
	size_t room; /* with it */
};

/* room: at least 1 */
void text_init(struct text *text, char *at, size_t room);

void text_add(struct text *text, const char *words);
void text_add_number(struct text *text, uint64_t number);
/* At least digits of them, zeros in front. */
void text_add_hex(struct text *text, uint64_t number, unsigned digits);
void text_add_mac(struct text *text, const struct mac *mac);
void text_add_v4(struct text *text, uint32_t v4);
/* An IPv6 address in the form of RFC 5952, or a mapped one as the IPv4 address that it is here. */
void text_add_address(struct text *text, const struct address *address);

#endif
