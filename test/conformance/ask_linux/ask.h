/* ask: the same question put to two systems of sockets, the machine's kernel and libberth, over 127.0.0.1. A question makes
 * calls and says what they answered, line by line; the lines are compared. */
#ifndef ASK_LINUX_ASK_H
#define ASK_LINUX_ASK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { LINES_MOST = 4096, LINE_SIZE = 120 };

/* Calls as <berth/socket.h> has them: negative errno, nothing blocks. */
struct calls {
	const char *name;
	int (*socket)(void *context, int domain, int type, int protocol);
	int (*bind)(void *context, int descriptor, const struct sockaddr *address, socklen_t size);
	int (*listen)(void *context, int descriptor, int backlog);
	int (*accept)(void *context, int descriptor, struct sockaddr *address, socklen_t *size);
	int (*connect)(void *context, int descriptor, const struct sockaddr *address,
		       socklen_t size);
	int (*getsockname)(void *context, int descriptor, struct sockaddr *address,
			   socklen_t *size);
	int (*getpeername)(void *context, int descriptor, struct sockaddr *address,
			   socklen_t *size);
	int (*getsockopt)(void *context, int descriptor, int level, int name, void *value,
			  socklen_t *size);
	int (*setsockopt)(void *context, int descriptor, int level, int name, const void *value,
			  socklen_t size);
	int (*shutdown)(void *context, int descriptor, int how);
	int (*close)(void *context, int descriptor);
	ssize_t (*send)(void *context, int descriptor, const void *data, size_t size, int flags);
	ssize_t (*recv)(void *context, int descriptor, void *data, size_t size, int flags);
	ssize_t (*sendmsg)(void *context, int descriptor, const struct msghdr *message, int flags);
	ssize_t (*recvmsg)(void *context, int descriptor, struct msghdr *message, int flags);
	int (*poll)(void *context, int descriptor);
	/* Waits until what was sent has arrived and was answered. */
	void (*settle)(void *context);
};

/* One system, being asked. */
struct asked {
	const struct calls *calls;
	void *context;
	const char *question;
	unsigned count;
	char lines[LINES_MOST][LINE_SIZE];
};

struct question {
	const char *name;
	void (*ask)(struct asked *asked);
};

/* The questions, a file a theme; each table ends with a NULL. */
extern const struct question questions_about_beginnings[];
extern const struct question questions_about_connecting[];
extern const struct question questions_about_streams[];
extern const struct question questions_about_ports[];
extern const struct question questions_about_options[];
extern const struct question questions_about_datagrams[];
extern const struct question questions_about_groups[];

/* A line: what was called, and what it answered: a number, or an errno by name. */
void say(struct asked *asked, const char *what, long answer);
void say_text(struct asked *asked, const char *what, const char *text);
/* The bits of poll(2), by name. */
void say_poll(struct asked *asked, const char *what, int descriptor);
/* SO_ERROR. */
void say_error(struct asked *asked, const char *what, int descriptor);
/* What a read of up to 16 bytes gives. */
void say_recv(struct asked *asked, const char *what, int descriptor, int flags);
void say_send(struct asked *asked, const char *what, int descriptor, const char *text, int flags);
/* Poll, SO_ERROR, a read and a write, one after the other. */
void say_all(struct asked *asked, const char *what, int descriptor);

struct sockaddr_in name_of(uint32_t address, uint16_t port);

/* The calls, shorter. */
int ask_socket(struct asked *asked);
int ask_bind(struct asked *asked, int descriptor, uint32_t address, uint16_t port);
int ask_connect(struct asked *asked, int descriptor, uint32_t address, uint16_t port);
int ask_unspecific(struct asked *asked, int descriptor);
int ask_set(struct asked *asked, int descriptor, int level, int name, int value);
int ask_accept(struct asked *asked, int descriptor);
int ask_listen(struct asked *asked, int descriptor, int backlog);
int ask_shutdown(struct asked *asked, int descriptor, int how);
void ask_close(struct asked *asked, int descriptor);
/* Closes with SO_LINGER of 0. */
void ask_abort(struct asked *asked, int descriptor);
void ask_settle(struct asked *asked);
uint16_t ask_port(struct asked *asked, int descriptor);
/* A port of 127.0.0.1 that nobody listens on. */
uint16_t ask_free_port(struct asked *asked);
/* Listens on 127.0.0.1. */
int ask_listener(struct asked *asked, int backlog);

struct pair {
	int listener, client, server;
};

struct pair ask_pair(struct asked *asked);
void ask_close_pair(struct asked *asked, const struct pair *pair);

/* The two systems. */
extern const struct calls linux_calls;
extern const struct calls berth_calls;
void *berth_system_new(void);
void berth_system_free(void *context);

#endif
