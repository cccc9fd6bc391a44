#include "unit/check.h"

#include "base/random.h"
#include "base/siphash.h"

/* The vectors of the reference implementation (Aumasson, Bernstein): key 00 01 .. 0f, message 00 01 .. of each length. */
static const uint64_t vectors[64] = {
	0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
	0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
	0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
	0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
	0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794, 0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd,
	0xbed65cf21aa2ee98, 0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
	0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3, 0x2f2e6163076bcfad,
	0xde4daaaca71dc9a5, 0xa6a2506687956571, 0xad87a3535c49ef28, 0x32d892fad841c342,
	0x7127512f72f27cce, 0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
	0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d, 0x9abfd8766a33735c,
	0x0e3ea96b5304a7d0, 0xad0c42d6fc585992, 0x187306c89bc215a9, 0xd4a60abcf3792b95,
	0xf935451de4f21df2, 0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
	0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72, 0xa192d576b245165a,
	0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f, 0x7fa8220ba3b2ecea, 0x245731c13ca42499,
	0xb78dbfaf3a8d83bd, 0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
	0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57, 0x958a324ceb064572,
};

static void siphash_gives_the_published_vectors(void **state)
{
	/* The key's bytes, as the little-endian words they are read as. */
	const struct siphash_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
	uint8_t message[64];
	(void)state;

	for (size_t size = 0; size < COUNT_OF(vectors); size++) {
		message[size] = (uint8_t)size;
		CHECK_EQUAL(vectors[size], siphash(&key, (struct bytes){ message, size }));
	}
}

static void every_bit_of_the_key_matters(void **state)
{
	const struct siphash_key zero = { { 0, 0 } };
	const struct bytes message = { (const uint8_t *)"berth", 5 };
	(void)state;
	for (unsigned bit = 0; bit < 128; bit++) {
		struct siphash_key key = zero;
		key.words[bit / 64] ^= UINT64_C(1) << bit % 64;
		assert_true(siphash(&key, message) != siphash(&zero, message));
	}
}

static const uint8_t seed[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static void the_same_seed_gives_the_same_numbers(void **state)
{
	struct random a, b;
	(void)state;
	random_init(&a, seed, 7);
	random_init(&b, seed, 7);
	for (int index = 0; index < 1000; index++)
		CHECK_EQUAL(random_next(&a), random_next(&b));
}

static void another_purpose_or_seed_gives_other_numbers(void **state)
{
	uint8_t other_seed[16];
	struct random a, b, c;
	(void)state;
	memcpy(other_seed, seed, sizeof seed);
	other_seed[15] ^= 1;
	random_init(&a, seed, 7);
	random_init(&b, seed, 8);
	random_init(&c, other_seed, 7);
	for (int index = 0; index < 1000; index++) {
		uint64_t number = random_next(&a);
		assert_true(number != random_next(&b) && number != random_next(&c));
	}
}

static void numbers_below_a_bound_stay_below_and_reach_every_value(void **state)
{
	static const uint32_t bounds[] = { 1, 2, 3, 10, 64 };
	struct random random;
	(void)state;
	random_init(&random, seed, 0);
	for (size_t index = 0; index < COUNT_OF(bounds); index++) {
		uint32_t seen[64] = { 0 };
		for (int draw = 0; draw < 64 * 100; draw++) {
			uint32_t number = random_below(&random, bounds[index]);
			assert_true(number < bounds[index]);
			seen[number]++;
		}
		for (uint32_t number = 0; number < bounds[index]; number++)
			assert_true(seen[number] > 0);
	}
	for (int draw = 0; draw < 1000; draw++)
		assert_true(random_below(&random, UINT32_MAX) < UINT32_MAX);
}

static void two_keys_of_one_generator_differ(void **state)
{
	struct random random;
	(void)state;
	random_init(&random, seed, 0);
	struct siphash_key first = random_key(&random);
	struct siphash_key second = random_key(&random);
	assert_true(first.words[0] != second.words[0] && first.words[1] != second.words[1]);
	assert_true(first.words[0] != first.words[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_gives_the_published_vectors),
		cmocka_unit_test(every_bit_of_the_key_matters),
		cmocka_unit_test(the_same_seed_gives_the_same_numbers),
		cmocka_unit_test(another_purpose_or_seed_gives_other_numbers),
		cmocka_unit_test(numbers_below_a_bound_stay_below_and_reach_every_value),
		cmocka_unit_test(two_keys_of_one_generator_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
