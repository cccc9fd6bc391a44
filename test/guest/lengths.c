/* Sizes and pointers that are wrong: what each call says to them. */
#include "guest.h"

#include <sys/mman.h>
#include <sys/uio.h>

static char *page; /* readable; nothing behind it */
enum { PAGE = 4096 };

static void addresses(void)
{
	struct sockaddr_storage room = { 0 };
	struct sockaddr *address = (struct sockaddr *)&room;
	const struct sockaddr_in loopback = guest_address(0);
	static const socklen_t sizes[] = {
		0, 1, 2, 15, 16, 17, 28, 128, 129, 0x7fffffff, 0xffffffff
	};
	memcpy(&room, &loopback, sizeof(loopback));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		printf("%u ", sizes[i]);
		SAY(bind(guest_socket(), address, sizes[i]));
	}
	room.ss_family = AF_INET6;
	SAY(bind(guest_socket(), address, 28));
	room.ss_family = AF_UNIX;
	SAY(connect(guest_socket(), address, 16));
	SAY(bind(guest_socket(), NULL, 16));
	SAY(bind(guest_socket(), (struct sockaddr *)8, 16));
	memcpy(page + PAGE - 16, &loopback, 16);
	SAY(bind(guest_socket(), (struct sockaddr *)(page + PAGE - 16), 16));
	SAY(bind(guest_socket(), (struct sockaddr *)(page + PAGE - 15), 16));
	SAY(connect(guest_socket(), (struct sockaddr *)(page + PAGE - 8), 16));
	SAY(connect(guest_socket(), address, 0xffffffff));
	SAY(connect(guest_socket(), address, 1));
}

static void names(int made)
{
	struct sockaddr_in address;
	unsigned char bytes[128];
	for (int room = 0; room <= 20; room += 5) {
		socklen_t size = (socklen_t)room;
		int written = 0;
		memset(bytes, 0xee, sizeof(bytes));
		MUST(getpeername(made, (struct sockaddr *)(void *)bytes, &size));
		while (written < 128 && !(bytes[written] == 0xee && bytes[written + 1] == 0xee))
			written++;
		printf("room %d: size %u, at most %d written\n", room, size,
		       written <= room ? room : written);
	}
	socklen_t size = 0xffffffff;
	SAY(getsockname(made, (struct sockaddr *)&address, &size));
	size = 16;
	SAY(getsockname(made, NULL, &size));
	SAY(getsockname(made, (struct sockaddr *)&address, NULL));
	SAY(getsockname(made, (struct sockaddr *)(page + PAGE - 8), &size));
	SAY(getpeername(guest_socket(), (struct sockaddr *)&address, &size));
	SAY(getpeername(guest_socket(), NULL, NULL));
	size = 16;
	SAY(getsockname(999, (struct sockaddr *)&address, &size));
	SAY(getsockname(0, (struct sockaddr *)&address, &size));
	SAY(getsockname(-1, (struct sockaddr *)&address, &size));
}

static void options(int made)
{
	int value = 1;
	char bytes[64];
	for (socklen_t room = 0; room < 6; room++) {
		socklen_t size = room;
		printf("%u ", room);
		SAY(setsockopt(made, SOL_SOCKET, SO_KEEPALIVE, &value, room));
		memset(bytes, 0, sizeof(bytes));
		SAY(getsockopt(made, SOL_SOCKET, SO_TYPE, bytes, &size));
		printf("size %u, first %d\n", size, bytes[0]);
	}
	socklen_t size = 0xffffffff;
	SAY(getsockopt(made, SOL_SOCKET, SO_TYPE, &value, &size));
	SAY(setsockopt(made, SOL_SOCKET, SO_KEEPALIVE, &value, 0xffffffff));
	SAY(setsockopt(made, SOL_SOCKET, SO_KEEPALIVE, NULL, 4));
	SAY(setsockopt(made, SOL_SOCKET, SO_KEEPALIVE, &value, 1 << 20));
	size = 4;
	SAY(getsockopt(made, SOL_SOCKET, SO_TYPE, NULL, &size));
	SAY(getsockopt(made, SOL_SOCKET, SO_TYPE, &value, NULL));
	SAY(getsockopt(made, SOL_SOCKET, 9999, &value, &size));
	SAY(setsockopt(made, SOL_SOCKET, 9999, &value, 4));
	SAY(setsockopt(made, IPPROTO_TCP, 9999, &value, 4));
	static const int known[] = { SO_DOMAIN, SO_TYPE, SO_PROTOCOL, SO_ACCEPTCONN, SO_ERROR };
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size = sizeof(value);
		MUST(getsockopt(made, SOL_SOCKET, known[i], &value, &size));
		printf("option %d: %d\n", known[i], value);
	}
}

static void creation(void)
{
	SAY(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	SAY(socket(AF_INET, SOCK_STREAM, -1));
	SAY(socket(AF_INET, SOCK_STREAM, 4096));
	SAY(socket(AF_INET, 0, 0));
	SAY(socket(AF_INET, 11, 0));
	SAY(socket(AF_INET, SOCK_STREAM | 0x100000, 0));
	SAY(socket(AF_UNSPEC, SOCK_STREAM, 0));
	SAY(socket(9999, SOCK_STREAM, 0));
	SAY(socket(-1, SOCK_STREAM, 0));
	int pair[2];
	SAY(socketpair(AF_INET, SOCK_STREAM, 0, pair));
	SAY(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static void acceptance(int connected)
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 5);
	struct sockaddr_storage peer;
	socklen_t size = 4;
	SAY(accept(connected, NULL, NULL));
	SAY(accept(guest_socket(), NULL, NULL));
	SAY(accept4(listener, NULL, NULL, 7));
	SAY(listen(connected, 5));
	SAY(listen(listener, 9));
	SAY(listen(listener, -1));
	guest_connect(&address);
	SAY(accept(listener, (struct sockaddr *)&peer, &size));
	printf("size %u\n", size);
	SAY(connect(listener, (struct sockaddr *)&address, sizeof(address)));
	SAY(shutdown(connected, 7));
	SAY(shutdown(guest_socket(), SHUT_RD));
	SAY(bind(connected, (struct sockaddr *)&address, sizeof(address)));
	SAY(bind(guest_socket(), (struct sockaddr *)&address, sizeof(address)));
}

int main(void)
{
	int ends[2];
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + PAGE, PAGE);
	guest_pair(ends);
	addresses();
	names(ends[0]);
	options(ends[0]);
	creation();
	acceptance(ends[0]);
	return 0;
}
