// SPDX-License-Identifier: Apache-2.0
#ifndef ENTRY_WATCH_H
#define ENTRY_WATCH_H

/*
 * A file that is waited for. Use: watch_begin(), look at the file, watch_wait() if it is not as wanted, and again.
 * Nothing that happens to the file after watch_begin() is missed.
 */
struct watch {
	const char *path;
	/* inotify; -1 where the user has too many of these already. */
	int fd;
	int descriptor;
};

void watch_open(struct watch *watch, const char *path);

/* Watches the nearest folder above the file that exists. */
void watch_begin(struct watch *watch);

/*
 * Waits until something happened there, for `timeout_ms` at most. May return for nothing: mounts and links are not
 * told about by the kernel, so that from time to time one has to look.
 */
void watch_wait(struct watch *watch, long long timeout_ms);

void watch_close(struct watch *watch);

#endif
