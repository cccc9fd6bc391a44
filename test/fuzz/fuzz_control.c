/* fuzz_control: the input is what two supervisors and their guests do: messages to the daemon, well formed about sockets
 * that exist as well as raw, and in between guests that write, read, shut down and close. The daemon runs in this
 * process, without a door.
 *
 * What must hold: no promise is broken (sanitizers, assert in the library), and nothing is left open. */
#include "control/control.h"
#include "daemon/capture.h"
#include "daemon/daemon.h"
#include "daemon/host.h"
#include "daemon/session.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SUPERVISORS = 2, GUESTS = 8, STEPS_MOST = 200 };

struct guest {
	int descriptor; /* -1: none */
	uint64_t inode;
};

struct script {
	const uint8_t *at;
	size_t left;
};

struct world {
	struct daemon *daemon;
	int supervisors[SUPERVISORS];
	struct guest guests[GUESTS];
	struct carrier_name last_name; /* of what was accepted last */
};

static uint8_t next(struct script *script)
{
	if (script->left == 0)
		return 0;
	script->left--;
	return *script->at++;
}

static int visit(struct daemon *daemon)
{
	int ends[2];
	const struct control_header hello = { .kind = CONTROL_HELLO, .a = CONTROL_VERSION };
	const struct control_header join = { .kind = CONTROL_JOIN, .size = 2 };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) < 0)
		abort();
	session_begin(daemon, ends[1]);
	control_send(ends[0], &hello, NULL, -1);
	control_send(ends[0], &join, "{}", -1);
	return ends[0];
}

static void drain(int supervisor)
{
	static struct control_message message;
	int descriptor;

	while (control_receive(supervisor, &message, &descriptor) > 0)
		if (descriptor >= 0)
			close(descriptor);
}

static void set_guest(struct guest *guest, int descriptor)
{
	if (guest->descriptor >= 0)
		close(guest->descriptor);
	*guest = (struct guest){ .descriptor = descriptor };
	if (descriptor >= 0 &&
	    (carrier_mark(descriptor) < 0 || !carrier_is(descriptor, &guest->inode)))
		abort();
}

static void make_socket(struct world *world, int supervisor, struct guest *guest)
{
	int type = guest == &world->guests[GUESTS - 1] ? SOCK_DGRAM : SOCK_STREAM;

	set_guest(guest, socket(AF_UNIX, type | SOCK_NONBLOCK, 0));
	const struct control_header header = {
		.kind = CONTROL_SOCKET, .inode = guest->inode, .a = AF_INET, .b = type
	};
	control_send(world->supervisors[supervisor], &header, NULL, guest->descriptor);
}

/* 10.77.0.1 or .2, or 127.0.0.1, or nobody; one of four ports. */
static struct sockaddr_in address_of(uint8_t choice)
{
	static const uint32_t addresses[] = { 0x0a4d0001, 0x0a4d0002, 0x7f000001, 0x0a4d0909 };

	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(80 + (choice >> 2 & 3))),
		.sin_addr.s_addr = htonl(addresses[choice & 3]),
	};
}

/* Any kind about any guest, with small numbers and the script's own data or an address. */
static void send_message(struct world *world, struct script *script, struct guest *guest,
			 const struct guest *listener)
{
	uint8_t flags = next(script);
	struct sockaddr_in address = address_of(next(script));
	struct control_header header = {
		.kind = next(script) % (CONTROL_GROUPS + 2),
		.id = next(script) & 3,
		.inode = guest->inode,
		.a = (int8_t)next(script),
		.b = (int8_t)next(script),
		.c = (int8_t)next(script),
		.size = sizeof address,
	};
	uint8_t datagram[CONTROL_ADDRESS_ROOM + 16] = { 0 };
	const void *data = &address;

	if (header.kind == CONTROL_ACCEPTED && (flags & 1)) {
		header.b = (int32_t)(uint32_t)world->last_name.connection;
		header.c = 0;
		header.inode = listener->inode;
		header.size = sizeof guest->inode;
		data = &guest->inode;
	} else if (header.kind == CONTROL_SENDTO && (flags & 1)) {
		memcpy(datagram, &address, sizeof address);
		header.a = sizeof address;
		header.c = 0;
		header.size = CONTROL_ADDRESS_ROOM + (flags >> 4);
		data = datagram;
	} else if (flags & 2) {
		header.size = next(script) < script->left ? script->at[0] : 0;
		header.size = header.size < script->left ? header.size : (uint32_t)script->left;
		data = script->at;
		script->at += header.size;
		script->left -= header.size;
	}
	control_send(world->supervisors[flags >> 2 & 1], &header, data,
		     (flags & 8) ? guest->descriptor : -1);
}

static void accept_next(struct world *world, struct guest *listener, struct guest *made)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof from;
	int accepted =
		accept4(listener->descriptor, (struct sockaddr *)&from, &size, SOCK_NONBLOCK);

	if (accepted < 0 || !carrier_name_read(&from, size, &world->last_name)) {
		if (accepted >= 0)
			close(accepted);
		return;
	}
	set_guest(made, accepted);
}

static void guest_acts(struct script *script, struct guest *guest)
{
	static uint8_t bytes[65536];
	uint8_t what = next(script);
	size_t size = (size_t)next(script) << (what >> 4);

	switch (what & 3) {
	case 0:
		send(guest->descriptor, bytes, size < sizeof bytes ? size : sizeof bytes,
		     MSG_NOSIGNAL | MSG_DONTWAIT | ((what & 4) ? MSG_OOB : 0));
		break;
	case 1:
		recv(guest->descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
		break;
	case 2:
		shutdown(guest->descriptor, what >> 2 & 3);
		break;
	default:
		set_guest(guest, -1);
	}
}

static void step(struct world *world, struct script *script)
{
	uint8_t what = next(script);
	struct guest *guest = &world->guests[what >> 4 & (GUESTS - 1)];
	struct guest *other = &world->guests[next(script) & (GUESTS - 1)];
	int supervisor = what >> 3 & 1;

	switch (what & 7) {
	case 0:
	case 1:
		make_socket(world, supervisor, guest);
		break;
	case 2:
		accept_next(world, guest, other);
		break;
	case 3:
		guest_acts(script, guest);
		break;
	case 4:
		if (other == &world->guests[7]) {
			close(world->supervisors[supervisor]);
			world->supervisors[supervisor] = visit(world->daemon);
		}
		break;
	default:
		send_message(world, script, guest, other);
	}
	for (int i = 0; i < 2; i++)
		daemon_round(world->daemon, 0);
	drain(world->supervisors[0]);
	drain(world->supervisors[1]);
}

static int lowest_free(void)
{
	int descriptor = dup(STDERR_FILENO);

	close(descriptor);
	return descriptor;
}

/* One daemon serves all inputs, since the kernel takes milliseconds to close an inotify: each finds it as it was. */
static struct daemon *the_daemon(void)
{
	static struct daemon daemon;
	static bool is_open;

	if (!is_open && daemon_open(&daemon, "fuzz") < 0)
		abort();
	is_open = true;
	return &daemon;
}

static void clean_up(struct world *world)
{
	struct daemon *daemon = world->daemon;

	for (int i = 0; i < GUESTS; i++)
		set_guest(&world->guests[i], -1);
	for (int i = 0; i < SUPERVISORS; i++)
		close(world->supervisors[i]);
	for (int i = 0; i < 2; i++)
		daemon_round(daemon, 0);
	captures_end(daemon);
	while (!TAILQ_EMPTY(&daemon->sessions))
		session_end(TAILQ_FIRST(&daemon->sessions));
	while (!TAILQ_EMPTY(&daemon->hosts))
		host_free(TAILQ_FIRST(&daemon->hosts));
	loop_free_buried(&daemon->loop);
	if (daemon->carriers.count > 0 || daemon->connections.count > 0)
		abort();
	daemon->going_down = daemon->ended = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = { .daemon = the_daemon() };
	struct script script = { data, size };
	int lowest = lowest_free();

	for (int i = 0; i < GUESTS; i++)
		world.guests[i].descriptor = -1;
	for (int i = 0; i < SUPERVISORS; i++)
		world.supervisors[i] = visit(world.daemon);
	for (int i = 0; i < STEPS_MOST && script.left > 0; i++)
		step(&world, &script);
	clean_up(&world);
	if (lowest_free() != lowest) /* something was left open */
		abort();
	return 0;
}
