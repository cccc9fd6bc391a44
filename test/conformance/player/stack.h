/* stack: the sockets under test, and the wire they are on. There are two: libberth in virtual time (library.c) and the
 * machine's own kernel behind a TUN device (kernel.c).
 *
 * Calls return negative errno. In virtual time they never wait: what would is -EAGAIN (connect: -EINPROGRESS, then
 * -EALREADY), and the caller asks again. The kernel waits by itself. */
#ifndef PLAYER_STACK_H
#define PLAYER_STACK_H

#include "conformance/player/network.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct stack;

/* An IP packet has come out. */
typedef void stack_output(void *context, const uint8_t *packet, size_t size, int64_t time);

struct stack_operations {
	bool waits_by_itself;
	int (*socket)(struct stack *stack, int domain, int type, int protocol);
	int (*bind)(struct stack *stack, int descriptor, const struct sockaddr *address,
		    socklen_t size);
	int (*listen)(struct stack *stack, int descriptor, int backlog);
	int (*accept)(struct stack *stack, int descriptor, struct sockaddr *address,
		      socklen_t *size, int flags);
	int (*connect)(struct stack *stack, int descriptor, const struct sockaddr *address,
		       socklen_t size);
	int (*getsockname)(struct stack *stack, int descriptor, struct sockaddr *address,
			   socklen_t *size);
	int (*getpeername)(struct stack *stack, int descriptor, struct sockaddr *address,
			   socklen_t *size);
	int (*getsockopt)(struct stack *stack, int descriptor, int level, int name, void *value,
			  socklen_t *size);
	int (*setsockopt)(struct stack *stack, int descriptor, int level, int name,
			  const void *value, socklen_t size);
	int (*shutdown)(struct stack *stack, int descriptor, int how);
	int (*close)(struct stack *stack, int descriptor);
	ssize_t (*sendmsg)(struct stack *stack, int descriptor, const struct msghdr *message,
			   int flags);
	ssize_t (*recvmsg)(struct stack *stack, int descriptor, struct msghdr *message, int flags);
	int (*fcntl)(struct stack *stack, int descriptor, int command, int value);
	int (*ioctl)(struct stack *stack, int descriptor, unsigned long request, int *value);
	int (*poll)(struct stack *stack, struct pollfd *polled, int count, int milliseconds);
	int (*epoll_create)(struct stack *stack, int flags);
	int (*epoll_ctl)(struct stack *stack, int epoll, int operation, int descriptor,
			 struct epoll_event *event);
	int (*epoll_wait)(struct stack *stack, int epoll, struct epoll_event *events, int most,
			  int milliseconds);
	bool (*is_blocking)(struct stack *stack, int descriptor);

	void (*input)(struct stack *stack, const uint8_t *packet, size_t size);
	/* Lets time pass, to until at the latest: a step of it, or until a packet comes out. The time it is then. */
	int64_t (*wait)(struct stack *stack, int64_t until);
	/* Where calls wait by themselves, from another thread: wait is to return; and what time it is. */
	void (*wake)(struct stack *stack);
	int64_t (*now)(struct stack *stack);
	/* Runs a command as a shell does; its status. NULL: there is no machine that it would be about. */
	int (*shell)(struct stack *stack, const char *command);
	/* A setting by its name under /proc/sys with dots. False: *outcome says that it is not to be had. */
	bool (*set)(struct stack *stack, const char *name, const char *value, int line,
		    struct outcome *outcome);
	void (*free)(struct stack *stack);
};

struct stack {
	const struct stack_operations *operations;
	stack_output *output;
	void *context;
};

/* Both begin at time 0, with Linux's defaults. NULL: *outcome says why. */
struct stack *library_new(const struct network *network, stack_output *output, void *context,
			  struct outcome *outcome);
struct stack *kernel_new(const struct network *network, stack_output *output, void *context,
			 struct outcome *outcome);

#endif
