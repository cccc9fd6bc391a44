#include "tcp/negotiation.h"

uint32_t negotiation_timestamp(const struct tcp_connection *connection)
{
	return (uint32_t)(connection->tcp->clock->now / MILLISECOND) + connection->timestamp_offset;
}

void negotiation_agree(struct tcp_connection *connection, const struct tcp_header *header)
{
	const struct tcp_options *options = &header->options;

	bool v4 = address_is_v4(&connection->peer.address);

	connection->peer_mss = options->has_mss ? options->mss
			       : v4             ? TCP_DEFAULT_MSS
						: TCP_DEFAULT_MSS_V6;
	if (connection->peer_mss < TCP_MSS_LEAST)
		connection->peer_mss = TCP_MSS_LEAST;
	connection->window_scaling =
		options->has_window_shift && connection->tcp->tunables.window_scaling;
	if (connection->window_scaling) {
		connection->snd_shift = options->window_shift < TCP_WINDOW_SHIFT_MOST
						? options->window_shift
						: TCP_WINDOW_SHIFT_MOST;
		connection->rcv_shift = connection->own_shift;
	} else {
		connection->snd_shift = 0;
		connection->rcv_shift = 0;
	}
	connection->sack = options->has_sack_permitted && connection->tcp->tunables.sack;
	connection->timestamps = options->has_timestamps && connection->tcp->tunables.timestamps;
	if (connection->timestamps) {
		connection->ts_recent = options->timestamp;
		connection->ts_recent_at = connection->tcp->clock->now;
	}
}

static void add_timestamps(const struct tcp_connection *connection, struct tcp_options *options)
{
	options->has_timestamps = true;
	options->timestamp = negotiation_timestamp(connection);
	options->timestamp_echo = connection->ts_recent;
}

void negotiation_offer(const struct tcp_connection *connection, struct tcp_header *header)
{
	/* Of two SYNs that cross neither is an answer: Linux says in its SYN-ACK what it said in its SYN. */
	bool answering = header->flags & TCP_ACK && connection->parent;
	struct tcp_options *options = &header->options;

	options->has_mss = true;
	options->mss = connection->own_mss;
	const struct tcp_tunables *tunables = &connection->tcp->tunables;
	if (answering ? connection->window_scaling : tunables->window_scaling) {
		options->has_window_shift = true;
		options->window_shift = connection->own_shift;
	}
	options->has_sack_permitted = answering ? connection->sack : tunables->sack;
	if (answering ? connection->timestamps : tunables->timestamps)
		add_timestamps(connection, options);
}

void negotiation_options(const struct tcp_connection *connection, struct tcp_header *header)
{
	if (connection->timestamps)
		add_timestamps(connection, &header->options);
}
