/* path: which file a guest means that opens a path, if it is one of those that tell of the network: /proc/net and its other
 * names, what there is of /proc/sys/net (<berth/host.h>), /etc/hosts, /etc/resolv.conf, the files with the host's name. By the text alone: the symbolic links that Linux itself
 * has there are known, others are not followed, and what is reached by them is the machine's. */
#ifndef INQUIRY_PATH_H
#define INQUIRY_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Cheap, for every file that is opened: may it be one of them, by its last name? */
bool path_may_tell(const char *path);

/* An absolute path. NULL: none of them; else a name for it, good for ever: "net/tcp", "etc/hosts" ..., or a sysctl's, "net.ipv4.tcp_sack". */
const char *path_tells(const char *path);

#endif
