// SPDX-License-Identifier: Apache-2.0
#ifndef CNI_ENVIRONMENT_H
#define CNI_ENVIRONMENT_H

#include "text.h"

/*
 * The value of a variable; NULL when it is not set. An empty one counts as not set, as in the CNI project's own
 * plugins.
 */
const char *environment_get(char **envp, const char *name);

/* Whether this is an operation of the specification; VERSION is one. */
bool environment_knows(const char *command);

/* Names what `command` needs and `envp` does not have, with ", " between; returns how many these are. */
int environment_missing(char **envp, const char *command, struct text *names);

/* Packs all CNI_ variables, each with a NUL at its end. Returns the number of bytes, or -1 when they do not fit. */
long environment_pack(char **envp, char *to, size_t size);

#endif
