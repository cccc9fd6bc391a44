#include "observe/text.h"

#include "base/assert.h"

static void add_character(struct text *text, char character)
{
	if (text->size + 1 >= text->room)
		return;
	text->at[text->size++] = character;
	text->at[text->size] = '\0';
}

static void add_in_base(struct text *text, uint64_t number, unsigned base, unsigned digits)
{
	char reversed[20]; /* 2^64 - 1 has 20 decimal digits */
	unsigned count = 0;

	for (; number > 0 || count < digits; number /= base)
		reversed[count++] = "0123456789abcdef"[number % base];
	while (count > 0)
		add_character(text, reversed[--count]);
}

void text_init(struct text *text, char *at, size_t room)
{
	assert(room > 0);
	*text = (struct text){ .at = at, .room = room };
	at[0] = '\0';
}

void text_add(struct text *text, const char *words)
{
	for (; *words; words++)
		add_character(text, *words);
}

void text_add_number(struct text *text, uint64_t number)
{
	add_in_base(text, number, 10, 1);
}

void text_add_hex(struct text *text, uint64_t number, unsigned digits)
{
	assert(digits <= 16);
	add_in_base(text, number, 16, digits);
}

void text_add_mac(struct text *text, const struct mac *mac)
{
	for (unsigned index = 0; index < sizeof mac->bytes; index++) {
		if (index > 0)
			add_character(text, ':');
		text_add_hex(text, mac->bytes[index], 2);
	}
}

void text_add_v4(struct text *text, uint32_t v4)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		text_add_number(text, v4 >> shift & 0xff);
		if (shift > 0)
			add_character(text, '.');
	}
}

/* RFC 5952, 4.2: the longest run of zero groups, the first of equals, two at least. */
static void find_zeros(const struct address *address, unsigned *first, unsigned *count)
{
	unsigned run = 0;

	*first = *count = 0;
	for (unsigned index = 0; index < 8; index++) {
		run = get16(address->bytes + index * 2) == 0 ? run + 1 : 0;
		if (run > *count) {
			*count = run;
			*first = index + 1 - run;
		}
	}
	if (*count < 2)
		*count = 0;
}

void text_add_address(struct text *text, const struct address *address)
{
	unsigned zeros_at, zeros;

	if (address_is_v4(address)) {
		text_add_v4(text, address_to_v4(address));
		return;
	}
	find_zeros(address, &zeros_at, &zeros);
	for (unsigned index = 0; index < 8; index++) {
		if (zeros > 0 && index == zeros_at) {
			text_add(text, "::");
			index += zeros - 1;
			continue;
		}
		if (index > 0 && !(zeros > 0 && index == zeros_at + zeros))
			add_character(text, ':');
		text_add_hex(text, get16(address->bytes + index * (size_t)2), 1);
	}
}
