/* lwip: lwIP's throughput in one process, for comparison with libberth's 1,500-byte frames with checksums.
 *
 *   lwip [-r ROUNDS] [-t MILLISECONDS]
 *
 * The library as Debian builds it (liblwip-dev): a stack a process, so that its two ends are two interfaces of one stack,
 * each connection held to its own. Its raw interface is called from this one thread; tcp_write copies the bytes in, and the
 * receiver copies them out. A packet is copied between the interfaces, as lwIP's own loopback interface does: the sender
 * keeps the buffer it sent for a retransmission. Segments are of 1,460 bytes, and the window is of 64 KiB. */
#include "sides/sample.h"

#include <lwip/init.h>
#include <lwip/ip4.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <lwip/timeouts.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PORT = 7, WRITE_SIZE = 65536, ROUNDS_MOST = 25, FLIGHT_MOST = 256 };

/* A cable: what an interface has sent and the other has not received. */
static struct flight {
	struct pbuf *packet;
	struct netif *to;
} flights[FLIGHT_MOST];
static unsigned first_flight, flight_count;

static struct netif ends[2];
static uint8_t data[WRITE_SIZE];
static uint64_t received;

static err_t transmit(struct netif *from, struct pbuf *packet, const ip4_addr_t *next)
{
	(void)next;
	if (flight_count == FLIGHT_MOST)
		return ERR_MEM;
	struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
	if (!copy)
		return ERR_MEM;
	flights[(first_flight + flight_count++) % FLIGHT_MOST] =
		(struct flight){ copy, from == &ends[0] ? &ends[1] : &ends[0] };
	return ERR_OK;
}

static void deliver_all(void)
{
	while (flight_count) {
		struct flight flight = flights[first_flight];

		first_flight = (first_flight + 1) % FLIGHT_MOST;
		flight_count--;
		ip4_input(flight.packet, flight.to);
	}
}

static err_t init_end(struct netif *end)
{
	end->name[0] = 'e', end->name[1] = 'n';
	end->output = transmit;
	end->mtu = 1500;
	end->flags |= NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

static void add_end(struct netif *end, uint8_t last)
{
	ip4_addr_t address, mask, none = { 0 };

	IP4_ADDR(&address, 10, 77, 0, last);
	IP4_ADDR(&mask, 255, 255, 0, 0);
	netif_add(end, &address, &mask, &none, NULL, init_end, ip4_input);
	netif_set_up(end);
}

static err_t take(void *context, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
	(void)context, (void)error;
	if (!packet)
		return ERR_OK;
	pbuf_copy_partial(packet, data, packet->tot_len, 0);
	received += packet->tot_len;
	tcp_recved(pcb, packet->tot_len);
	pbuf_free(packet);
	return ERR_OK;
}

static err_t accept_one(void *context, struct tcp_pcb *pcb, err_t error)
{
	(void)context, (void)error;
	tcp_recv(pcb, take);
	return ERR_OK;
}

static err_t connected(void *context, struct tcp_pcb *pcb, err_t error)
{
	(void)pcb, (void)error;
	*(bool *)context = true;
	return ERR_OK;
}

static bool listen_on(struct netif *end)
{
	struct tcp_pcb *pcb = tcp_new();

	if (!pcb || tcp_bind(pcb, &end->ip_addr, PORT) != ERR_OK)
		return false;
	tcp_bind_netif(pcb, end);
	pcb = tcp_listen(pcb);
	if (pcb)
		tcp_accept(pcb, accept_one);
	return pcb != NULL;
}

/* NULL: there is no connection. */
static struct tcp_pcb *converse(void)
{
	struct tcp_pcb *pcb = tcp_new();
	bool open = false;

	if (!pcb || !listen_on(&ends[1]))
		return NULL;
	tcp_bind_netif(pcb, &ends[0]);
	tcp_arg(pcb, &open);
	if (tcp_bind(pcb, &ends[0].ip_addr, 0) != ERR_OK ||
	    tcp_connect(pcb, &ends[1].ip_addr, PORT, connected) != ERR_OK)
		return NULL;
	deliver_all();
	return open ? pcb : NULL;
}

/* Bytes a second; 0 where lwIP refused. */
static double stream(struct tcp_pcb *pcb, uint64_t duration_ns)
{
	uint64_t begin = sample_clock(), now = begin, before = received;

	while (now < begin + duration_ns) {
		for (uint64_t most = received + (UINT64_C(4) << 20); received < most;) {
			uint64_t seen = received;
			uint16_t room = (uint16_t)LWIP_MIN(tcp_sndbuf(pcb), 0xffff);

			if (room && tcp_write(pcb, data, room, TCP_WRITE_FLAG_COPY) != ERR_OK)
				return 0;
			tcp_output(pcb);
			deliver_all();
			if (received == seen)
				sys_check_timeouts();
		}
		now = sample_clock();
	}
	return (double)(received - before) * 1e9 / (double)(now - begin);
}

int main(int argc, char **argv)
{
	struct sample figures = { 0 };
	int rounds = 7, milliseconds = 250;

	for (int option; (option = getopt(argc, argv, "r:t:")) != -1;) {
		int number = option == '?' ? 0 : atoi(optarg);
		*(option == 'r' ? &rounds : &milliseconds) = number;
	}
	if (rounds < 1 || rounds > ROUNDS_MOST || milliseconds < 1)
		return 2;
	tcpip_init(NULL, NULL);
	LOCK_TCPIP_CORE();
	add_end(&ends[0], 1);
	add_end(&ends[1], 2);
	struct tcp_pcb *pcb = converse();
	for (int round = 0; pcb && round < rounds; round++)
		sample_add(&figures, stream(pcb, (uint64_t)milliseconds * 1000000));
	UNLOCK_TCPIP_CORE();

	double median = sample_median(&figures);
	if (median > 0)
		printf("%.0f\n", median);
	return median > 0 ? 0 : 1;
}
