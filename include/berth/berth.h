/* berth.h: all of libberth. */
#ifndef BERTH_BERTH_H
#define BERTH_BERTH_H

#include <berth/host.h>
#include <berth/lan.h>
#include <berth/observe.h>
#include <berth/socket.h>

#define BERTH_VERSION "0.1.0"

#endif
