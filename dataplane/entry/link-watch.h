// SPDX-License-Identifier: Apache-2.0
#ifndef ENTRY_LINK_WATCH_H
#define ENTRY_LINK_WATCH_H

#include <stddef.h>

/*
 * Starts a small process beside the program that this one is about to become, where `args` have an interface with a
 * socket of its own. It asks the program for the state of its links, by DPDK's telemetry, until one was lost and came back.
 *
 * Why: virtio-user only notices that its backend is gone when it is asked for the link, or where the program wants to hear
 * of changes of it (intr_conf.lsc), as testpmd does and l3fwd does not. Unasked, it never listens again, and a backend
 * that was started anew waits for ever. After the first time the driver watches by itself.
 *
 * Where that process cannot be started, or the program has no telemetry, all is as it was.
 */
void link_watch_start(char *const *args, size_t count);

/* The ports in the answer to /ethdev/list, at most `size`; returns how many. */
size_t link_watch_ports(const char *answer, unsigned int *ports, size_t size);

#endif
