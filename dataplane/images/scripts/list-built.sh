#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# list-built.sh PACKAGE...: what is copied or linked out of these packages of the build stage, for the bill of materials of
# an image that they are not installed in.
set -eu

for package; do
	# shellcheck disable=SC2016 # dpkg's own variables
	dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\n' "$package" | head -n 1 |
		while IFS='	' read -r name version arch; do
			purl=$(printf '%s@%s' "$name" "$version" | sed -e 's/+/%2B/g' -e 's/:/%3A/g')
			printf 'library\t%s\t%s\tpkg:deb/debian/%s?arch=%s\n' "$name" "$version" "$purl" "$arch"
		done
done
