/* control: what the daemon and everybody who talks to it say to each other, over one SOCK_SEQPACKET socket in the user's
 * own directory: a supervisor for its guests' calls, a command for its question.
 *
 * A message is a header and size bytes of data, sometimes with one descriptor beside it (SCM_RIGHTS). A request that has
 * a reply gets exactly one, of the same kind and id, a being the result: 0 or more, or a negative errno. Requests without
 * a reply say so. The order of one connection's requests is the order in which they take effect: a supervisor may send
 * CONTROL_SOCKET, give the guest its descriptor at once, and still be sure that any later call finds the socket.
 *
 * A guest's socket is named by the inode of its carrier (fstat of the descriptor), never by process and number. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	CONTROL_VERSION = 3,
	CONTROL_DATA_MOST =
		66560,          /* the largest datagram, and what goes before it: CONTROL_SENDTO */
	CONTROL_NAME_MOST = 63, /* bytes of a host's or a LAN's name: a DNS label */
};

enum control_kind {
	/* First on every connection: a is CONTROL_VERSION. Reply: 0, or -EPROTO (data: a sentence that says what to do). */
	CONTROL_HELLO = 1,

	/* A supervisor joins: data is a JSON object { "name": string or absent (one is chosen: host1, host2 ...), "ip": string
	 * or absent, "exec": true to join a host that exists, "sysctl": ["KEY=VALUE" ...], which a new host begins with,
	 * "command": [strings], "pid": the guest's parent }. Reply: 0
	 * and data { "name", "ip", "lan" }; or an error and data: a sentence that says what to do. From then on the
	 * connection is that session: calls are about its host, and its end is the session's end. */
	CONTROL_JOIN,

	/* Calls of guests. */
	CONTROL_SOCKET, /* inode; a domain (AF_NETLINK too), b type (without flags), c protocol; data: uint32_t, the thread that
			 * makes it; descriptor: the carrier. No reply. */
	CONTROL_BIND,   /* inode; data: sockaddr */
	CONTROL_LISTEN, /* inode; a backlog; descriptor: the carrier (to be made a listener) */
	CONTROL_CONNECT, /* inode; a: 1 when the guest does not wait; data: sockaddr; descriptor: the carrier. A guest that
			      * waits gets its reply at the handshake's end; one that does not, -EINPROGRESS or an error now. */
	CONTROL_CONNECT_LEFT, /* id of a CONNECT that waits: its guest was interrupted or has gone; b: 1 the guest lives, so the
			       * handshake goes on as if it had not waited; 0: it has gone. No reply; and none to that CONNECT
			       * any more, unless one was on its way already. */
	CONTROL_ACCEPTED, /* inode: the listener's; a: bytes that the supervisor wrote into the accepted carrier first, which are
			   * no part of the stream (daemon/pump.h says what for); b, c: low and high half of the carrier's
			   * connection number (see carrier_name); data: uint64_t, the accepted carrier's inode. No reply. */
	CONTROL_GETSOCKNAME, /* inode. Reply data: sockaddr */
	CONTROL_GETPEERNAME,
	CONTROL_GETSOCKOPT, /* inode; a level, b name, c the guest's length; data: the value's first four bytes, of SOL_PACKET.
			      * Reply: data: the value */
	CONTROL_SETSOCKOPT, /* inode; a level, b name; data: the value; of SO_ATTACH_FILTER the instructions */
	CONTROL_SHUTDOWN, /* inode; a how. Reply 0: the supervisor then does the same shutdown on the carrier;
			      * 1: done here, leave the carrier alone (a listener) */
	CONTROL_RETIRE, /* inode: the carrier of a connect that failed is to be replaced by the one that comes as descriptor,
			      * so that the guest may try again. Reply 0. */

	/* Questions of commands. The reply's data is JSON text in pieces: a is 1 while more follow, 0 with the last. */
	CONTROL_HOSTS, /* ps: [ { "name", "ip", "ip6", "mac", "pids": [...], "command", "sockets", "started" } ] */
	CONTROL_SOCKETS, /* ss: [ { "host", "netid": "tcp", "state", "recv_q", "send_q", "local", "local_port", "peer",
			  * "peer_port" } ] */
	CONTROL_CAPTURE, /* data: { "hosts": [names] }; descriptor: where to write, a stream socket's end. Reply 0, or an
			  * error and a sentence. It goes on until the other end closes. */
	CONTROL_DOWN, /* Ends every guest of the LAN, then the daemon. Reply 0 when all sessions have gone. To supervisors
			  * the daemon sends this kind itself, id 0: end your guests. No reply. */

	/* berth run inside a guest: data { "name", "ip", "exec", "sysctl", "command", "environment", "directory" }, descriptor: one end of a
	 * channel (see supervisor/channel.h). The daemon hands it, descriptor and all, to a supervisor of the asking
	 * guest's host ("host" in data), which starts a session outside the guest's filter. Reply 0 or an error. */
	CONTROL_SPAWN,

	/* A guest's datagram that a native call could not take. inode; a: bytes of its address, -1: it has none; b: flags; c: bytes of
	 * its control messages; data: the address in a field of CONTROL_ADDRESS_ROOM bytes, the control messages, the
	 * payload. Reply: bytes sent, or an error. Data beside the reply (one byte) says: nothing can go wrong with more to the
	 * same address, of CONTROL_SURE_MOST bytes at most and without flags, as long as nothing else is asked of the socket.
	 * They may come with id 0, and get no reply. */
	CONTROL_SENDTO,

	/* MSG_ERRQUEUE. inode; a: bytes of payload wanted. Reply: how many there are, or an error; data: a struct
	 * carrier_origin, then they. */
	CONTROL_FAILURE,

	/* A guest maps its packet socket's ring (daemon/ring.h). HOLD: inode; descriptor: the carrier, which the daemon holds as
	 * long as the mapping lives. No reply. MAP, after it: inode; data: uint64_t, bytes; descriptor: the memory. Reply 0. */
	CONTROL_RING_HOLD,
	CONTROL_RING_MAP,

	/* Another question of commands, as CONTROL_SOCKETS: ss --groups. [ { "host", "interface", "group", "users" } ] */
	CONTROL_GROUPS,

	/* A guest's ioctl about the network. inode: the carrier's, or 0 (a socket of the machine's own); a: the request; data: a
	 * struct ifreq, where it has one. Reply data: what is to be written there; of SIOCGIFCONF all rows. */
	CONTROL_REQUEST,

	/* A guest opens a file that tells of the network. data: its name, as inquiry/path.h has it. Reply: 0 and a descriptor; or
	 * an error. */
	CONTROL_FILE,

	/* Another question of commands: data { "host", "words": ["KEY" or "KEY=VALUE" ...] }. What is to be set is set; reply
	 * [ { "key", "value" } ] of each that was named, of all where none was; or an error and a sentence. */
	CONTROL_SYSCTL,
};

enum {
	CONTROL_ADDRESS_ROOM = 32,
	CONTROL_SURE_MOST = 1472, /* payload that no MTU of the LAN is too small for */
};

struct control_header {
	uint32_t kind;
	uint32_t id; /* the asker's choice; echoed */
	uint64_t inode;
	int32_t a, b, c;
	uint32_t size; /* of the data behind */
};

struct control_message {
	struct control_header header;
	uint8_t data[CONTROL_DATA_MOST];
};

/* Sends one message, descriptor -1 for none (it stays the caller's). 0, or a negative errno: -EAGAIN on a socket that does
 * not block. */
int control_send(int socket, const struct control_header *header, const void *data, int descriptor);

/* Receives one message: its size in all, 0 at the end, or a negative errno; -EBADMSG for what is no message. *descriptor
 * is -1 or the caller's to close. What more descriptors a stranger sent are closed. */
ptrdiff_t control_receive(int socket, struct control_message *message, int *descriptor);

/* Writes the path of that LAN's socket: $XDG_RUNTIME_DIR/berth/<lan>.sock, or berth-<uid>/<lan>.sock in $TMPDIR or /tmp.
 * make: the directory is made, 0700. 0; -EINVAL (no name for a LAN); -EPERM (the directory is somebody else's or open to
 * others); -ENAMETOOLONG; or what mkdir says. */
int control_path(const char *lan, char *path, size_t size, int make);

/* Is it a name that a host or a LAN can have: letters, digits and inner hyphens, a DNS label? */
int control_name_holds(const char *name);

/* Connects, checks that the other end is this user's own, says hello. The socket, or a negative errno: -ENOENT and
 * -ECONNREFUSED when no daemon runs. */
int control_connect(const char *lan);

/* The abstract AF_UNIX name under which the daemon connects to a guest's listener: it tells the supervisor whose accept it
 * serves who the peer is, without asking. */
struct carrier_name {
	uint64_t connection;          /* a number of the daemon's, never used twice */
	struct sockaddr_storage peer; /* of the connection */
	struct sockaddr_storage local;
};

/* Unguessable by chance, bound to this daemon by its pid; the supervisor checks SO_PEERCRED as well. The size for bind, or
 * false where the name is none of these. */
socklen_t carrier_name_write(const struct carrier_name *name, struct sockaddr_storage *address);
int carrier_name_read(const struct sockaddr_storage *address, socklen_t size,
		      struct carrier_name *name);

/* Whom a datagram in a guest's carrier is from, and what it is to be told beside it. It comes as a descriptor of a file that
 * holds this (SCM_RIGHTS), so that a guest's native read gets the payload and nothing else. A datagram without one is from the
 * peer that the socket is connected to. */
struct carrier_origin {
	uint32_t address_size;
	uint32_t control_size;
	uint8_t address[CONTROL_ADDRESS_ROOM];
	_Alignas(struct cmsghdr) uint8_t control[216]; /* control messages as recvmsg(2) has them */
};

/* A carrier is known by the sticky bit of its inode's mode, which nothing else sets on a socket; the mode's last digit is its
 * type. */
int carrier_mark(int descriptor);
/* The type (SOCK_STREAM ...), and *inode, where the descriptor is a carrier; else 0 is returned. */
int carrier_is(int descriptor, uint64_t *inode);

#endif
