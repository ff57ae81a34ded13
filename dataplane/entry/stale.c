// SPDX-License-Identifier: Apache-2.0
#include "stale.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char vdev[] = "--vdev=";

/* The value of KEY among the comma-separated `key=value` of a device; its length in `length`. NULL: there is none. */
static const char *
value_of(const char *device, const char *key, size_t *length)
{
	size_t key_length = strlen(key);

	for (const char *at = strchr(device, ','); at != NULL; at = strchr(at, ',')) {
		at++;
		if (strncmp(at, key, key_length) == 0 && at[key_length] == '=') {
			at += key_length + 1;
			*length = strcspn(at, ",");
			return at;
		}
	}
	return NULL;
}

/* Whether nobody listens there any more. Whatever cannot be found out counts as somebody. */
static bool
is_stale(const struct sockaddr_un *address)
{
	struct stat info;
	bool refused;
	int fd;

	if (lstat(address->sun_path, &info) != 0 || !S_ISSOCK(info.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 && errno == ECONNREFUSED;
	close(fd);
	return refused;
}

void
stale_remove(char *const *args, int count)
{
	for (int i = 0; i < count; i++) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		const char *server, *path;
		size_t length;

		if (strncmp(args[i], vdev, sizeof(vdev) - 1) != 0)
			continue;
		server = value_of(args[i], "server", &length);
		if (server == NULL || length != 1 || *server != '1')
			continue;
		path = value_of(args[i], "path", &length);
		if (path == NULL || length == 0 || length >= sizeof(address.sun_path))
			continue;
		memcpy(address.sun_path, path, length);
		if (is_stale(&address))
			unlink(address.sun_path);
	}
}
