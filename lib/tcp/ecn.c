#include "tcp/ecn.h"

#include "tcp/tcp.h"
#include "wire/tcp.h"

enum {
	QUICK = 2
}; /* so many are acknowledged at once: the sender's window may be that small (Linux's number) */

static uint8_t both(const struct tcp_header *header)
{
	return header->flags & (TCP_ECE | TCP_CWR);
}

uint8_t ecn_offer(struct tcp_connection *connection)
{
	const struct tcp_tunables *tunables = &connection->tcp->tunables;
	struct ecn *ecn = &connection->ecn;

	if (connection->state != STATE_SYN_SENT)
		return ecn->agreed ? TCP_ECE : 0;
	/* A SYN that asks may be what somebody on the way drops (6.1.1.1; Linux's tcp_ecn_fallback). */
	bool again = connection->snd_nxt != connection->iss;
	if (tunables->ecn != ECN_ASK || (again && tunables->ecn_fallback))
		return 0;
	ecn->asked = true;
	return TCP_ECE | TCP_CWR;
}

void ecn_agree(struct tcp_connection *connection, const struct tcp_header *header, uint8_t tos)
{
	struct ecn *ecn = &connection->ecn;

	if (header->flags & TCP_ACK)
		ecn->agreed = ecn->asked && both(header) == TCP_ECE;
	else if (connection->state == STATE_SYN_SENT) /* both opened at once */
		ecn->agreed = ecn->asked && both(header) == (TCP_ECE | TCP_CWR);
	else /* a SYN must not be capable itself (6.1.1): such a network lies (Linux does this too) */
		ecn->agreed = connection->tcp->tunables.ecn != ECN_OFF &&
			      both(header) == (TCP_ECE | TCP_CWR) &&
			      (tos & ECN_MASK) == ECN_NOT_CAPABLE;
}

static void acknowledge_quickly(struct tcp_connection *connection)
{
	connection->interactive = false;
	if (connection->quick_acks < QUICK)
		connection->quick_acks = QUICK;
}

void ecn_take(struct tcp_connection *connection, const struct tcp_header *header, uint8_t tos)
{
	struct ecn *ecn = &connection->ecn;

	if (!ecn->agreed)
		return;
	if (header->flags & TCP_CWR) {
		ecn->echoes = false;
		connection->ack_now = true; /* its window may be a single segment */
	}
	switch (tos & ECN_MASK) {
	case ECN_NOT_CAPABLE:
		if (ecn->seen) /* sent again, probably: they wait for what follows */
			acknowledge_quickly(connection);
		break;
	case ECN_MARKED:
		if (!ecn->echoes)
			acknowledge_quickly(connection);
		ecn->echoes = true;
		ecn->seen = true;
		break;
	default:
		ecn->seen = true;
	}
}

bool ecn_is_echoed(const struct tcp_connection *connection, const struct tcp_header *header)
{
	return connection->ecn.agreed && (header->flags & (TCP_ECE | TCP_SYN)) == TCP_ECE;
}

uint8_t ecn_mark(const struct tcp_connection *connection)
{
	return connection->ecn.agreed ? ECN_CAPABLE : ECN_NOT_CAPABLE;
}

uint8_t ecn_flags(const struct tcp_connection *connection)
{
	return connection->ecn.echoes ? TCP_ECE : 0;
}

uint8_t ecn_data_flags(struct tcp_connection *connection)
{
	if (!connection->ecn.agreed || !connection->congestion.unannounced)
		return 0;
	connection->congestion.unannounced = false;
	return TCP_CWR;
}
