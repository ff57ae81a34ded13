// SPDX-License-Identifier: Apache-2.0
/* Tests of server-port.c, for `make test`. Needs no DPDK; runs under the address and undefined-behaviour sanitizers. */
#include "server-port.h"

#include <assert.h>
#include <stdio.h>

static const struct {
	const char *arg;
	const char *name;
	bool is_server;
} cases[] = {
	{ "--vdev=net_virtio_user0,path=/run/vhost.sock,server=1,mac=02:00:00:00:00:01", "net_virtio_user0", true },
	{ "--vdev=net_virtio_user0,server=1", "net_virtio_user0", true },
	{ "net_virtio_user12,path=/a,server=1", "net_virtio_user12", true },
	{ "--vdev=net_virtio_user0,path=/dev/vhost-vdpa-0,mac=02:00:00:00:00:01", "net_virtio_user0", false },
	{ "--vdev=net_virtio_user0,path=/a,server=0", "net_virtio_user0", false },
	{ "--vdev=net_virtio_user0,path=/a,server=10", "net_virtio_user0", false },
	{ "--vdev=net_virtio_user0,path=/a-server=1", "net_virtio_user0", false },
	{ "--vdev=net_virtio_user0,path=/a,server=1", "net_virtio_user1", false },
	{ "--vdev=net_virtio_user1,path=/a,server=1", "net_virtio_user11", false },
	{ "--vdev=net_virtio_user11,path=/a,server=1", "net_virtio_user1", false },
	{ "--vdev=net_vhost0,iface=/a,server=1", "net_vhost0", false },
	{ "--vdev=net_virtio_user0", "net_virtio_user0", false },
	{ "--no-pci", "net_virtio_user0", false },
	{ "--vdev=", "", false },
	{ "", "net_virtio_user0", false },
	{ "", "", false },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		printf("%s: %s %s server\n", cases[i].arg, cases[i].name, cases[i].is_server ? "is a" : "is no");
		assert(server_port_made_by(cases[i].arg, cases[i].name) == cases[i].is_server);
	}
	printf("all passed\n");
	return 0;
}
