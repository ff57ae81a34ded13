// SPDX-License-Identifier: Apache-2.0
#ifndef ENTRY_COMMAND_H
#define ENTRY_COMMAND_H

#include <stdio.h>

/*
 * `own`, a program and its arguments with NULL at the end, and `extra` put where EAL reads them: before the first
 * "--", or at the end where there is none. Returns a vector with NULL at its end that points into both, or NULL when
 * there is no memory.
 */
char **command_merge(char *const *own, char *const *extra, int extra_count);

/* Prints a command as one line that a shell takes apart the same way. */
void command_print(FILE *to, char *const *command);

#endif
