// SPDX-License-Identifier: Apache-2.0
#ifndef ISOLATE_PRIVILEGES_H
#define ISOLATE_PRIVILEGES_H

/*
 * Takes from this process, and from all that it starts, the ways around its name space that a path may lead:
 * /proc/PID/root, cwd and fd of other processes, and descriptors that were left open. Ends the program, with the
 * reason, when that cannot be done.
 */
void privileges_drop(void);

#endif
