#include "wire/tcp.h"

#include "base/assert.h"

enum {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WINDOW_SHIFT = 3,
	KIND_SACK_PERMITTED = 4,
	KIND_SACK = 5,
	KIND_TIMESTAMPS = 8,
	SIZE_MSS = 4,
	SIZE_WINDOW_SHIFT = 3,
	SIZE_SACK_PERMITTED = 2,
	SIZE_TIMESTAMPS = 10,
	SIZE_SACK_BLOCK = 8,
};

static void parse_sack(struct bytes option, struct tcp_options *options)
{
	size_t size = option.size - 2;
	if (size == 0 || size % SIZE_SACK_BLOCK != 0)
		return;

	options->sack_count = (uint8_t)(size / SIZE_SACK_BLOCK);
	assert(options->sack_count <= TCP_SACK_BLOCKS);
	for (size_t index = 0; index < options->sack_count; index++) {
		const uint8_t *at = option.at + 2 + index * SIZE_SACK_BLOCK;
		options->sack[index] = (struct tcp_sack_block){ get32(at), get32(at + 4) };
	}
}

/* option: kind, length, and what it is long. An MSS of 0 says nothing (Linux takes none from it either). */
static void parse_option(struct bytes option, struct tcp_options *options)
{
	switch (option.at[0]) {
	case KIND_MSS:
		if (option.size != SIZE_MSS || get16(option.at + 2) == 0)
			return;
		options->has_mss = true;
		options->mss = get16(option.at + 2);
		return;
	case KIND_WINDOW_SHIFT:
		if (option.size != SIZE_WINDOW_SHIFT)
			return;
		options->has_window_shift = true;
		options->window_shift = option.at[2];
		return;
	case KIND_SACK_PERMITTED:
		if (option.size == SIZE_SACK_PERMITTED)
			options->has_sack_permitted = true;
		return;
	case KIND_SACK:
		parse_sack(option, options);
		return;
	case KIND_TIMESTAMPS:
		if (option.size != SIZE_TIMESTAMPS)
			return;
		options->has_timestamps = true;
		options->timestamp = get32(option.at + 2);
		options->timestamp_echo = get32(option.at + 6);
		return;
	default:
		return;
	}
}

static void parse_options(struct bytes rest, struct tcp_options *options)
{
	*options = (struct tcp_options){ 0 };
	while (rest.size > 0 && rest.at[0] != KIND_END) {
		if (rest.at[0] == KIND_NOP) {
			rest = bytes_after(rest, 1);
			continue;
		}
		if (rest.size < 2 || rest.at[1] < 2 || rest.at[1] > rest.size)
			return;
		parse_option((struct bytes){ rest.at, rest.at[1] }, options);
		rest = bytes_after(rest, rest.at[1]);
	}
}

bool tcp_parse(struct bytes segment, struct tcp_header *tcp)
{
	if (segment.size < TCP_HEADER_SIZE)
		return false;

	size_t header_size = (segment.at[12] >> 4) * 4u;
	if (header_size < TCP_HEADER_SIZE || header_size > segment.size)
		return false;

	tcp->source_port = get16(segment.at + 0);
	tcp->destination_port = get16(segment.at + 2);
	tcp->sequence = get32(segment.at + 4);
	tcp->acknowledgment = get32(segment.at + 8);
	tcp->header_size = (uint8_t)header_size;
	tcp->flags = segment.at[13];
	tcp->window = get16(segment.at + 14);
	tcp->checksum = get16(segment.at + 16);
	tcp->urgent = get16(segment.at + 18);
	parse_options((struct bytes){ segment.at + TCP_HEADER_SIZE, header_size - TCP_HEADER_SIZE },
		      &tcp->options);
	return true;
}

static uint8_t *write_two_nops(uint8_t *at)
{
	at[0] = KIND_NOP;
	at[1] = KIND_NOP;
	return at + 2;
}

static uint8_t *write_sack_permitted(uint8_t *at)
{
	at[0] = KIND_SACK_PERMITTED;
	at[1] = SIZE_SACK_PERMITTED;
	return at + 2;
}

static uint8_t *write_mss(uint8_t *at, uint16_t mss)
{
	at[0] = KIND_MSS;
	at[1] = SIZE_MSS;
	put16(at + 2, mss);
	return at + SIZE_MSS;
}

static uint8_t *write_timestamps(uint8_t *at, const struct tcp_options *options)
{
	at[0] = KIND_TIMESTAMPS;
	at[1] = SIZE_TIMESTAMPS;
	put32(at + 2, options->timestamp);
	put32(at + 6, options->timestamp_echo);
	return at + SIZE_TIMESTAMPS;
}

static uint8_t *write_window_shift(uint8_t *at, uint8_t shift)
{
	at[0] = KIND_NOP;
	at[1] = KIND_WINDOW_SHIFT;
	at[2] = SIZE_WINDOW_SHIFT;
	at[3] = shift;
	return at + 4;
}

static uint8_t *write_sack(uint8_t *at, const struct tcp_options *options)
{
	at = write_two_nops(at);
	at[0] = KIND_SACK;
	at[1] = (uint8_t)(2 + options->sack_count * SIZE_SACK_BLOCK);
	at += 2;
	for (size_t index = 0; index < options->sack_count; index++, at += SIZE_SACK_BLOCK) {
		put32(at, options->sack[index].left);
		put32(at + 4, options->sack[index].right);
	}
	return at;
}

/* Linux's order. SACK-permitted fills the two bytes in front of the timestamps where there are both. */
static uint8_t *write_options(uint8_t *at, const struct tcp_options *options)
{
	if (options->has_mss)
		at = write_mss(at, options->mss);
	if (options->has_sack_permitted) {
		if (!options->has_timestamps)
			at = write_two_nops(at);
		at = write_sack_permitted(at);
	}
	if (options->has_timestamps) {
		if (!options->has_sack_permitted)
			at = write_two_nops(at);
		at = write_timestamps(at, options);
	}
	if (options->has_window_shift)
		at = write_window_shift(at, options->window_shift);
	if (options->sack_count > 0)
		at = write_sack(at, options);
	return at;
}

size_t tcp_header_size(const struct tcp_header *tcp)
{
	const struct tcp_options *options = &tcp->options;
	size_t size = TCP_HEADER_SIZE;

	if (options->has_mss)
		size += 4;
	if (options->has_timestamps)
		size += 12;
	else if (options->has_sack_permitted)
		size += 4;
	if (options->has_window_shift)
		size += 4;
	if (options->sack_count > 0)
		size += 4 + options->sack_count * (size_t)SIZE_SACK_BLOCK;
	return size;
}

void tcp_write(uint8_t *at, const struct tcp_header *tcp)
{
	size_t size = tcp_header_size(tcp);
	assert(size <= TCP_HEADER_MOST);

	put16(at + 0, tcp->source_port);
	put16(at + 2, tcp->destination_port);
	put32(at + 4, tcp->sequence);
	put32(at + 8, tcp->acknowledgment);
	at[12] = (uint8_t)(size / 4 << 4);
	at[13] = tcp->flags;
	put16(at + 14, tcp->window);
	put16(at + 16, tcp->checksum);
	put16(at + 18, tcp->urgent);

	const uint8_t *end = write_options(at + TCP_HEADER_SIZE, &tcp->options);
	assert(end == at + size);
}
