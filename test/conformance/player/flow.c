#include "conformance/player/flow.h"

#include "base/bytes.h"
#include "wire/tcp.h"

enum {
	FIRST_PORT = 49152, /* of the script's end */
	SACK_BLOCK_SIZE = 8,
	QUOTED_SIZE = 8, /* of a transport header, in ICMP */
};

void flows_init(struct flows *flows, const struct network *network, struct arena *arena)
{
	*flows = (struct flows){ .network = network, .arena = arena, .next_port = FIRST_PORT };
}

static struct flow *new_flow(struct flows *flows, enum packet_protocol protocol)
{
	struct flow *flow = arena_take(flows->arena, sizeof *flow);

	flow->protocol = protocol;
	flow->descriptor = -1;
	flow->next = flows->all;
	flows->all = flow;
	flows->current = flow;
	return flow;
}

static struct flow *by_descriptor(const struct flows *flows, int descriptor)
{
	struct flow *flow = flows->all;
	while (flow && flow->descriptor != descriptor)
		flow = flow->next;
	return flow;
}

void flow_opened(struct flows *flows, int descriptor, enum packet_protocol protocol)
{
	struct flow *former = by_descriptor(flows, descriptor);
	if (former) /* closed, and its number used again */
		former->descriptor = -1;
	new_flow(flows, protocol)->descriptor = descriptor;
}

void flow_bound(struct flows *flows, int descriptor, uint16_t port)
{
	struct flow *flow = by_descriptor(flows, descriptor);
	if (flow)
		flow->local_port = port;
}

void flow_listens(struct flows *flows, int descriptor)
{
	struct flow *flow = by_descriptor(flows, descriptor);
	if (flow)
		flow->state = FLOW_LISTENING;
}

void flow_connects(struct flows *flows, int descriptor, uint16_t port)
{
	struct flow *flow = by_descriptor(flows, descriptor);

	if (!flow)
		return;
	if (flow->state != FLOW_CONNECTING && flow->state != FLOW_ACTIVE)
		flow->state = FLOW_CONNECTING;
	flow->remote_port = port;
	flows->current = flow;
}

void flow_accepted(struct flows *flows, int descriptor, uint16_t remote_port)
{
	struct flow *former = by_descriptor(flows, descriptor);
	if (former)
		former->descriptor = -1;
	for (struct flow *flow = flows->all; flow; flow = flow->next) {
		if (flow->state == FLOW_PASSIVE && flow->remote_port == remote_port)
			flow->descriptor = descriptor;
	}
}

static struct flow *by_ports(const struct flows *flows, enum packet_protocol protocol,
			     uint16_t local, uint16_t remote)
{
	struct flow *flow = flows->all;
	while (flow && (flow->protocol != protocol || flow->remote_port != remote ||
			(local && flow->local_port && flow->local_port != local)))
		flow = flow->next;
	return flow;
}

static struct flow *begin_passive(struct flows *flows, const struct packet_spec *spec)
{
	struct flow *flow = new_flow(flows, PACKET_TCP);

	flow->state = FLOW_PASSIVE;
	flow->local_port = spec->destination ? spec->destination : flows->network->bind_port;
	flow->remote_port = spec->source ? spec->source : flows->next_port++;
	flow->remote_isn = spec->sequence;
	return flow;
}

static bool is_of(const struct flow *flow, const struct packet_spec *spec)
{
	return spec->protocol == PACKET_ICMP || flow->protocol == spec->protocol;
}

struct flow *flow_of_inbound(struct flows *flows, const struct packet_spec *spec)
{
	struct flow *flow = flows->current;

	if (spec->source && spec->protocol != PACKET_ICMP) {
		flow = by_ports(flows, spec->protocol, spec->destination, spec->source);
		if (flow)
			return flows->current = flow;
		return spec->protocol == PACKET_TCP ? begin_passive(flows, spec) : flows->current;
	}
	bool answers = flow && (flow->state == FLOW_CONNECTING || flow->state == FLOW_ACTIVE);
	if (answers && spec->flags & TCP_SYN && !flow->answered) {
		flow->answered = true;
		flow->remote_isn = spec->sequence;
	}
	bool begins = spec->protocol == PACKET_TCP && (!flow || flow->state == FLOW_LISTENING);
	if (begins)
		return begin_passive(flows, spec);
	return flow && is_of(flow, spec) ? flow : NULL;
}

struct flow *flow_of_outbound(struct flows *flows, const struct packet_spec *spec)
{
	struct flow *flow = flows->current;

	if (spec->destination && spec->protocol != PACKET_ICMP)
		flow = by_ports(flows, spec->protocol, spec->source, spec->destination);
	if (!flow || !is_of(flow, spec))
		return NULL;
	bool opens = spec->protocol == PACKET_TCP && spec->flags & TCP_SYN;
	if (opens && (flow->state == FLOW_CONNECTING || spec->flags & TCP_ACK))
		flow->script_local_isn = spec->sequence;
	return flow;
}

struct flow *flow_of_live(struct flows *flows, const struct packet *packet)
{
	const struct network *network = flows->network;

	if (!address_equal(&packet->source, &network->local) ||
	    !address_equal(&packet->destination, &network->remote))
		return NULL;
	if (packet->protocol == PACKET_ICMP)
		return flows->current;
	bool opens = packet->protocol == PACKET_TCP && packet->flags & TCP_SYN;
	for (struct flow *flow = flows->all; flow; flow = flow->next) {
		if (flow->protocol != packet->protocol ||
		    flow->remote_port != packet->destination_port)
			continue;
		if (flow->state == FLOW_CONNECTING && (opens || packet->protocol == PACKET_UDP)) {
			flow->state = FLOW_ACTIVE;
			flow->local_port = packet->source_port;
		}
		if (flow->local_port != packet->source_port)
			continue;
		if (opens)
			flow->local_isn = packet->sequence;
		return flow;
	}
	return NULL;
}

/* A SYN says its number itself; all others count from it. */
static uint32_t local_offset(const struct flow *flow, bool is_syn)
{
	return is_syn ? flow->local_isn - flow->script_local_isn : flow->local_isn;
}

static uint32_t remote_offset(const struct flow *flow, bool is_syn)
{
	return is_syn ? 0 : flow->remote_isn;
}

static void shift_sack(struct packet *packet, uint32_t offset)
{
	uint8_t *sack = options_find(packet->options, packet->options_size, OPTION_SACK);

	if (!sack)
		return;
	for (unsigned at = 2; at + SACK_BLOCK_SIZE <= sack[1]; at += SACK_BLOCK_SIZE) {
		put32(sack + at, get32(sack + at) + offset);
		put32(sack + at + 4, get32(sack + at + 4) + offset);
	}
}

static const struct timestamp_pair *find_timestamp(const struct flow *flow, uint32_t script)
{
	for (size_t index = flow->timestamp_count; index > 0; index--) {
		if (flow->timestamps[index - 1].script == script)
			return &flow->timestamps[index - 1];
	}
	return NULL;
}

static bool map_echo(const struct flows *flows, const struct flow *flow, struct packet *packet,
		     int line, struct outcome *outcome)
{
	uint8_t *option = options_find(packet->options, packet->options_size, OPTION_TIMESTAMPS);

	if (!option || !(packet->flags & TCP_ACK))
		return true;
	uint32_t echo = get32(option + 6);
	const struct timestamp_pair *pair = find_timestamp(flow, echo);
	const struct timestamp_pair *first = &flow->first_timestamp;
	if (!pair && !(flows->network->echoes_scaled && flow->has_timestamps))
		return outcome_fail(outcome, line, "TS ecr %u: no such TS val has gone out", echo);
	put32(option + 6, pair ? pair->live : echo - first->script + first->live);
	return true;
}

/* RFC 792: the header of IP, and the first 8 bytes behind it. */
static void quote(const struct flows *flows, const struct flow *flow,
		  const struct packet_spec *spec, struct packet *packet, uint8_t *body)
{
	static uint8_t whole[PACKET_MOST];
	struct packet quoted = {
		.is_ipv6 = packet->is_ipv6,
		.protocol = spec->echoed,
		.source = flows->network->local,
		.destination = flows->network->remote,
		.ttl = 64,
		.source_port = flow->local_port,
		.destination_port = flow->remote_port,
		.sequence = spec->sequence + local_offset(flow, false),
		.flags = TCP_ACK,
		.size = spec->size,
	};
	size_t size = packet_write(&quoted, whole);
	size_t kept = (packet->is_ipv6 ? 40u : 20u) + QUOTED_SIZE;

	packet->size = (uint32_t)(size < kept ? size : kept);
	memcpy(body, whole, packet->size);
	packet->payload = body;
}

static void to_live_icmp(const struct flows *flows, const struct flow *flow,
			 const struct packet_spec *spec, struct packet *packet, uint8_t *body)
{
	packet->icmp_type = spec->icmp_type;
	packet->icmp_code = spec->icmp_code;
	packet->icmp_rest = (uint32_t)spec->identifier << 16;
	if (spec->mtu >= 0)
		packet->icmp_rest = (uint32_t)spec->mtu;
	packet->size = 0;
	if (spec->echoes)
		quote(flows, flow, spec, packet, body);
}

bool flow_to_live(struct flows *flows, struct flow *flow, const struct packet_spec *spec,
		  struct packet *packet, uint8_t *body, struct outcome *outcome)
{
	bool is_syn = spec->flags & TCP_SYN;

	*packet = (struct packet){
		.is_ipv6 = flows->network->version == OVER_IPV6,
		.protocol = spec->protocol,
		.source = flows->network->remote,
		.destination = flows->network->local,
		.tos = spec->tos,
		.ttl = (uint8_t)spec->ttl,
		.source_port = spec->source ? spec->source : flow->remote_port,
		.destination_port = spec->destination ? spec->destination : flow->local_port,
		.flags = spec->flags,
		.sequence = spec->sequence + remote_offset(flow, is_syn),
		.window = (uint16_t)(spec->window < 0 ? 0 : spec->window),
		.urgent = spec->urgent,
		.options_size = spec->options_size,
		.size = spec->size,
	};
	if (spec->protocol == PACKET_ICMP) {
		to_live_icmp(flows, flow, spec, packet, body);
		return true;
	}
	if (spec->protocol == PACKET_UDP)
		return true;
	memcpy(packet->options, spec->options, spec->options_size);
	if (spec->flags & TCP_ACK)
		packet->acknowledgment = spec->acknowledgment + local_offset(flow, is_syn);
	shift_sack(packet, local_offset(flow, is_syn));
	return map_echo(flows, flow, packet, spec->line, outcome);
}

static void remember_timestamp(struct arena *arena, struct flow *flow, struct timestamp_pair pair)
{
	if (flow->timestamp_count == flow->timestamp_room) {
		size_t room = flow->timestamp_room ? 2 * flow->timestamp_room : 16;
		struct timestamp_pair *more = arena_take(arena, room * sizeof *more);
		if (flow->timestamp_count > 0)
			memcpy(more, flow->timestamps, flow->timestamp_count * sizeof *more);
		flow->timestamps = more;
		flow->timestamp_room = room;
	}
	flow->timestamps[flow->timestamp_count++] = pair;
	if (!flow->has_timestamps)
		flow->first_timestamp = pair;
	flow->has_timestamps = true;
}

static void map_timestamp(struct arena *arena, struct flow *flow,
			  const struct packet_spec *expected, struct packet *packet)
{
	uint8_t script[PACKET_OPTIONS_MOST];
	memcpy(script, expected->options, expected->options_size);
	const uint8_t *said = options_find(script, expected->options_size, OPTION_TIMESTAMPS);
	uint8_t *seen = options_find(packet->options, packet->options_size, OPTION_TIMESTAMPS);

	if (!said || !seen)
		return;
	remember_timestamp(arena, flow,
			   (struct timestamp_pair){ get32(said + 2), get32(seen + 2) });
	put32(seen + 2,
	      flow->first_timestamp.script + (get32(seen + 2) - flow->first_timestamp.live));
}

void flow_to_script(struct flows *flows, struct flow *flow, const struct packet_spec *expected,
		    struct packet *packet)
{
	if (packet->protocol != PACKET_TCP)
		return;
	bool is_syn = packet->flags & TCP_SYN;
	packet->sequence -= local_offset(flow, is_syn);
	if (packet->flags & TCP_ACK)
		packet->acknowledgment -= remote_offset(flow, is_syn);
	shift_sack(packet, 0u - remote_offset(flow, is_syn));
	map_timestamp(flows->arena, flow, expected, packet);
}
