#include "tcp/cookie.h"

#define MINUTE (60 * SECOND)

enum {
	HASH_BITS = 24,
	HASH_MASK = (1 << HASH_BITS) - 1,
	MINUTES_GOOD = 2, /* Linux's MAX_SYNCOOKIE_AGE */

	/* The low bits of the timestamp, Linux's layout. */
	STAMP_SHIFT_MASK = 0x0f, /* all ones: no window scale */
	STAMP_SACK = 0x10,
	STAMP_ECN = 0x20,
	STAMP_MASK = 0x3f,

	SIZES = 4,
};

/* What most peers announce (Linux's msstab). */
static const uint16_t sizes_v4[SIZES] = { 536, 1300, 1440, 1460 };
static const uint16_t sizes_v6[SIZES] = { 1280 - 60, 1480 - 60, 1500 - 60, 9000 - 60 };

static const uint16_t *sizes_for(const struct endpoint *peer)
{
	return address_is_v4(&peer->address) ? sizes_v4 : sizes_v6;
}

/* The largest that is not above what they said; the first, if all are. */
static uint32_t size_index(const struct endpoint *peer, const struct tcp_options *options)
{
	const uint16_t *sizes = sizes_for(peer);
	uint32_t index = SIZES - 1;

	if (!options->has_mss)
		return 0;
	while (index > 0 && sizes[index] > options->mss)
		index--;
	return index;
}

static uint32_t minute_of(const struct tcp *tcp)
{
	return (uint32_t)(tcp->clock->now / MINUTE);
}

static uint32_t hash_in(const struct tcp *tcp, const struct endpoint *local,
			const struct endpoint *peer, uint32_t minute)
{
	uint8_t message[12];
	uint64_t tuple = tcp_hash_tuple(&tcp->cookie_keys[1], local, peer);

	put32(message, (uint32_t)(tuple >> 32));
	put32(message + 4, (uint32_t)tuple);
	put32(message + 8, minute);
	return (uint32_t)siphash(&tcp->cookie_keys[2], (struct bytes){ message, sizeof message });
}

static uint32_t hash_ever(const struct tcp *tcp, const struct endpoint *local,
			  const struct endpoint *peer)
{
	return (uint32_t)tcp_hash_tuple(&tcp->cookie_keys[0], local, peer);
}

void cookie_reduce_syn(const struct tcp *tcp, struct tcp_header *syn)
{
	struct tcp_options *options = &syn->options;

	if (!options->has_timestamps || !tcp->tunables.timestamps)
		options->has_window_shift = options->has_sack_permitted = false;
}

uint32_t cookie_make(const struct tcp *tcp, const struct endpoint *local,
		     const struct endpoint *peer, const struct tcp_header *syn)
{
	uint32_t minute = minute_of(tcp);
	uint32_t low = hash_in(tcp, local, peer, minute) + size_index(peer, &syn->options);

	return hash_ever(tcp, local, peer) + syn->sequence + (minute << HASH_BITS) +
	       (low & HASH_MASK);
}

uint32_t cookie_timestamp_lag(const struct tcp_connection *child)
{
	uint32_t now = (uint32_t)(child->tcp->clock->now / MILLISECOND);
	uint32_t agreed = child->window_scaling ? child->snd_shift : STAMP_SHIFT_MASK;

	if (child->sack)
		agreed |= STAMP_SACK;
	if (child->ecn.agreed)
		agreed |= STAMP_ECN;
	return (now - agreed) & STAMP_MASK;
}

/* The MSS's index; SIZES or more: no cookie of ours, or too old. */
static uint32_t open_number(const struct tcp *tcp, const struct endpoint *local,
			    const struct endpoint *peer, const struct tcp_header *ack)
{
	uint32_t number = ack->acknowledgment - ack->sequence; /* each is one on */
	uint32_t minute = minute_of(tcp);

	number -= hash_ever(tcp, local, peer);
	uint32_t age = (minute - (number >> HASH_BITS)) & (UINT32_MAX >> HASH_BITS);
	if (age >= MINUTES_GOOD)
		return SIZES;
	return (number - hash_in(tcp, local, peer, minute - age)) & HASH_MASK;
}

/* False: this host offers no such thing. */
static bool open_timestamp(const struct tcp_tunables *tunables, uint32_t stamp,
			   struct tcp_options *options)
{
	options->has_sack_permitted = stamp & STAMP_SACK;
	options->window_shift = stamp & STAMP_SHIFT_MASK;
	options->has_window_shift = options->window_shift != STAMP_SHIFT_MASK;
	return (tunables->sack || !options->has_sack_permitted) &&
	       (tunables->window_scaling || !options->has_window_shift);
}

bool cookie_recover_syn(const struct tcp *tcp, const struct endpoint *local,
			const struct endpoint *peer, const struct tcp_header *ack,
			struct tcp_header *syn)
{
	uint32_t index = open_number(tcp, local, peer, ack);
	if (index >= SIZES)
		return false;

	const struct tcp_options *stamps = &ack->options;
	bool has_timestamps = stamps->has_timestamps && tcp->tunables.timestamps;
	*syn = (struct tcp_header){
		.sequence = ack->sequence - 1,
		.flags = TCP_SYN,
		.window = ack->window,
		.options = {
			.has_mss = true,
			.mss = sizes_for(peer)[index],
			.has_timestamps = has_timestamps,
			.timestamp = stamps->timestamp,
		},
	};
	if (!has_timestamps)
		return true;
	uint32_t stamp = stamps->timestamp_echo - tcp_timestamp_offset(tcp, local, peer);
	if (stamp & STAMP_ECN)
		syn->flags |= TCP_ECE | TCP_CWR;
	return open_timestamp(&tcp->tunables, stamp, &syn->options);
}
