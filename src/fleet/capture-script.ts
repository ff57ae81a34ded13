// SPDX-License-Identifier: Apache-2.0
import { captureTable } from './capture-table.ts';

/** What the answer begins with, after whatever a login prints. */
export const answerMark = 'vdpactl-capture/1';

/**
 * A POSIX shell script that prints what the probe reads, for `sh -s [ROOT]`. It writes nothing and needs no program but
 * sed and tr; gzip, readlink, uname, ip and vdpa are used where they are. Most files are read by the shell itself, for to
 * start a program for each would take seconds on a host with many NICs.
 *
 * Lines of the answer: `D` a directory, `N` something that was not read, `L` a link and after a tab its target, `A` an
 * absolute target that is a directory, `F` a file, `T` what a program says; the content of both follows in lines that
 * begin with `>`, or in `!` when it cannot be read. `E` ends it.
 */
export function captureScript(table: typeof captureTable = captureTable): string {
  const words = (patterns: readonly string[]) => patterns.join(' ');
  const { function: own } = table;
  return `LC_ALL=C; export LC_ALL
unset CDPATH
cd -P -- "\${1:-/}" || exit 9
base=$PWD
IFS= read -r kernel 2>/dev/null <proc/sys/kernel/osrelease

link() {
  if cd -P -- "$1" 2>/dev/null; then
    to=\${PWD#"$base"}
    cd "$base" || exit 9
    printf 'A %s\\t/%s\\n' "$1" "\${to#/}"
  elif to=$(readlink "$1" 2>/dev/null); then
    printf 'L %s\\t%s\\n' "$1" "$to"
  else
    printf 'N %s\\n' "$1"
  fi
}

list() {
  [ -d "$1" ] || return 0
  printf 'D %s\\n' "$1"
  for entry in "$1"/* "$1"/.[!.]*; do
    if [ -L "$entry" ]; then link "$entry"
    elif [ -d "$entry" ]; then printf 'D %s\\n' "$entry"
    elif [ -e "$entry" ]; then printf 'N %s\\n' "$entry"
    fi
  done
}

fact() {
  [ -f "$1" ] && [ -r "$1" ] || return 0
  value=
  if { IFS= read -r value <"$1"; } 2>/dev/null || [ -n "$value" ]; then
    printf 'F %s\\n>%s\\n' "$1" "$value"
  else
    text "$1"
  fi
}

lines() {
  [ -f "$1" ] && [ -r "$1" ] || return 0
  printf 'F %s\\n' "$1"
  while IFS= read -r value || [ -n "$value" ]; do printf '>%s\\n' "$value"; done 2>/dev/null <"$1"
}

text() {
  [ -f "$1" ] && [ -r "$1" ] || return 0
  printf 'F %s\\n' "$1"
  sed 's/^/>/' "$1" 2>/dev/null || printf '\\n!\\n'
  printf '\\n'
}

says() {
  what=$1
  shift
  command -v "$1" >/dev/null 2>&1 || return 0
  said=$("$@" 2>/dev/null </dev/null) || return 0
  printf 'T %s\\n' "$what"
  printf '%s\\n' "$said" | sed 's/^/>/'
}

# The routes of other tables than main and local: of all routes there may be a million.
routes() {
  command -v ip >/dev/null 2>&1 || return 0
  printf 'T routes\\n'
  ip -o -4 route show table all 2>/dev/null </dev/null | sed -n '/ table local/d; s/^.* table .*/>&/p'
}

# shellcheck disable=SC2020
# Of a CNI configuration only the types of its plugins: it may hold secrets.
types() {
  [ -f "$1" ] && [ -r "$1" ] || return 0
  printf 'C %s\\n' "$1"
  tr ',{}' '\\n\\n\\n' <"$1" 2>/dev/null | sed -n 's/^[[:space:]]*"\\(type\\)"[[:space:]]*:[[:space:]]*"\\([A-Za-z0-9._-]*\\)".*/>\\2/p; s/^[[:space:]]*"plugins"[[:space:]]*:.*/>[/p'
}

capture() {
  for path in ${words(table.lists)}; do list "$path"; done
  for path in ${words(table.facts)}; do fact "$path"; done
  for path in ${words(table.texts)}; do text "$path"; done
  for path in ${words(table.names)}; do
    if [ -d "$path" ]; then printf 'D %s\\n' "$path"; elif [ -e "$path" ]; then printf 'N %s\\n' "$path"; fi
  done
  [ -r sys/devices/system/cpu/online ] || text proc/cpuinfo
  for path in etc/cni/net.d/*; do types "$path"; done
  [ -d sys/bus/pci/devices ] && printf 'D sys/bus/pci/devices\\n'
  for device in sys/bus/pci/devices/*; do
    [ -e "$device" ] || continue
    value=
    { IFS= read -r value <"$device/class"; } 2>/dev/null
    case $value in
    0x02*)
      if [ -L "$device" ]; then link "$device"; fi
      fact "$device/class"
      for path in ${own.lists.map((path) => `"$device"${path === '' ? '' : `/${path}`}`).join(' ')}; do list "$path"; done
      for path in ${words(own.facts)}; do fact "$device/$path"; done
${own.texts.map((path) => `      lines "$device/${path}"`).join('\n')}
      ;;
    '') printf 'D %s\\n' "$device" ;;
    *) printf 'F %s/class\\n>%s\\n' "$device" "$value" ;;
    esac
  done
  if [ "$base" = / ]; then
    printf 'T ssh\\n>%s\\n' "$SSH_CONNECTION"
    says machine uname -m
    says addresses ip -j -4 address show
    says address-lines ip -o -4 address show
    routes
    [ -d sys/bus/vdpa ] && says vdpa vdpa -jp mgmtdev show
  fi
  printf 'E\\n'
}

printf '\\n%s\\n' ${answerMark}
if command -v gzip >/dev/null 2>&1; then capture | gzip -c; else capture; fi
`;
}
