// SPDX-License-Identifier: Apache-2.0
#ifndef EALSHIM_ARGS_FILE_H
#define EALSHIM_ARGS_FILE_H

/* The largest file taken: an attachment has a line of some hundred bytes for each interface. */
#define ARGS_FILE_MAX_BYTES (64 * 1024)

struct args_file {
	int count;
	char **args; /* `count` pointers into `text`, then NULL */
	char *text;
};

/*
 * Reads one argument a line; blank lines and lines that start with '#' are passed over. Never waits: what is not a
 * regular file is refused.
 * Returns 0, or -1 with errno set and nothing to free: EISDIR for a directory, EINVAL for a FIFO, socket or device,
 * EFBIG for a file over ARGS_FILE_MAX_BYTES, EILSEQ for a NUL byte in it, or what open(2), fstat(2), read(2) and
 * malloc(3) give.
 */
int args_file_read(const char *path, struct args_file *out);

/* Only when nobody has a pointer to an argument any more; EAL keeps those that it was given. */
void args_file_free(struct args_file *file);

#endif
