#include "tcp/tcp.h"

#include "tcp/listen.h"
#include "tcp/segment_in.h"
#include "tcp/segment_out.h"
#include "tcp/timers.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"

#include <errno.h>

bool tcp_init(struct tcp *tcp, struct ip *ip, const uint8_t seed[16],
	      const struct tcp_config *config)
{
	*tcp = (struct tcp){
		.allocator = ip->allocator,
		.pool = ip->pool,
		.clock = ip->clock,
		.ip = ip,
		.config = *config,
		.tunables = tcp_tunables_default(),
	};
	if (config->send_buffer > tcp->tunables.send_most)
		tcp->tunables.send_most = config->send_buffer;
	if (config->receive_buffer > tcp->tunables.receive_most)
		tcp->tunables.receive_most = config->receive_buffer;
	random_init(&tcp->random, seed, PROTOCOL_TCP);
	tcp->tuple_key = random_key(&tcp->random);
	struct random lineage;
	tcp->config.lineage = NULL; /* the caller's: asked here and not again */
	random_init(&lineage, config->lineage ? config->lineage : seed, PROTOCOL_TCP + 1);
	tcp->isn_key = random_key(&lineage);
	tcp->timestamp_key = random_key(&lineage);
	for (size_t key = 0; key < sizeof tcp->cookie_keys / sizeof tcp->cookie_keys[0]; key++)
		tcp->cookie_keys[key] = random_key(&lineage);
	list_init(&tcp->all);
	sendings_init(&tcp->sendings, tcp->allocator);
	if (!table_init(&tcp->connections, tcp->allocator))
		return false;
	if (!ports_init(&tcp->ports, tcp->allocator, &tcp->random)) {
		table_close(&tcp->connections);
		return false;
	}
	ip_register(
		ip, PROTOCOL_TCP,
		&(struct ip_protocol){ .input = tcp_input, .error = tcp_error, .context = tcp });
	return true;
}

void tcp_close_all(struct tcp *tcp)
{
	/* The newest first: children before their listener, which would reset them. */
	while (!list_is_empty(&tcp->all)) {
		struct tcp_connection *connection =
			CONTAINER_OF(tcp->all.previous, struct tcp_connection, link);
		connection_free(connection);
	}
	sendings_close(&tcp->sendings);
	ports_close(&tcp->ports);
	table_close(&tcp->connections);
}

static bool checksum_holds(const struct ip_packet *packet)
{
	if (packet->frame->checksum_left_out)
		return true;

	struct checksum sum = { 0 };
	checksum_add_pseudo(&sum, &packet->source, &packet->destination, PROTOCOL_TCP,
			    frame_size(packet->frame));
	checksum_add_frame(&sum, packet->frame);
	return checksum_finish(&sum) == 0;
}

/* A new SYN for a tuple in TIME-WAIT may open it again where nothing old can be taken for new (RFC 9293, 3.6.1 and
 * MAY-2; RFC 6191). */
static bool may_reopen(const struct tcp_connection *connection, const struct tcp_header *header)
{
	const struct tcp_options *options = &header->options;

	if (connection->state != STATE_TIME_WAIT ||
	    (header->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return false;
	if (connection->timestamps && options->has_timestamps &&
	    options->timestamp != connection->ts_recent)
		return sequence_after(options->timestamp, connection->ts_recent);
	return sequence_after(header->sequence, connection->rcv_nxt);
}

static struct tcp_connection *find_listener(const struct tcp *tcp, const struct endpoint *local,
					    const struct endpoint *peer, int interface)
{
	struct port_holder *holder =
		ports_find_open(&tcp->ports, local, interface, tcp_tuple_hash(tcp, local, peer));
	return holder ? CONTAINER_OF(holder, struct tcp_connection, holder) : NULL;
}

enum verdict tcp_input(void *context, const struct ip_packet *packet)
{
	struct tcp *tcp = context;
	struct tcp_header header;

	if (packet->to_group) /* RFC 9293, MUST-57 */
		return DROP_IGNORED;
	if (!tcp_parse(frame_head(packet->frame), &header))
		return DROP_MALFORMED;
	if (!checksum_holds(packet))
		return DROP_CHECKSUM;

	struct endpoint local = { packet->destination, header.destination_port };
	struct endpoint peer = { packet->source, header.source_port };
	uint32_t length = frame_size(packet->frame) - header.header_size +
			  !!(header.flags & TCP_SYN) + !!(header.flags & TCP_FIN);

	struct tcp_connection *connection = tcp_find(tcp, &local, &peer);
	if (connection && !may_reopen(connection, &header))
		return segment_in(connection, packet, &header);

	struct tcp_connection *listener =
		find_listener(tcp, &local, &peer, packet->interface->index);
	if (connection)
		return listener ? listen_reopen(listener, connection, packet, &header)
				: segment_in(connection, packet, &header);
	if (listener)
		return listen_input(listener, packet, &header, length);
	segment_out_refuse(tcp, packet, &header, length);
	return DROP_NO_SOCKET;
}

/* RFC 5927, 4.1: only news of what is in flight is believed. */
static bool is_in_flight(const struct tcp_connection *connection, uint32_t sequence)
{
	return !sequence_before(sequence, connection->snd_una) &&
	       !sequence_after(sequence, connection->snd_nxt);
}

/* RFC 1191: smaller segments from here on, and the lost one again. */
static void path_narrowed(struct tcp_connection *connection, uint16_t mtu)
{
	if (mtu >= connection->path_mtu)
		return;
	connection->path_mtu = mtu;
	connection_set_mss(connection, mtu);
	recovery_path_narrowed(connection);
	segment_out_run(connection);
}

void tcp_error(void *context, const struct ip_error *error)
{
	struct tcp *tcp = context;
	struct endpoint local = { error->source, get16(error->transport.at) };
	struct endpoint peer = { error->destination, get16(error->transport.at + 2) };
	struct tcp_connection *connection = tcp_find(tcp, &local, &peer);

	if (!connection || !is_in_flight(connection, get32(error->transport.at + 4)))
		return;
	if (error->error == EMSGSIZE) {
		if (error->mtu && state_is_synchronized(connection->state)) {
			ip_path_narrowed(tcp->ip, error);
			path_narrowed(connection, error->mtu);
		}
		return;
	}
	/* A handshake fails with it (Linux); afterwards it is but a hint (RFC 5461; RFC 9293, MUST-56). */
	if (connection->state == STATE_SYN_SENT || connection->state == STATE_SYN_RECEIVED)
		connection_end(connection, error->error);
	else
		connection->soft_error = error->error;
}
