/* calls: what is done about each trapped call: one table in calls.c, a function a call, in the files named here. Each is
 * handed a call whose descriptor is a duplicate of a carrier (but those of create.c and files.c), and sees to it that it
 * ends. */
#ifndef SUPERVISOR_CALLS_H
#define SUPERVISOR_CALLS_H

#include "supervisor/call.h"

/* Receives what waits at the notification descriptor, and begins each. */
void calls_receive(struct supervisor *supervisor);

call_step call_socket; /* create.c */

call_step call_bind; /* names.c */
call_step call_listen;
call_step call_getsockname;
call_step call_getpeername;
call_step call_shutdown;

call_step call_connect; /* connect.c */
/* connect() on a descriptor that is none of ours: native, but for the sockets of name services. */
call_step call_connect_elsewhere;

call_step call_accept; /* accept.c */
call_step call_accept4;
/* Closes connections that nobody took back in time. */
void accept_drop_returned(struct supervisor *supervisor, uint64_t now);

call_step call_getsockopt; /* options.c */
call_step call_setsockopt;

call_step call_sendto; /* send.c */
call_step call_sendmsg;
call_step call_sendmmsg;

call_step call_recvfrom; /* receive.c */
call_step call_recvmsg;
call_step call_recvmmsg;

call_step call_datagram_sendto; /* datagram_send.c: the same on carriers of datagrams */
call_step call_datagram_sendmsg;
call_step call_datagram_sendmmsg;
/* Something that may change where datagrams go is asked of that socket. */
void datagram_forget_sure(struct supervisor *supervisor, uint64_t inode);

call_step call_datagram_recvfrom; /* datagram_receive.c */
call_step call_datagram_recvmsg;
call_step call_datagram_recvmmsg;

call_step call_datagram_connect; /* names.c */
call_step call_datagram_accept;

call_step call_open; /* files.c */
call_step call_openat;
call_step call_openat2;
call_step call_uname;

call_step call_mmap; /* map.c */
/* A call of the guest's waits: its carriers that have lent their places get them back. */
void map_put_back(struct supervisor *supervisor, const struct call *call);

call_step call_ioctl; /* requests.c */
call_step call_ioctl_elsewhere;

#endif
