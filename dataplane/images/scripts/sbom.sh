#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sbom.sh NAME VERSION [FILE...]: the bill of materials of the system that this runs in, as CycloneDX JSON: the packages of
# its dpkg, and what is in it besides, from FILEs of lines TYPE<tab>NAME<tab>VERSION<tab>PURL. Two runs on the same system
# print the same: the time is SOURCE_DATE_EPOCH, and there is no serial number.
set -eu

name=$1
version=$2
shift 2

debian_version=$(cat /etc/debian_version)
time=$(date -u -d "@${SOURCE_DATE_EPOCH:-0}" +%Y-%m-%dT%H:%M:%SZ)

# A purl has these letters of a version in another spelling; no name or version of Debian needs more.
escaped() {
	sed -e 's/+/%2B/g' -e 's/:/%3A/g'
}

from_dpkg() {
	# shellcheck disable=SC2016 # dpkg's own variables
	dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\n' | sort |
		while IFS='	' read -r status package package_version arch source; do
			[ "$status" = 'ii ' ] || [ "$status" = ii ] || continue
			purl=$(printf 'pkg:deb/debian/%s@%s' "$package" "$package_version" | sed 's/^pkg:/pkg#/' | escaped | sed 's/^pkg#/pkg:/')
			printf 'library\t%s\t%s\t%s?arch=%s&distro=debian-%s&upstream=%s\n' "$package" "$package_version" \
				"$purl" "$arch" "$debian_version" "$(printf %s "$source" | escaped)"
		done
}

component() {
	awk -F '\t' '
		BEGIN { separator = "" }
		{
			printf "%s    {\"type\": \"%s\", \"bom-ref\": \"%s\", \"name\": \"%s\", \"version\": \"%s\", \"purl\": \"%s\"}", separator, $1, $4, $2, $3, $4
			separator = ",\n"
		}
		END { print "" }'
}

cat <<EOF
{
  "bomFormat": "CycloneDX",
  "specVersion": "1.5",
  "version": 1,
  "metadata": {
    "timestamp": "$time",
    "component": {"type": "container", "bom-ref": "image", "name": "$name", "version": "$version"}
  },
  "components": [
    {"type": "operating-system", "bom-ref": "os", "name": "debian", "version": "$debian_version"},
$({
	from_dpkg
	[ $# -eq 0 ] || cat "$@"
} | awk '!seen[$0]++' | component)
  ]
}
EOF
