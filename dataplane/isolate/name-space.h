// SPDX-License-Identifier: Apache-2.0
#ifndef ISOLATE_NAME_SPACE_H
#define ISOLATE_NAME_SPACE_H

#include "options.h"

/*
 * Gives this process a mount name space of its own, in which the folder of its device is the only one of its kind.
 * Ends the program, with the reason, when that cannot be done. What was made is gone with the last process in it.
 */
void name_space_enter(const struct options *options);

#endif
