#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets huge pages aside for one user of them and puts back what was there before. Several users may overlap, and one
# may be killed: what each added is written down until it has been put back. Needs root.
#
#   huge-pages.sh set-aside NAME PID FILE PAGES   PAGES more of the pool FILE (…/nr_hugepages), for NAME while PID lives
#   huge-pages.sh keep NAME                       the pages of NAME stay when its process ends
#   huge-pages.sh put-back NAME                   what NAME added goes away; after the last, all is as it was
set -euo pipefail

ledger=${VDPACTL_HUGE_PAGES_LEDGER:-/run/vdpactl-huge-pages}
sysfs=${VDPACTL_HUGE_PAGES_SYSFS:-/sys}

reserve_mib=256 # what the rest of the machine keeps

die() {
  printf 'huge pages: %s\n' "$2" >&2
  exit "$1"
}

# The kernel's own folder of pools is the lock: it is always there and nobody has to remove it.
lock() {
  exec 8<"$sysfs/kernel/mm/hugepages"
  flock -w 60 8 || die 4 'another process changes them and does not end'
}

refuse() {
  die 5 "cannot write $1: is this a container, or not root? In a container they are set aside on its host"
}

# write FILE COUNT
write() {
  { printf '%s\n' "$2" >"$1"; } 2>/dev/null || refuse "$1"
}

# pools_of FILE: the pools that FILE stands for, one for each NUMA node, or FILE itself.
pools_of() {
  local size node found=0
  size=$(basename "$(dirname "$1")")
  for node in "$sysfs"/devices/system/node/node*/hugepages/"$size"/nr_hugepages; do
    if [[ -e $node ]]; then
      printf '%s\n' "$node"
      found=1
    fi
  done
  if ((!found)); then printf '%s\n' "$1"; fi
}

base_of() {
  printf '%s/base.%s\n' "$ledger" "$(basename "$(dirname "$1")")"
}

# remember_base FILE: what was there before anybody came.
remember_base() {
  local base pool
  base=$(base_of "$1")
  if [[ -e $base ]]; then return 0; fi
  for pool in $(pools_of "$1"); do printf '%s %s\n' "$(<"$pool")" "$pool"; done >"$base.new"
  mv "$base.new" "$base"
}

# restore_base FILE: node by node, for a count written for the whole machine is spread evenly.
restore_base() {
  local count pool
  while read -r count pool; do write "$pool" "$count"; done <"$(base_of "$1")"
}

base_total() {
  local count _ total=0
  while read -r count _; do total=$((total + count)); done <"$(base_of "$1")"
  printf '%s\n' "$total"
}

# others_use FILE: whether anybody else added to this pool.
others_use() {
  grep -qsF " $1" "$ledger"/holder.*
}

# release NAME: takes back what NAME added and nothing else.
release() {
  local record=$ledger/holder.$1 added _ file now base
  read -r added _ file <"$record"
  now=$(<"$file")
  base=$(base_total "$file")
  rm "$record"
  if ! others_use "$file" && ((now == base + added)); then
    restore_base "$file"
  elif ((now > base)); then
    # Somebody else changed the count meanwhile, and that change stays; but never less than what was there before.
    write "$file" $((now - added > base ? now - added : base))
  fi
  if ! others_use "$file"; then rm "$(base_of "$file")"; fi
  rmdir --ignore-fail-on-non-empty "$ledger"
  printf '%s -> %s\n' "$now" "$(<"$file")"
}

# release_the_dead NAME: what killed runs left, except for NAME, which goes on with what it had.
release_the_dead() {
  local record pid _
  for record in "$ledger"/holder.*; do
    [[ -e $record && $record != "$ledger/holder.$1" ]] || continue
    read -r _ pid _ <"$record"
    if ((pid != 0)) && [[ ! -d /proc/$pid ]]; then release "${record##*/holder.}" >/dev/null; fi
  done
}

# grow FILE TOTAL: tries twice, the second time after asking the kernel to make room.
grow() {
  write "$1" "$2"
  if (($(<"$1") < $2)); then
    { sync && printf '3\n' >/proc/sys/vm/drop_caches && printf '1\n' >/proc/sys/vm/compact_memory; } 2>/dev/null || true
    write "$1" "$2"
  fi
}

# require_memory FILE PAGES: the kernel takes what it is told to take, and leaves nothing for anybody else.
require_memory() {
  local size want available
  size=$(basename "$(dirname "$1")")
  size=${size//[^0-9]/}
  want=$(($2 * size / 1024))
  available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
  ((want + reserve_mib <= available)) ||
    die 5 "$2 pages are $want MiB, and the machine has $available MiB of memory to spare, of which $reserve_mib MiB must stay free"
}

set_aside() {
  local name=$1 pid=$2 file=$3 pages=$4 record=$ledger/holder.$1 had=0 holder before
  release_the_dead "$name"
  if [[ -e $record ]]; then
    read -r had holder _ <"$record"
    if ((holder != 0 && holder != pid)) && [[ -d /proc/$holder ]]; then
      die 5 "$name has them in use: process $holder. Wait until it is done"
    fi
  fi
  if ((pages > 0)); then
    [[ -w $file ]] || refuse "$file"
    require_memory "$file" "$pages"
  fi
  mkdir -p "$ledger"
  remember_base "$file"
  before=$(<"$file")
  # Written down before the pages are there: a kill between the two must not leave them without an owner.
  printf '%s %s %s\n' $((had + pages)) "$pid" "$file" >"$record"
  if ((pages > 0)); then grow "$file" $((before + pages)); fi
  if (($(<"$file") < before + pages)); then
    local got=$(($(<"$file") - before))
    write "$file" "$before"
    if ((had > 0)); then printf '%s %s %s\n' "$had" "$pid" "$file" >"$record"; else forget "$name" "$file"; fi
    die 5 "the kernel had memory for $got of $pages pages: end what uses much memory, or reboot: later it is too scattered"
  fi
  printf '%s -> %s\n' "$before" "$(<"$file")"
}

forget() {
  rm "$ledger/holder.$1"
  if ! others_use "$2"; then rm "$(base_of "$2")"; fi
  rmdir --ignore-fail-on-non-empty "$ledger"
}

keep() {
  local record=$ledger/holder.$1 added file
  [[ -e $record ]] || return 0
  read -r added _ file <"$record"
  printf '%s 0 %s\n' "$added" "$file" >"$record"
}

main() {
  local verb=${1:-} name=${2:-}
  [[ $name =~ ^[a-z0-9-]+$ ]] || die 2 'usage: huge-pages.sh set-aside NAME PID FILE PAGES | keep NAME | put-back NAME'
  lock
  case $verb/$# in
    set-aside/5) set_aside "$2" "$3" "$4" "$5" ;;
    keep/2) keep "$name" ;;
    put-back/2) if [[ -e $ledger/holder.$name ]]; then release "$name"; fi ;;
    *) die 2 "no such request: $*" ;;
  esac
}

main "$@"
