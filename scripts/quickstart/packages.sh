# shellcheck shell=bash disable=SC2034,SC2154 # root comes from run.sh, node_minimum from node.sh
# SPDX-License-Identifier: Apache-2.0
# Finds what is missing on this machine and installs it with apt-get.

dpdk_minimum=22.11
lock_timeout=120   # seconds that another package manager may take
missing=()         # packages
reasons=()         # one for each
apt_environment=(DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l LC_ALL=C.UTF-8)

need() {
  missing+=("$1")
  reasons+=("$2")
}

# find_missing: looks for what is used, not for packages: a DPDK of one's own is as good as the distribution's.
find_missing() {
  missing=()
  reasons=()
  type -P cc >/dev/null || need gcc 'compiles l3fwd and the preload library that starts it'
  [[ -e /usr/include/stdlib.h ]] || need libc6-dev 'the C library that they are compiled with'
  type -P make >/dev/null || need make 'builds them'
  type -P pkg-config >/dev/null || need pkg-config 'finds DPDK for that build'
  type -P dpdk-testpmd >/dev/null || need dpdk-dev 'dpdk-testpmd: the backend and the traffic generator'
  first_of /usr/include/dpdk/rte_ethdev.h /usr/local/include/rte_ethdev.h || need libdpdk-dev 'DPDK itself: libraries, drivers, headers'
  first_of /usr/share/dpdk/examples/l3fwd/Makefile /usr/local/share/dpdk/examples/l3fwd/Makefile ||
    need dpdk-doc 'the sources of l3fwd, the workload'
  if use_node; then return 0; fi
  if distribution_has_node; then
    need nodejs "runs vdpactl: Node.js $node_minimum or later"
    need npm 'installs the libraries of vdpactl'
  elif ! npm --version >/dev/null 2>&1; then
    need npm "installs the libraries, and Node.js $node_minimum where the distribution's is older"
  fi
}

first_of() {
  local file
  for file in "$@"; do
    if [[ -e $file ]]; then return 0; fi
  done
  return 1
}

# candidate PACKAGE: the version that apt-get would install; nothing when it knows none.
candidate() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([0-9].*\)/\1/p'
}

# dpdk_version: of the DPDK that is installed, or else of the one that would be; nothing when neither is known.
dpdk_version() {
  pkg-config --modversion libdpdk 2>/dev/null || candidate libdpdk-dev
}

require_dpdk() {
  local version
  version=$(dpdk_version) || return 0
  if [[ -z $version ]] || at_least "$version" "$dpdk_minimum"; then return 0; fi
  fail 5 "the DPDK of this machine is $version, and l3fwd reads its routes from a file since $dpdk_minimum only" \
    'use Debian 12, Ubuntu 24.04 or later, or install a newer DPDK with its examples'
}

# distribution_has_node: another Node.js in front of the distribution's would stay in front, too old as it is.
distribution_has_node() {
  local first
  first=$(type -P node) || first=/usr/bin/node
  [[ $first == /usr/bin/node ]] && at_least "$(candidate nodejs)" "$node_minimum"
}

# wait_for_apt: a fresh machine often installs its updates just now.
wait_for_apt() {
  local file began=$SECONDS holder said=0
  for file in /var/lib/dpkg/lock-frontend /var/lib/apt/lists/lock; do
    while holder=$(lock_holder "$file"); do
      if ((!said)); then say "waiting for another package manager (process $holder), at most $lock_timeout s"; fi
      said=1
      if ((SECONDS - began > lock_timeout)); then
        fail 4 "process $holder still holds $file" 'wait until it is done, then run ./quickstart again'
      fi
      sleep 1
    done
  done
}

# lock_holder FILE: the process that holds the lock; fails when there is none.
lock_holder() {
  local inode
  inode=$(stat -c %i "$1" 2>/dev/null) || return 1
  awk -v inode="$inode" '{ n = split($6, id, ":"); if (id[n] == inode && $2 == "POSIX") { print $5; found = 1; exit } } END { exit !found }' /proc/locks
}

# apt_get RUNNER ARGUMENT...
apt_get() {
  local runner=$1
  shift
  "$runner" "${root[@]}" env "${apt_environment[@]}" apt-get -q -o "DPkg::Lock::Timeout=$lock_timeout" "$@"
}

# install PACKAGE...: the download may be stopped at any time; dpkg may not.
install() {
  # What an interrupted dpkg left is finished first, or apt-get refuses everything.
  if ((!dry_run)); then
    run_whole "${root[@]}" env "${apt_environment[@]}" dpkg --configure -a || apt_get run_whole install -y --fix-broken || return
  fi
  apt_get run install -y --no-install-recommends --download-only "$@" || return
  apt_get run_whole install -y --no-install-recommends "$@"
}

show_missing() {
  local index
  end_line
  for index in "${!missing[@]}"; do printf '      %-12s %s\n' "${missing[index]}" "${reasons[index]}"; done
}
