#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command line on machines of every platform, which QEMU emulates: found out, checked, prepared, used, put back
# (docs/hardware-lab.md). The first run on a machine makes their system in some minutes.
#
#   test/labs/hardware.lab.sh [SCENARIO...]
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

code=0
why=$(test/hardware/build.sh 2>&1 >/dev/null | tee >(cat >&2)) || code=$?
if ((code == 3)); then
  printf 'hardware: skipped: %s\n' "${why##*hardware: }"
  exit 0
fi
((code == 0)) || exit "$code"

[[ -e dist/cli.js ]] || npm run --silent build
output=$(mktemp)
trap 'rm -f "$output"' EXIT

scenarios() {
  nice -n 5 node_modules/.bin/vitest run --project hardware --reporter verbose "$@" 2>&1 | tee "$output"
}

scenarios "$@" && exit 0
# An emulator that crashes says nothing about what it emulated. Where that is all that failed, those machines are booted
# once more; whatever fails then counts.
mapfile -t crashed < <(grep -oE 'QEMU itself ended under [a-z-]+' "$output" | sed 's/.* //' | sort -u)
mapfile -t failed < <(grep -oE 'FAIL .*test/hardware/[a-z-]+' "$output" | sed 's/.*\///' | sort -u)
if ((${#crashed[@]} == 0)) || [[ ${crashed[*]} != "${failed[*]}" ]]; then exit 1; fi
printf 'hardware: QEMU itself ended under %s: once more\n' "${crashed[*]}"
scenarios "${crashed[@]}"
