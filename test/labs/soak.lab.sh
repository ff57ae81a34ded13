#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A short soak: attach, detach, SIGKILL of random parts, redeploy; then nothing may be left. SOAK_SECONDS sets its length
# (docs/benchmarks.md has the result of a 30-minute one), SOAK_SEED repeats a run.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${SOAK_SECONDS:-90}
pool=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
# Two backends of 64 MiB each.
pages=64

if ((EUID != 0)); then
  echo 'soak: skipped: it needs root'
  exit 0
fi
if ! command -v dpdk-testpmd >/dev/null; then
  echo 'soak: skipped: DPDK is not installed (./quickstart --install-only installs it)'
  exit 0
fi
if [[ ! -e $pool ]]; then
  echo 'soak: skipped: this kernel has no huge pages of 2 MiB'
  exit 0
fi

put_back() {
  scripts/quickstart/huge-pages.sh put-back soak
}

[[ -e dist/cli.js ]] || npm run --silent build
trap put_back EXIT
scripts/quickstart/huge-pages.sh set-aside soak $$ "$pool" "$pages"
node_modules/.bin/tsx test/labs/soak.ts "$seconds" ${SOAK_SEED:+"$SOAK_SEED"}
