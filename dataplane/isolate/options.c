// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mount-table.h"
#include "say.h"

/* The volumes of all pods. Where kubelet keeps them elsewhere, --hide says so. */
#define KUBELET_DIR "/var/lib/kubelet"

static const char usage[] =
	"usage: vdpa-isolate --device-dir RUN-DIR/dev/DEVICE [--keep PATH]... [--hide PATH]... -- PROGRAM [ARG]...\n"
	"\n"
	"Starts PROGRAM where it sees the folder of its own device and of no other.\n"
	"  --device-dir  a mount that receives what is mounted on it elsewhere\n"
	"  --keep        a file or folder that is hidden with the rest of RUN-DIR, to be seen nevertheless\n"
	"  --hide        a folder to hide, beside RUN-DIR and " KUBELET_DIR "\n"
	"Ends with 2 for wrong usage, 77 without privileges, 125 when the isolation cannot be made, 126 or 127 when PROGRAM\n"
	"cannot be started; else as PROGRAM does.\n";

static const char *
parent_of(const char *path)
{
	char *copy = strdup(path);
	char *slash = copy == NULL ? NULL : strrchr(copy, '/');

	if (slash == NULL)
		die(EXIT_NOT_ISOLATED, "no memory");
	*slash = '\0';
	return copy;
}

/* Without links. The last part of the device's folder may not be one: whoever made it could lead somewhere else. */
static void
read_device_dir(const char *path, struct options *out)
{
	struct stat info;
	char *name;
	char *real = realpath(path, NULL);

	if (real == NULL)
		die(EXIT_NOT_ISOLATED, "%s: %s", path, strerror(errno));
	if (lstat(path, &info) != 0 || !S_ISDIR(info.st_mode))
		die(EXIT_NOT_ISOLATED, "%s: it has to be a folder, and no link to one", path);
	out->device_dir = real;
	out->devices_dir = parent_of(real);
	name = strrchr(out->devices_dir, '/');
	if (name == NULL || strcmp(name, "/dev") != 0 || name == out->devices_dir)
		die(EXIT_USAGE, "%s: the folder of a device is RUN-DIR/dev/DEVICE", path);
	out->run_dir = parent_of(out->devices_dir);
}

static void
add(const char **list, size_t *count, const char *path, const char *option)
{
	if (*count == MAX_PATHS)
		die(EXIT_USAGE, "there are more than %d of %s", MAX_PATHS, option);
	list[(*count)++] = path;
}

static const char *
real_path(const char *option, const char *path)
{
	char *real = path[0] == '/' ? realpath(path, NULL) : NULL;

	if (path[0] != '/')
		die(EXIT_USAGE, "%s %s: the path has to be absolute", option, path);
	if (real == NULL)
		die(EXIT_NOT_ISOLATED, "%s %s: %s", option, path, strerror(errno));
	return real;
}

static void
hide_folder(struct options *out, const char *path)
{
	struct stat info;

	/* With that folder it is hidden anyway. */
	if (path_within(path, out->run_dir))
		return;
	if (path_within(out->run_dir, path) || stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
		die(EXIT_USAGE, "--hide %s: it has to be a folder, and no part of the way to the device's", path);
	add(out->hide, &out->hide_count, path, "--hide");
}

/* What it would uncover is the folders of other devices. */
static void
check_keep(const struct options *options, const char *path)
{
	if (path_within(path, options->devices_dir) || path_within(options->devices_dir, path))
		die(EXIT_USAGE, "--keep %s: it would show other devices", path);
	for (size_t i = 0; i < options->hide_count; i++)
		if (path_within(options->hide[i], path))
			die(EXIT_USAGE, "--keep %s: that is what is hidden", path);
}

void
options_read(int argc, char **argv, struct options *out)
{
	const char *device_dir = NULL;
	const char *hide[MAX_PATHS];
	size_t hide_count = 0;
	char *kubelet = realpath(KUBELET_DIR, NULL);
	int at = 1;

	*out = (struct options){ 0 };
	for (; at < argc && strcmp(argv[at], "--") != 0; at += 2) {
		if (strcmp(argv[at], "--help") == 0) {
			fputs(usage, stdout);
			exit(0);
		}
		if (at + 1 >= argc)
			die(EXIT_USAGE, "%s: there is no value or no such option\n%s", argv[at], usage);
		if (strcmp(argv[at], "--device-dir") == 0)
			device_dir = argv[at + 1];
		else if (strcmp(argv[at], "--keep") == 0)
			add(out->keep, &out->keep_count, argv[at + 1], "--keep");
		else if (strcmp(argv[at], "--hide") == 0)
			add(hide, &hide_count, argv[at + 1], "--hide");
		else
			die(EXIT_USAGE, "there is no option %s\n%s", argv[at], usage);
	}
	if (device_dir == NULL || device_dir[0] != '/' || at + 1 >= argc)
		die(EXIT_USAGE, "it needs --device-dir with an absolute path, and -- PROGRAM\n%s", usage);
	out->program = argv + at + 1;

	read_device_dir(device_dir, out);
	if (kubelet != NULL)
		hide_folder(out, kubelet);
	for (size_t i = 0; i < hide_count; i++)
		hide_folder(out, real_path("--hide", hide[i]));
	for (size_t i = 0; i < out->keep_count; i++) {
		out->keep[i] = real_path("--keep", out->keep[i]);
		check_keep(out, out->keep[i]);
	}
}
