// SPDX-License-Identifier: Apache-2.0
#include "server-port.h"

#include <string.h>

#define OPTION "--vdev="
#define PREFIX "net_virtio_user"
#define SERVER "server=1"

bool
server_port_made_by(const char *arg, const char *name)
{
	size_t length = strlen(name);
	const char *key;

	if (strncmp(arg, OPTION, strlen(OPTION)) == 0)
		arg += strlen(OPTION);
	if (strncmp(arg, PREFIX, strlen(PREFIX)) != 0 || strncmp(arg, name, length) != 0 || arg[length] != ',')
		return false;
	/* Each key comes after a comma: so a path that ends like the key is none. */
	for (key = strchr(arg, ','); key != NULL; key = strchr(key, ',')) {
		key++;
		if (strncmp(key, SERVER, strlen(SERVER)) == 0 && strchr(",", key[strlen(SERVER)]) != NULL)
			return true;
	}
	return false;
}
