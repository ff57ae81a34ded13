// SPDX-License-Identifier: Apache-2.0
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
die(int code, const char *format, ...)
{
	va_list args;

	fputs("vdpa-isolate: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(code);
}

void
die_errno(const char *format, ...)
{
	int reason = errno;
	va_list args;

	fputs("vdpa-isolate: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(reason));
	if (reason != EPERM)
		exit(EXIT_NOT_ISOLATED);
	fputs("vdpa-isolate: it needs CAP_SYS_ADMIN: run it as root, in a container as a privileged one\n", stderr);
	exit(EXIT_NOT_PRIVILEGED);
}
