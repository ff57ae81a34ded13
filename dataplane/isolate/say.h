// SPDX-License-Identifier: Apache-2.0
#ifndef ISOLATE_SAY_H
#define ISOLATE_SAY_H

/* How this program ends by itself. With any other code it is the program that it started which ended. */
enum {
	EXIT_USAGE = 2,
	/* The kernel does not let it: it needs CAP_SYS_ADMIN. */
	EXIT_NOT_PRIVILEGED = 77,
	/* The name space could not be made as it has to be; nothing was started. */
	EXIT_NOT_ISOLATED = 125,
	EXIT_CANNOT_START = 126,
	EXIT_NO_PROGRAM = 127,
};

/* Prints "vdpa-isolate: " and the message, then ends with `code`. */
void die(int code, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

/*
 * As `die` with EXIT_NOT_ISOLATED, or EXIT_NOT_PRIVILEGED where errno says so; the text of errno follows the message.
 */
void die_errno(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
