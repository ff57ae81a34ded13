// SPDX-License-Identifier: Apache-2.0
#ifndef EALSHIM_ARGS_FILE_H
#define EALSHIM_ARGS_FILE_H

/* The largest file taken: an attachment has a line of some hundred bytes for each interface. */
#define ARGS_FILE_MAX_BYTES (64 * 1024)

struct args_file {
	int count;
	char **args; /* lives as long as the process: EAL keeps pointers into its arguments */
};

/*
 * Reads one argument a line; blank lines and lines that start with '#' are passed over.
 * Returns 0, or -1 with errno set: EFBIG for a file over ARGS_FILE_MAX_BYTES, EILSEQ for a NUL byte in it.
 */
int args_file_read(const char *path, struct args_file *out);

#endif
