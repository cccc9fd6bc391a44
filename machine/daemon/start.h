/* start: finding a LAN's daemon, or starting it. */
#ifndef DAEMON_START_H
#define DAEMON_START_H

/* Connects to the LAN's daemon, starting it in the background where none runs: the control socket after its hello, or a
 * negative errno. Call it before becoming a subreaper, or the daemon counts among one's own descendants. */
int daemon_start(const char *lan);

#endif
