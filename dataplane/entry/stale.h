/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VDPA_RUN_STALE_H
#define VDPA_RUN_STALE_H

/*
 * Removes the sockets that a workload before this one left behind where it was killed: virtio-user, which is the server,
 * does not start where a socket of its name is. One that somebody still listens on stays, and so does everything that
 * is no socket. Looks only at arguments like `--vdev=net_virtio_user0,path=…,server=1,…`.
 */
void stale_remove(char *const *args, int count);

#endif
