// SPDX-License-Identifier: Apache-2.0
/*
 * The way: a folder that is to be hidden gets an empty tmpfs over it, and what is to be seen is mounted into that
 * from a descriptor that was opened before.
 *
 * The device's folder needs care. An attachment is mounted on top of the mount at RUN-DIR/dev/DEVICE, and may be
 * already: then the path leads to the attachment, and no call can name what lies under it, which is what later
 * attachments come to. So the folder above is copied with all mounts in it, which keeps their order, and then the
 * mounts of other devices are taken away from the copy. The copy is private, so that no new ones come; the mount of
 * the device in it is not.
 */
#include "name-space.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mount-table.h"
#include "say.h"

#define MOUNT_TABLE "/proc/self/mountinfo"
#define PLAIN (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static int
open_path(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		die_errno("%s", path);
	return fd;
}

static void
read_mounts(struct mount_table *out)
{
	if (mount_table_read(MOUNT_TABLE, out) != 0)
		die_errno("%s", MOUNT_TABLE);
}

/* What is mounted at `fd`, and on top of it, at `target` too. */
static void
mount_descriptor(int fd, const char *target)
{
	char source[32];

	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) != 0)
		die_errno("cannot mount %s where it was", target);
}

static void
cover(const char *folder, const char *data)
{
	if (mount("vdpa-isolate", folder, "tmpfs", PLAIN, data) != 0)
		die_errno("cannot hide %s", folder);
}

/*
 * The folders on the way from `top`, which exists, down to `path`; `path` itself only with `is_folder`, else as a
 * file.
 */
static void
make_place(const char *top, const char *path, int is_folder)
{
	char part[4096];
	size_t length = strlen(path);

	if (length >= sizeof(part))
		die(EXIT_NOT_ISOLATED, "%s: the path is too long", path);
	for (size_t at = strlen(top) + 1; at <= length; at++) {
		if (path[at] != '/' && path[at] != '\0')
			continue;
		memcpy(part, path, at);
		part[at] = '\0';
		if (at < length || is_folder) {
			if (mkdir(part, 0755) != 0 && errno != EEXIST)
				die_errno("%s", part);
		} else {
			int fd = open(part, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);

			if (fd < 0)
				die_errno("%s", part);
			close(fd);
		}
	}
}

/* A folder that does not receive would stay as it is now, and its backend would wait for ever. */
static void
check_device_mount(const char *device_dir)
{
	struct mount_table table;
	const struct mount_entry *mount;

	read_mounts(&table);
	mount = mount_table_lowest_at(&table, device_dir);
	if (mount == NULL)
		die(EXIT_NOT_ISOLATED, "%s is not a mount of its own: is the agent of this node running?", device_dir);
	if (!mount->receives)
		die(EXIT_NOT_ISOLATED, "%s is a private mount: what the agent mounts on it would never be seen here", device_dir);
	mount_table_free(&table);
}

/* In the copy of the folder of all devices, which is visible; those that lie hidden have the same names. */
static void
drop_other_devices(const struct options *options)
{
	struct mount_table table;

	read_mounts(&table);
	for (size_t i = 0; i < table.count; i++) {
		const char *target = table.entries[i].target;

		if (!path_within(target, options->devices_dir) || strcmp(target, options->devices_dir) == 0 ||
		    path_within(target, options->device_dir))
			continue;
		/* Whatever is stacked there; below one that went with what it was mounted on there is nothing any more. */
		while (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
			;
		if (errno != EINVAL && errno != ENOENT)
			die_errno("cannot take %s away", target);
	}
	mount_table_free(&table);
}

static void
show_device(const struct options *options, int devices_fd)
{
	make_place(options->run_dir, options->devices_dir, 1);
	mount_descriptor(devices_fd, options->devices_dir);
	if (mount(NULL, options->devices_dir, NULL, MS_PRIVATE, NULL) != 0)
		die_errno("cannot keep new devices away from %s", options->devices_dir);
	drop_other_devices(options);
	if (mount(NULL, options->devices_dir, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | PLAIN, NULL) != 0)
		die_errno("cannot make %s read-only", options->devices_dir);
}

static const char *
hidden_folder_of(const struct options *options, const char *path)
{
	if (path_within(path, options->run_dir))
		return options->run_dir;
	for (size_t i = 0; i < options->hide_count; i++)
		if (path_within(path, options->hide[i]))
			return options->hide[i];
	return NULL;
}

static void
show_kept(const struct options *options, const char *path, int fd)
{
	const char *folder = hidden_folder_of(options, path);
	struct stat info;

	/* It was never hidden. */
	if (folder == NULL)
		return;
	if (fstat(fd, &info) != 0)
		die_errno("%s", path);
	make_place(folder, path, S_ISDIR(info.st_mode));
	mount_descriptor(fd, path);
}

void
name_space_enter(const struct options *options)
{
	int keep[MAX_PATHS];
	int devices_fd;

	if (unshare(CLONE_NEWNS) != 0)
		die_errno("cannot make a mount name space");
	/* From here on what others mount still comes in, and nothing that is done here goes out. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
		die_errno("cannot part from the mounts of others");
	check_device_mount(options->device_dir);

	devices_fd = open_path(options->devices_dir);
	for (size_t i = 0; i < options->keep_count; i++)
		keep[i] = open_path(options->keep[i]);
	cover(options->run_dir, "mode=0755");
	for (size_t i = 0; i < options->hide_count; i++)
		cover(options->hide[i], "mode=0755,size=64k");
	show_device(options, devices_fd);
	for (size_t i = 0; i < options->keep_count; i++)
		show_kept(options, options->keep[i], keep[i]);
	/* The folder that this was started in may be hidden now, and would be a way into what is. */
	if (chdir("/") != 0)
		die_errno("/");
}
