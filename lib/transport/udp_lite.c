#include "transport/udp_lite.h"

#include "wire/checksum.h"
#include "wire/ipv4.h"

enum { CHUNK = 512 }; /* bytes added up at once; even */

/* The length of the pseudo header is the whole packet's, however much is covered (RFC 3828, 3.1). */
static uint16_t sum_of(const struct address *source, const struct address *destination,
		       const struct frame *frame, uint32_t covered)
{
	struct checksum checksum = { 0 };
	uint8_t chunk[CHUNK];

	checksum_add_pseudo(&checksum, source, destination, PROTOCOL_UDP_LITE, frame_size(frame));
	for (uint32_t at = 0; at < covered; at += CHUNK) {
		uint32_t size = covered - at < CHUNK ? covered - at : CHUNK;
		frame_copy_out(frame, at, chunk, size);
		checksum_add(&checksum, (struct bytes){ chunk, size });
	}
	return checksum_finish(&checksum);
}

enum verdict udp_lite_judge(const struct ip_packet *packet, struct udp_header *header,
			    uint32_t *covered)
{
	const struct frame *frame = packet->frame;
	struct bytes head = frame_head(frame);

	if (head.size < UDP_HEADER_SIZE)
		return DROP_MALFORMED;
	*header = (struct udp_header){ .source_port = get16(head.at),
				       .destination_port = get16(head.at + 2),
				       .size = get16(head.at + 4),
				       .checksum = get16(head.at + 6) };
	*covered = header->size ? header->size : frame_size(frame); /* 0: all of it */
	if (*covered < UDP_HEADER_SIZE || *covered > frame_size(frame))
		return DROP_MALFORMED;
	if (header->checksum == 0) /* there always is one */
		return DROP_CHECKSUM;
	return sum_of(&packet->source, &packet->destination, frame, *covered) == 0 ? DELIVERED
										   : DROP_CHECKSUM;
}

bool udp_lite_takes(const struct udp_socket *socket, uint32_t size, uint32_t covered)
{
	const struct udp_settings *settings = &socket->settings;

	if (!settings->judges_coverage || covered == size)
		return true;
	return settings->receive_coverage > 0 && covered >= settings->receive_coverage;
}

void udp_lite_write(const struct udp_socket *socket, const struct address *source,
		    const struct endpoint *peer, struct frame *frame)
{
	uint32_t size = UDP_HEADER_SIZE + frame_size(frame);
	uint32_t asked = socket->settings.send_coverage;
	uint32_t covered = asked > 0 && asked < size ? asked : size;
	uint8_t *at = frame_push(frame, UDP_HEADER_SIZE);

	udp_write(at, &(struct udp_header){ .source_port = socket->holder.local.port,
					    .destination_port = peer->port,
					    .size = (uint16_t)covered });
	uint16_t checksum = sum_of(source, &peer->address, frame, covered);
	put16(at + 6, checksum ? checksum : UINT16_MAX);
}

bool udp_lite_init(struct udp *lite, struct ip *ip, const uint8_t seed[16],
		   const struct udp_config *config)
{
	if (!udp_begin(lite, ip, seed, config))
		return false;
	lite->lite = true;
	ip_register(
		ip, PROTOCOL_UDP_LITE,
		&(struct ip_protocol){ .input = udp_input, .error = udp_error, .context = lite });
	return true;
}
