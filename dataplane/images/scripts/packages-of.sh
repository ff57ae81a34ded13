#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# packages-of.sh PROGRAM...: the packages of the shared libraries that they are linked with, one a line.
set -eu

for program; do ldd "$program"; done |
	sed -nE 's/^.* => (\/[^ ]+) \(.*$/\1/p' | sort -u |
	# Libraries are found below /lib, which is a link to where their packages have them.
	xargs -n 1 realpath | xargs dpkg -S | cut -d : -f 1 | sort -u
