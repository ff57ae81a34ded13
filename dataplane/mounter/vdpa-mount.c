// SPDX-License-Identifier: Apache-2.0
// Mounts for the agent, which has no such call of its own: a line in, a number out, until its standard input ends.
//
//     tmpfs TARGET           bind SOURCE TARGET           unmount TARGET          (tabs between the words)
//
// The answer to each is 0 or the error number, in order. It decides nothing: who may ask, root alone, has a pipe to it.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif
#ifndef UMOUNT_NOFOLLOW
#define UMOUNT_NOFOLLOW 8
#endif

enum { max_line = 8192 };

/* linux/mount.h, in part: it cannot be included beside sys/mount.h on every system. */
enum { our_open_tree_clone = 1, our_move_mount_from_empty = 4 };
enum { attr_nosuid = 2, attr_nodev = 4, attr_noexec = 8, attr_nosymfollow = 0x200000 };

struct mount_attributes {
	uint64_t set, clear, propagation, user_namespace;
};

static int mount_tmpfs(const char *target)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	if (mount("vdpactl", target, "tmpfs", flags, "size=64k,nr_inodes=64,mode=0755") != 0)
		return errno;
	/* Under a shared mount it is shared already. */
	if (mount(NULL, target, NULL, MS_SHARED, NULL) == 0)
		return 0;
	const int error = errno;
	umount2(target, MNT_DETACH);
	return error;
}

/* For kernels before 5.12: what propagates in between is without the flags. */
static int bind_and_remount(const char *source, const char *target)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW;
	if (mount(source, target, NULL, MS_BIND, NULL) != 0)
		return errno;
	if (mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | flags, NULL) == 0)
		return 0;
	const int error = errno;
	umount2(target, MNT_DETACH);
	return error;
}

/* The flags are set before anybody sees the mount, so that it has them wherever it propagates to. */
static int bind_folder(const char *source, const char *target)
{
	const int tree = (int)syscall(SYS_open_tree, AT_FDCWD, source, our_open_tree_clone | O_CLOEXEC);
	if (tree < 0)
		return errno == ENOSYS ? bind_and_remount(source, target) : errno;
	struct mount_attributes attributes = {
		.set = attr_nosuid | attr_nodev | attr_noexec | attr_nosymfollow,
	};
	/* Before Linux 5.14 it does not know all of the flags. */
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
		close(tree);
		return bind_and_remount(source, target);
	}
	const long moved = syscall(SYS_move_mount, tree, "", AT_FDCWD, target, our_move_mount_from_empty);
	const int error = moved == 0 ? 0 : errno;
	close(tree);
	return error;
}

static int unmount(const char *target)
{
	return umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0 ? 0 : errno;
}

static int answer(char *line)
{
	char *rest = line;
	const char *verb = strsep(&rest, "\t");
	const char *first = strsep(&rest, "\t");
	const char *second = strsep(&rest, "\t");
	if (first == NULL || rest != NULL)
		return EINVAL;
	if (strcmp(verb, "tmpfs") == 0 && second == NULL)
		return mount_tmpfs(first);
	if (strcmp(verb, "bind") == 0 && second != NULL)
		return bind_folder(first, second);
	if (strcmp(verb, "unmount") == 0 && second == NULL)
		return unmount(first);
	return EINVAL;
}

int main(int argc, char **argv)
{
	char line[max_line];
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("vdpa-mount 1") < 0;
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *end = strchr(line, '\n');
		if (end == NULL)
			return 2; /* longer than any path: whoever writes this is not our agent */
		*end = '\0';
		if (printf("%d\n", answer(line)) < 0 || fflush(stdout) != 0)
			return 1;
	}
	return 0;
}
