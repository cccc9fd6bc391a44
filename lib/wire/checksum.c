#include "wire/checksum.h"

#include "base/assert.h"

/* The sum does not care for byte order (RFC 1071, 2B): words are added as the machine reads them, as wide as it can, and
 * only the finished 16 bits are put in network order. */

enum { STRIDE = 64 };

static uint64_t load64(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static uint32_t load32(const uint8_t *at)
{
	uint32_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static uint16_t load16(const uint8_t *at)
{
	uint16_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

static uint64_t add_with_carry(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;
	return sum + (sum < b);
}

/* Two lanes of 64 bits add up the low and the high halves of what is read: neither can overflow below 32 GB. GNU C's
 * vectors, since what a compiler makes of a loop of words differs tenfold. */
typedef uint64_t lanes __attribute__((vector_size(16)));

static lanes load_lanes(const uint8_t *at)
{
	lanes words;
	memcpy(&words, at, sizeof words);
	return words;
}

static uint64_t sum_of_strides(const uint8_t *at, size_t count)
{
	const lanes mask = { UINT32_MAX, UINT32_MAX };
	lanes low = { 0 }, high = { 0 };

	for (; count > 0; count--, at += STRIDE) {
		lanes a = load_lanes(at), b = load_lanes(at + 16);
		lanes c = load_lanes(at + 32), d = load_lanes(at + 48);
		low += ((a & mask) + (b & mask)) + ((c & mask) + (d & mask));
		high += ((a >> 32) + (b >> 32)) + ((c >> 32) + (d >> 32));
	}
	return add_with_carry(add_with_carry(low[0], low[1]), add_with_carry(high[0], high[1]));
}

static uint64_t sum_of(struct bytes bytes)
{
	size_t strides = bytes.size / STRIDE;
	uint64_t sum = strides > 0 ? sum_of_strides(bytes.at, strides) : 0;

	bytes = bytes_after(bytes, strides * STRIDE);
	for (; bytes.size >= 8; bytes = bytes_after(bytes, 8))
		sum = add_with_carry(sum, load64(bytes.at));
	if (bytes.size >= 4) {
		sum = add_with_carry(sum, load32(bytes.at));
		bytes = bytes_after(bytes, 4);
	}
	if (bytes.size >= 2) {
		sum = add_with_carry(sum, load16(bytes.at));
		bytes = bytes_after(bytes, 2);
	}
	if (bytes.size == 1)
		sum = add_with_carry(sum, load16((const uint8_t[2]){ bytes.at[0], 0 }));
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)sum;
}

static uint16_t swap(uint16_t word)
{
	return (uint16_t)(word << 8 | word >> 8);
}

void checksum_add(struct checksum *checksum, struct bytes bytes)
{
	if (bytes.size == 0)
		return;

	/* Behind an odd piece each byte lies in the other half of its word (RFC 1071, 2B). */
	uint64_t sum = sum_of(bytes);
	checksum->sum = add_with_carry(checksum->sum, checksum->odd ? swap(fold(sum)) : sum);
	checksum->odd ^= bytes.size & 1;
}

void checksum_add_frame(struct checksum *checksum, const struct frame *frame)
{
	checksum_add(checksum, frame_head(frame));
	for (uint8_t index = 0; index < frame->slice_count; index++) {
		const struct slice *slice = &frame->slices[index];
		checksum_add(checksum, (struct bytes){ slice->at, slice->size });
	}
}

void checksum_add_pseudo(struct checksum *checksum, const struct address *source,
			 const struct address *destination, uint8_t protocol, uint32_t size)
{
	uint8_t rest[8] = { [7] = protocol };
	bool v4 = address_is_v4(source);

	assert(v4 == address_is_v4(destination) && !checksum->odd);
	put32(rest, size);
	uint64_t sum = load64(rest);
	if (v4) { /* a 16-bit length, and no zeros: the sum is the same */
		sum = add_with_carry(sum, load32(source->bytes + 12));
		sum = add_with_carry(sum, load32(destination->bytes + 12));
	} else {
		uint8_t both[32];
		address_write_v6(both, source);
		address_write_v6(both + 16, destination);
		for (int word = 0; word < 32; word += 8)
			sum = add_with_carry(sum, load64(both + word));
	}
	checksum->sum = add_with_carry(checksum->sum, sum);
}

uint16_t checksum_finish(const struct checksum *checksum)
{
	uint16_t sum = fold(checksum->sum);
	uint8_t in_memory[2];

	memcpy(in_memory, &sum, sizeof sum);
	return (uint16_t)~get16(in_memory);
}

uint16_t checksum_update(uint16_t field, uint16_t old_word, uint16_t new_word)
{
	uint32_t sum = (uint16_t)~field + (uint32_t)(uint16_t)~old_word + new_word;
	return (uint16_t)~fold(sum);
}
