/* group_options: the options of a datagram socket that are about groups, as rows of datagram_options and
 * ipv6_options name them: those of RFC 1112's interface and RFC 3493's, and of both RFC 3678's (source_options.c). */
#ifndef SOCKET_GROUP_OPTIONS_H
#define SOCKET_GROUP_OPTIONS_H

#include "socket/option.h"

int get_group_ttl(struct socket *socket, void *value, socklen_t *size);
int set_group_ttl(struct socket *socket, const void *value, socklen_t size);
int get_group_loop(struct socket *socket, void *value, socklen_t *size);
int set_group_loop(struct socket *socket, const void *value, socklen_t size);
int get_group_all(struct socket *socket, void *value, socklen_t *size);
int set_group_all(struct socket *socket, const void *value, socklen_t size);
int get_group_interface(struct socket *socket, void *value, socklen_t *size);
int set_group_interface(struct socket *socket, const void *value, socklen_t size);
int get_group_hops(struct socket *socket, void *value, socklen_t *size);
int set_group_hops(struct socket *socket, const void *value, socklen_t size);
int get_group_loop6(struct socket *socket, void *value, socklen_t *size);
int set_group_loop6(struct socket *socket, const void *value, socklen_t size);
int get_group_all6(struct socket *socket, void *value, socklen_t *size);
int set_group_all6(struct socket *socket, const void *value, socklen_t size);
int get_group_interface6(struct socket *socket, void *value, socklen_t *size);
int set_group_interface6(struct socket *socket, const void *value, socklen_t size);

/* They have no getter. */
int set_add_membership(struct socket *socket, const void *value, socklen_t size);
int set_drop_membership(struct socket *socket, const void *value, socklen_t size);
int set_add_source_membership(struct socket *socket, const void *value, socklen_t size);
int set_drop_source_membership(struct socket *socket, const void *value, socklen_t size);
int set_block_source(struct socket *socket, const void *value, socklen_t size);
int set_unblock_source(struct socket *socket, const void *value, socklen_t size);
int set_join_group(struct socket *socket, const void *value, socklen_t size);
int set_leave_group(struct socket *socket, const void *value, socklen_t size);
int set_join_source_group(struct socket *socket, const void *value, socklen_t size);
int set_leave_source_group(struct socket *socket, const void *value, socklen_t size);
int set_group_block_source(struct socket *socket, const void *value, socklen_t size);
int set_group_unblock_source(struct socket *socket, const void *value, socklen_t size);
int set_add_membership6(struct socket *socket, const void *value, socklen_t size);
int set_drop_membership6(struct socket *socket, const void *value, socklen_t size);
int set_join_group6(struct socket *socket, const void *value, socklen_t size);
int set_leave_group6(struct socket *socket, const void *value, socklen_t size);
int set_join_source_group6(struct socket *socket, const void *value, socklen_t size);
int set_leave_source_group6(struct socket *socket, const void *value, socklen_t size);
int set_group_block_source6(struct socket *socket, const void *value, socklen_t size);
int set_group_unblock_source6(struct socket *socket, const void *value, socklen_t size);

/* Their getters read what is asked for in the value. */
int get_old_filter(struct socket *socket, void *value, socklen_t *size);
int set_old_filter(struct socket *socket, const void *value, socklen_t size);
int get_group_filter(struct socket *socket, void *value, socklen_t *size);
int set_group_filter(struct socket *socket, const void *value, socklen_t size);
int get_group_filter6(struct socket *socket, void *value, socklen_t *size);
int set_group_filter6(struct socket *socket, const void *value, socklen_t size);

#endif
