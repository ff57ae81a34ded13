// SPDX-License-Identifier: Apache-2.0
/*
 * vdpa-isolate: starts the backend of one device where it sees the folder of that device and of no other. What a
 * workload puts into its folder, say a link to somebody else's socket, then leads nowhere.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "name-space.h"
#include "options.h"
#include "privileges.h"
#include "say.h"

int
main(int argc, char **argv)
{
	struct options options;

	options_read(argc, argv, &options);
	name_space_enter(&options);
	privileges_drop();
	execvp(options.program[0], options.program);
	die(errno == ENOENT ? EXIT_NO_PROGRAM : EXIT_CANNOT_START, "cannot start %s: %s", options.program[0],
	    strerror(errno));
}
