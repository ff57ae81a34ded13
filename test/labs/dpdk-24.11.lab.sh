#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole path on DPDK 24.11: the command line as it is, in a Debian 13 root file system, with that release's own
# testpmd, and its l3fwd built from the sources as they are and started through the same ealshim. Then the backend is killed
# under traffic, and l3fwd, which goes on, has to forward again.
#
# Everything is mounted in a name space of its own, with its own process ids: when the first process in it ends,
# however that comes, no process and no mount is left.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vdpactl-labs
system=$cache/trixie
log=$cache/dpdk-24.11.log
holder=lab-dpdk-24
packages=gcc,libc6-dev,make,pkg-config,dpdk-dev,libdpdk-dev,dpdk-doc,nodejs,procps

say() {
  printf 'dpdk-24.11: %s\n' "$1"
}

skip() {
  say "skipped: $1"
  exit 0
}

die() {
  say "failed: $1" >&2
  exit 1
}

# --- outside of the name space ---------------------------------------------------------------------------------------

require() {
  ((EUID == 0)) || skip 'needs root'
  unshare --mount --pid --fork true 2>/dev/null || skip 'needs a machine that allows new name spaces'
  [[ -e $here/dist/cli.js ]] || die 'vdpactl is not built: run npm ci && npm run build'
  if ! type -P debootstrap >/dev/null; then
    say 'installing debootstrap'
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y debootstrap debian-archive-keyring >/dev/null ||
      die 'debootstrap cannot be installed'
  fi
}

set_aside_huge_pages() {
  local need
  need=$(cd / && node "$here/bin/vdpactl.js" check --provider local --only VDPA-HUGE-001 -o json |
    node "$here/scripts/quickstart/huge-page-need.mjs") || true
  [[ -n $need ]] || die 'vdpactl check does not say how many huge pages are needed'
  if [[ $need != 0 ]]; then
    say "huge pages: $("$here/scripts/quickstart/huge-pages.sh" set-aside "$holder" $$ "${need#* }" "${need%% *}")"
  fi
}

tidy_up() {
  local code=$?
  trap - EXIT
  "$here/scripts/quickstart/huge-pages.sh" put-back "$holder" >/dev/null || code=1
  if findmnt --raw --noheadings --output TARGET | grep -F "$cache/"; then
    say 'failed: still mounted, see above' >&2
    code=1
  else
    say 'nothing is left mounted'
  fi
  exit "$code"
}

outside() {
  require
  trap tidy_up EXIT
  trap 'exit 143' TERM
  trap 'exit 130' INT
  set_aside_huge_pages
  unshare --mount --propagation private --pid --mount-proc --fork --kill-child "$BASH" "${BASH_SOURCE[0]}" inside
}

# --- inside of it ----------------------------------------------------------------------------------------------------

# make_system: whole or not at all.
make_system() {
  local new=$cache/trixie.new
  if [[ -d $system ]]; then
    say "using the Debian 13 system in $system"
    return 0
  fi
  say "making a Debian 13 system in $system (once, some minutes)"
  rm -rf "$new"
  mkdir -p "$cache"
  debootstrap --variant=minbase --include="$packages" trixie "$new" >"$cache/debootstrap.log" 2>&1 ||
    { tail -n 15 "$cache/debootstrap.log" >&2 && die "debootstrap failed; its log is $cache/debootstrap.log"; }
  mv "$new" "$system"
}

mount_system() {
  mount -t proc proc "$system/proc"
  mount --bind /sys "$system/sys"
  mount -o remount,bind,ro "$system/sys"
  mount --rbind /dev "$system/dev"
  mount -t tmpfs tmpfs "$system/run"
  mount -t tmpfs tmpfs "$system/tmp"
  mkdir -p "$system/opt/vdpactl"
  mount --bind "$here" "$system/opt/vdpactl"
  mount -o remount,bind,ro "$system/opt/vdpactl"
}

# in_system COMMAND...: with an environment of its own.
in_system() {
  chroot "$system" env -i -C /tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CI=true XDG_CACHE_HOME=/var/cache "$@"
}

# vdpactl ARGUMENT...: its output goes to the log, and is shown where it fails.
vdpactl() {
  say "vdpactl $*"
  if ! in_system node /opt/vdpactl/bin/vdpactl.js "$@" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "vdpactl $1"
  fi
}

inside() {
  local facts
  trap 'exit 143' TERM
  trap 'exit 130' INT
  make_system
  mount_system
  vdpactl check --provider local --run-dir /run/lab
  vdpactl deploy --provider local --run-dir /run/lab
  vdpactl bench --workload l3fwd --run-dir /run/lab --trials 2 --duration 1 --report /tmp/report
  vdpactl destroy --run-dir /run/lab
  [[ ! -e $system/run/lab ]] || die 'destroy left its run directory'
  say 'killing the backend under traffic, twice'
  in_system node --import /opt/vdpactl/node_modules/tsx/dist/loader.mjs /opt/vdpactl/bench/recovery.ts 2 >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2 && die 'the traffic did not come back'; }
  # shellcheck disable=SC2016 # JavaScript
  facts=$(in_system node -p 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).rounds.map(({ firstPacketMs, generatorCrashed }) =>
    `${firstPacketMs} ms${generatorCrashed ? " (with another generator)" : ""}`).join(" and ")' <"$log")
  say "packets came back after $facts"
  if in_system pgrep -a 'dpdk|l3fwd|node'; then die 'destroy left these processes'; fi
  # shellcheck disable=SC2016 # JavaScript
  facts=$(in_system node -p 'const { summary, dpdk } = JSON.parse(require("node:fs").readFileSync("/tmp/report/report.json", "utf8"));
    `${Math.round(summary.median)} ${[...new Set(dpdk.map(({ version }) => version))].join(" and ")}`')
  [[ $facts =~ ^[1-9][0-9]*\ 24\.11[.0-9]*$ ]] || die "expected a rate and DPDK 24.11, found: $facts"
  say "DPDK ${facts#* }: ${facts% *} packets/s forwarded by the unmodified l3fwd"
}

if [[ ${1:-} == inside ]]; then inside; else outside; fi
