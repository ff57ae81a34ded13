// SPDX-License-Identifier: Apache-2.0
#ifndef EALSHIM_SERVER_PORT_H
#define EALSHIM_SERVER_PORT_H

#include <stdbool.h>

/*
 * Whether the EAL argument `arg` makes the device `name` a vhost-user server: a virtio-user port that waits for its
 * backend, and again for the next one after that has gone. Takes `--vdev=…` and the device alone, as after `--vdev`.
 */
bool server_port_made_by(const char *arg, const char *name);

#endif
