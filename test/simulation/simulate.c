/* simulate: plays scenarios in virtual time, one a seed: conversations of TCP; or, by --crowd, datagrams among fifty hosts.
 *
 *   simulate [--crowd] [--seed N] [--count N] [--twice] [--verbose] [--capture FILE]
 *
 * A seed that fails is printed with the way to play it again. --twice plays each seed twice and wants the same capture,
 * byte for byte. */
#include "simulation/crowd.h"
#include "simulation/invariants.h"
#include "simulation/talk.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

enum {
	STEPS_MOST = 3000000, /* moments at which something happened */
	TURNS_MOST = 10000,   /* of hosts and programs at one moment */
};
#define TIME_MOST (UINT64_C(2) * 3600 * SECOND)

struct options {
	uint64_t seed;
	uint64_t count;
	bool twice;
	bool verbose;
	bool crowd;
	const char *capture;
};

static uint64_t seed_in_hand;

static void say_again(FILE *to)
{
	fprintf(to, "play it again: simulate --verbose --seed %" PRIu64 "\n", seed_in_hand);
}

/* libberth stops where a promise to it or its own is broken. */
static void stopped(int number)
{
	static char text[128];
	int size = snprintf(text, sizeof text, "seed %" PRIu64 ": stopped by signal %d\n",
			    seed_in_hand, number);
	ssize_t written = write(STDERR_FILENO, text, (size_t)size);
	(void)written;
	signal(number, SIG_DFL);
	raise(number);
}

static void fail(struct talks *talks, const char *why)
{
	fprintf(stderr, "seed %" PRIu64 ": %s (after %.3f s)\n", seed_in_hand, why,
		(double)(talks->world->now - WORLD_START) / 1e9);
	talks_print(talks, stderr);
	say_again(stderr);
	fflush(stderr);
	_exit(1);
}

static void check(struct talks *talks)
{
	const struct world *world = talks->world;

	if (talks->failure[0])
		fail(talks, talks->failure);
	for (unsigned number = 0; number < world->scenario->host_count; number++) {
		const char *broken = invariants_broken(world->hosts[number]);
		if (broken)
			fail(talks, broken);
	}
}

/* Everything that is due at this moment; returns when the next thing is. */
static uint64_t settle(struct talks *talks, uint64_t now)
{
	for (unsigned turn = 0; turn < TURNS_MOST; turn++) {
		uint64_t deadline = world_advance(talks->world, now);
		bool acted = talks_act(talks);
		check(talks);
		if (!acted && deadline > now) {
			uint64_t wake = talks_deadline(talks);
			return wake < deadline ? wake : deadline;
		}
	}
	fail(talks, "time does not move on");
	return NEVER;
}

static void count_socket(void *context, const struct berth_socket_info *info)
{
	(void)info;
	++*(unsigned *)context;
}

static unsigned sockets_left(const struct world *world)
{
	unsigned count = 0;
	for (unsigned number = 0; number < world->scenario->host_count; number++)
		berth_host_sockets(world->hosts[number], count_socket, &count);
	return count;
}

typedef bool reached(const struct talks *talks);

static bool nothing_is_left(const struct talks *talks)
{
	return sockets_left(talks->world) == 0;
}

static void run_until(struct talks *talks, reached *goal, const char *otherwise)
{
	uint64_t next = settle(talks, talks->world->now);

	for (unsigned step = 0; !goal(talks); step++) {
		if (next == NEVER)
			fail(talks, otherwise);
		if (step > STEPS_MOST || next > WORLD_START + TIME_MOST)
			fail(talks, "no end is in sight");
		next = settle(talks, next);
	}
}

/* Plays one scenario and returns its capture's hash. */
static uint64_t play(const struct scenario *scenario, const struct options *options, FILE *file)
{
	static struct world world;
	static struct talks talks;

	world_open(&world, scenario, file);
	talks_open(&talks, &world);
	run_until(&talks, talks_are_over, "a conversation stopped");
	talks_close(&talks);
	check(&talks);
	run_until(&talks, nothing_is_left, "a connection is left for ever");
	if (options->verbose)
		talks_print(&talks, stdout);
	world_close(&world);
	if (world.memory.outstanding > 0)
		fail(&talks, "memory was lost");
	if (options->verbose)
		printf("  %.3f s, at most %zu bytes, capture %016" PRIx64 "\n",
		       (double)(world.now - WORLD_START) / 1e9, world.memory.most, world.hash);
	return world.hash;
}

static void describe(const struct scenario *scenario)
{
	printf("seed %" PRIu64 ": %s, MTU %u, largest segment %u%s%s", scenario->seed,
	       scenario->lan ? "a LAN of 8" : "a cable", scenario->mtu, scenario->largest_segment,
	       scenario->checksums ? "" : ", no checksums", scenario->keepalive ? ", uneasy" : "");
	if (!scenario->lan)
		printf(", loss %u, repeated %u, reordered %u, damaged %u in a million, "
		       "delay %.3f ms",
		       scenario->link.loss, scenario->link.duplication, scenario->link.reordering,
		       scenario->link.corruption, (double)scenario->link.delay_ns / 1e6);
	printf("\n");
	fflush(stdout);
}

static uint64_t play_crowd(uint64_t seed, const struct options *options, FILE *file)
{
	char failure[256] = "";
	uint64_t hash = crowd_play(seed, options->verbose, file, failure);

	if (failure[0]) {
		fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, failure);
		fprintf(stderr, "play it again: simulate --crowd --verbose --seed %" PRIu64 "\n",
			seed);
		exit(1);
	}
	return hash;
}

static uint64_t play_talks(uint64_t seed, const struct options *options, FILE *file)
{
	static struct scenario scenario;

	scenario_draw(&scenario, seed);
	if (options->verbose)
		describe(&scenario);
	return play(&scenario, options, file);
}

static void play_seed(uint64_t seed, const struct options *options, FILE *file)
{
	uint64_t (*play_one)(uint64_t, const struct options *, FILE *) =
		options->crowd ? play_crowd : play_talks;

	seed_in_hand = seed;
	uint64_t hash = play_one(seed, options, file);
	if (options->twice && play_one(seed, options, NULL) != hash) {
		fprintf(stderr, "seed %" PRIu64 ": two captures differ\n", seed);
		exit(1);
	}
}

static struct options read_options(int count, char **words)
{
	static const struct option known[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'n' },
		{ "twice", no_argument, NULL, 't' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "capture", required_argument, NULL, 'w' },
		{ "crowd", no_argument, NULL, 'c' },
		{ 0 },
	};
	struct options options = { .seed = 1, .count = 1 };

	for (int letter; (letter = getopt_long(count, words, "", known, NULL)) != -1;) {
		switch (letter) {
		case 's':
			options.seed = strtoull(optarg, NULL, 10);
			break;
		case 'n':
			options.count = strtoull(optarg, NULL, 10);
			break;
		case 't':
			options.twice = true;
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'c':
			options.crowd = true;
			break;
		case 'w':
			options.capture = optarg;
			break;
		default:
			exit(2);
		}
	}
	return options;
}

int main(int count, char **words)
{
	struct options options = read_options(count, words);
	FILE *file = options.capture ? fopen(options.capture, "wb") : NULL;

	if (options.capture && !file) {
		perror(options.capture);
		return 2;
	}
	signal(SIGILL, stopped);
	signal(SIGTRAP, stopped);
	signal(SIGABRT, stopped);
	printf("simulate: seeds %" PRIu64 " to %" PRIu64 "\n", options.seed,
	       options.seed + options.count - 1);
	fflush(stdout);
	for (uint64_t index = 0; index < options.count; index++)
		play_seed(options.seed + index, &options, file);
	if (file && fclose(file) != 0) {
		perror(options.capture);
		return 2;
	}
	printf("%" PRIu64 " passed, 0 failed\n", options.count);
	return 0;
}
