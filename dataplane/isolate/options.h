// SPDX-License-Identifier: Apache-2.0
#ifndef ISOLATE_OPTIONS_H
#define ISOLATE_OPTIONS_H

#include <stddef.h>

#define MAX_PATHS 32

/* All paths are real ones: absolute, no link in them, no slash at their end. */
struct options {
	/* <run_dir>/dev/<device> */
	const char *device_dir;
	/* <run_dir>/dev */
	const char *devices_dir;
	const char *run_dir;
	/* Below a hidden folder, to be seen nevertheless. */
	const char *keep[MAX_PATHS];
	size_t keep_count;
	/* Folders that are there and are hidden, beside run_dir. */
	const char *hide[MAX_PATHS];
	size_t hide_count;
	/* The program and its arguments, then NULL. */
	char **program;
};

/* Ends the program, with the reason, when it is started in a wrong way. Nothing is freed: an exec follows. */
void options_read(int argc, char **argv, struct options *out);

#endif
