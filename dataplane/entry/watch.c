// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a change may go unnoticed that inotify does not see, where it sees any, and where it does not. */
#define LOOK_AGAIN_MS 2000
#define POLL_MS 100

#define EVENTS                                                                                                         \
	(IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

void
watch_open(struct watch *watch, const char *path)
{
	watch->path = path;
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	watch->descriptor = -1;
}

/* Cuts the last part off; what is left of "/x" is "/", of "x" it is ".". Returns false when there is nothing above. */
static bool
to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (strcmp(path, "/") == 0 || strcmp(path, ".") == 0)
		return false;
	if (slash == NULL)
		strcpy(path, ".");
	else if (slash == path)
		path[1] = '\0';
	else
		*slash = '\0';
	return true;
}

static void
nearest_folder(const char *path, char *out)
{
	struct stat info;

	snprintf(out, PATH_MAX, "%s", path);
	while (to_parent(out))
		if (stat(out, &info) == 0 && S_ISDIR(info.st_mode))
			return;
}

void
watch_begin(struct watch *watch)
{
	char folder[PATH_MAX];
	char nearest[PATH_MAX];
	int added;

	if (watch->fd < 0)
		return;
	nearest_folder(watch->path, nearest);
	/* Until the watch stands, the next folder may have come; then that is the one to watch. */
	do {
		strcpy(folder, nearest);
		added = inotify_add_watch(watch->fd, folder, EVENTS);
		/* The same folder has the same number, and stays. */
		if (watch->descriptor >= 0 && added != watch->descriptor)
			inotify_rm_watch(watch->fd, watch->descriptor);
		watch->descriptor = added;
		nearest_folder(watch->path, nearest);
	} while (strcmp(folder, nearest) != 0);
}

void
watch_wait(struct watch *watch, long long timeout_ms)
{
	struct pollfd event = { .fd = watch->fd, .events = POLLIN };
	char events[4096];
	/* A folder that may be entered, but not read, cannot be watched. */
	long long longest = watch->descriptor >= 0 ? LOOK_AGAIN_MS : POLL_MS;

	poll(&event, 1, (int)(timeout_ms < longest ? timeout_ms : longest));
	while (watch->fd >= 0 && read(watch->fd, events, sizeof(events)) > 0)
		;
}

void
watch_close(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
}
