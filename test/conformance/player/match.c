/* Is what came what the script says? Flags, numbers, lengths and options byte for byte, and its time. */
#include "conformance/player/describe.h"
#include "conformance/player/play.h"
#include "wire/tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 320 };

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

/* Of what came later than the event before by this much, so much may be missing: timers are that coarse on Linux. */
static int64_t tolerance_at(const struct play *play, int64_t time)
{
	const struct network *network = play->network;
	double part = network->tolerance_percent / 100 * (double)(time - play->last);
	return part > (double)network->tolerance ? (int64_t)part : network->tolerance;
}

bool match_time(struct play *play, const struct event *event, int64_t expected, int64_t time,
		const char *what, struct outcome *outcome)
{
	int64_t tolerance = tolerance_at(play, expected);
	int64_t end =
		event->time_kind == TIME_ABSOLUTE_RANGE || event->time_kind == TIME_RELATIVE_RANGE
			? expected + (event->time_end - event->time)
			: expected;

	if (event->time_kind == TIME_ANY ||
	    (time >= expected - tolerance && time <= end + tolerance))
		return true;
	if (end > expected)
		return outcome_fail(outcome, event->line,
				    "%s: expected from %.6f to %.6f s, came at %.6f s", what,
				    seconds(expected), seconds(end), seconds(time));
	return outcome_fail(outcome, event->line,
			    "%s: expected at %.6f s, came at %.6f s (%.6f s are tolerated)", what,
			    seconds(expected), seconds(time), seconds(tolerance));
}

/* The name of the first thing that is not as it should be; NULL: all is. */
static const char *compare_ip(const struct packet_spec *spec, const struct packet *packet)
{
	uint8_t ecn = packet->tos & 3;

	if (spec->tos_check == TOS_ECN && ecn != spec->tos)
		return "ECN in IP";
	if (spec->tos_check == TOS_ECN_EITHER && ecn != 1 && ecn != 2)
		return "ECN in IP";
	if (spec->tos_check == TOS_WHOLE && packet->tos != spec->tos)
		return "tos";
	if (spec->ttl && packet->ttl != spec->ttl)
		return "ttl";
	return NULL;
}

static const char *compare_timestamps(const struct network *network, const uint8_t *said,
				      const uint8_t *seen)
{
	int64_t apart = (int32_t)(get32(seen + 2) - get32(said + 2));

	if (network->timestamp_tick && llabs(apart) * network->timestamp_tick > network->tolerance)
		return "TS val";
	if (network->strict && memcmp(said + 6, seen + 6, 4) != 0)
		return "TS ecr";
	return NULL;
}

static const char *compare_options(const struct network *network, const struct packet_spec *spec,
				   const struct packet *packet)
{
	size_t at = 0;

	if (spec->any_options)
		return NULL;
	if (spec->options_size != packet->options_size)
		return "options";
	while (at < spec->options_size) {
		const uint8_t *said = spec->options + at, *seen = packet->options + at;
		size_t size = *said <= 1 ? 1 : said[1];
		if (at + size > spec->options_size || *said != *seen)
			return "options";
		if (*said == OPTION_TIMESTAMPS && size == 10 && seen[1] == size) {
			const char *wrong = compare_timestamps(network, said, seen);
			if (wrong)
				return wrong;
		} else if (memcmp(said, seen, size) != 0) {
			return "options";
		}
		at += size;
	}
	return NULL;
}

static const char *compare_tcp(const struct network *network, const struct packet_spec *spec,
			       const struct packet *packet)
{
	if (spec->flags != packet->flags)
		return "flags";
	if (spec->size != packet->size)
		return "length";
	if (spec->sequence != packet->sequence)
		return "sequence number";
	if (spec->acknowledgment != packet->acknowledgment)
		return "acknowledgment number";
	if (spec->window >= 0 && spec->window != packet->window)
		return "window";
	if (spec->urgent != packet->urgent)
		return "urgent pointer";
	return compare_options(network, spec, packet);
}

static const char *compare(const struct network *network, const struct packet_spec *spec,
			   const struct packet *packet)
{
	const char *wrong = compare_ip(spec, packet);

	if (spec->protocol != packet->protocol)
		return "protocol";
	if (wrong)
		return wrong;
	if (spec->protocol == PACKET_UDP)
		return spec->size == packet->size ? NULL : "length";
	if (spec->protocol == PACKET_TCP)
		return compare_tcp(network, spec, packet);
	if (spec->icmp_type != packet->icmp_type)
		return "type of ICMP";
	return spec->icmp_code == packet->icmp_code ? NULL : "code of ICMP";
}

bool match_packet(struct play *play, const struct event *event, struct flow *flow,
		  const struct packet *packet)
{
	struct packet seen = *packet;
	char said_line[LINE_SIZE], seen_line[LINE_SIZE];

	flow_to_script(&play->flows, flow, &event->packet, &seen);
	const char *wrong = compare(play->network, &event->packet, &seen);
	if (wrong) {
		describe_spec(&event->packet, said_line, sizeof said_line);
		describe_packet(&seen, seen_line, sizeof seen_line);
		return outcome_fail(play->outcome, event->line,
				    "another %s at %.6f s\n  expected > %s\n  got      > %s", wrong,
				    seconds(packet->time), said_line, seen_line);
	}
	return match_time(play, event, event->time, packet->time, "outbound packet", play->outcome);
}
