// SPDX-License-Identifier: Apache-2.0
/* Prints each of its arguments, and what it was started as, with a NUL behind. */
#include <stdio.h>

int
main(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		fwrite(argv[i], 1, __builtin_strlen(argv[i]) + 1, stdout);
	return 0;
}
