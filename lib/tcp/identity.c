/* What a four-tuple determines: its place in the table, its initial sequence number, its timestamps' beginning. Each by a
 * key of its own, so that none tells about another. */
#include "tcp/tcp.h"

uint64_t tcp_hash_tuple(const struct siphash_key *key, const struct endpoint *local,
			const struct endpoint *peer)
{
	uint8_t message[36];
	size_t size = 0;

	if (address_is_v4(&local->address)) {
		memcpy(message, local->address.bytes + 12, 4);
		memcpy(message + 4, peer->address.bytes + 12, 4);
		size = 8;
	} else {
		memcpy(message, local->address.bytes, 16);
		memcpy(message + 16, peer->address.bytes, 16);
		size = 32;
	}
	put16(message + size, local->port);
	put16(message + size + 2, peer->port);
	return siphash(key, (struct bytes){ message, size + 4 });
}

/* RFC 6528: a clock of 4 microseconds plus a secret function of the tuple. */
uint32_t tcp_isn(const struct tcp *tcp, const struct endpoint *local, const struct endpoint *peer)
{
	uint32_t clock = (uint32_t)(tcp->clock->now / (4 * MICROSECOND));
	return clock + (uint32_t)tcp_hash_tuple(&tcp->isn_key, local, peer);
}

uint32_t tcp_timestamp_offset(const struct tcp *tcp, const struct endpoint *local,
			      const struct endpoint *peer)
{
	return (uint32_t)tcp_hash_tuple(&tcp->timestamp_key, local, peer);
}

uint32_t tcp_tuple_hash(const struct tcp *tcp, const struct endpoint *local,
			const struct endpoint *peer)
{
	return (uint32_t)tcp_hash_tuple(&tcp->tuple_key, local, peer);
}

static bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address);
}

static bool is_tuple_of(const struct tcp_connection *connection, const struct endpoint *local,
			const struct endpoint *peer)
{
	return endpoint_equal(&connection->peer, peer) &&
	       endpoint_equal(&connection->holder.local, local);
}

struct tcp_connection *tcp_find(struct tcp *tcp, const struct endpoint *local,
				const struct endpoint *peer)
{
	if (tcp->recent && is_tuple_of(tcp->recent, local, peer))
		return tcp->recent;

	uint32_t hash = tcp_tuple_hash(tcp, local, peer);

	for (struct table_node *node = table_chain(&tcp->connections, hash); node;
	     node = node->next) {
		if (node->hash != hash)
			continue;
		struct tcp_connection *connection =
			CONTAINER_OF(node, struct tcp_connection, by_tuple);
		if (is_tuple_of(connection, local, peer))
			return tcp->recent = connection;
	}
	return NULL;
}
