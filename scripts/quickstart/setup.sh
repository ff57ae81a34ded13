# shellcheck shell=bash disable=SC2034,SC2154 # the variables come from the scripts beside this one
# SPDX-License-Identifier: Apache-2.0
# The steps that make this machine ready: packages, Node.js, libraries, the build.

look_at_machine() {
  local name how
  begin 'Look at this machine'
  [[ $(uname -s) == Linux ]] || fail 5 "this is $(uname -s)" 'use a Linux machine, or a virtual one'
  # shellcheck source=/dev/null
  name=$(. /etc/os-release 2>/dev/null && printf '%s' "${PRETTY_NAME:-Linux}") || name=Linux
  if become_root; then
    how=${root[*]:+with sudo where root is needed}
  elif ((dry_run || install_only)); then
    how='not root, which a real run needs'
  else
    fail 5 'not root, and no way to become it' 'run it as root, or as a user who may use sudo'
  fi
  finish "$name, $(nproc) CPUs, ${how:-as root}"
}

install_packages() {
  begin 'Packages'
  find_missing
  if ((${#missing[@]} == 0)); then
    require_dpdk
    finish 'all there'
    return 0
  fi
  show_missing
  if ! type -P apt-get >/dev/null; then
    fail 5 'there is no apt-get on this machine' 'install what is listed above by its means, then run ./quickstart again'
  fi
  if ((EUID != 0 && ${#root[@]} == 0 && !dry_run)); then
    fail 5 'root is needed to install packages' 'run it as root, or as a user who may use sudo'
  fi
  confirm 'Install them with apt-get?' || fail 5 'nothing was installed' 'install them yourself, or run ./quickstart again'
  if ((!dry_run)); then
    wait_for_apt
    say 'installing, which takes some minutes'
  fi
  # A list that cannot be had now may be there from before: what matters is whether the packages can be installed.
  apt_get run update || say 'apt-get update failed; going on with the package lists that are there'
  # What the distribution has is known only now.
  find_missing
  require_dpdk
  install "${missing[@]}" ||
    fail $? 'apt-get could not install the packages' 'mend what apt-get names above, then run ./quickstart again'
  check_installed
  finish 'installed'
}

# check_installed: a package that is installed but damaged is not mended by installing it.
check_installed() {
  if ((dry_run)); then return 0; fi
  find_missing
  ((${#missing[@]} == 0)) ||
    fail 5 "installed, but not found: ${missing[*]}" "apt-get install --reinstall ${missing[*]}, then run ./quickstart again"
}

provide_node() {
  local package path=$PATH
  begin 'Node.js'
  if ! use_node; then
    package=$(node_package) ||
      fail 5 "there is no Node.js for $(uname -m) to fetch" "install Node.js $node_minimum or later yourself, then run ./quickstart again"
    # The npm that works may be the distribution's, behind another one in PATH.
    npm --version >/dev/null 2>&1 || path=/usr/bin:$PATH
    say "fetching Node.js $node_release from the npm registry into $node_home"
    run env "PATH=$path" npm install --prefix "$node_home" --ignore-scripts --no-audit --no-fund "$package" "npm@$npm_release" ||
      fail $? 'npm could not fetch Node.js' 'see that this machine reaches the npm registry, then run ./quickstart again'
    use_node || ((dry_run)) || fail 70 'the Node.js that was fetched does not run' 'please report this, with the log'
  fi
  if ((!dry_run)); then finish "$(node -p process.versions.node), $(type -P node)"; else finish 'there'; fi
}

install_modules() {
  begin 'Libraries'
  if [[ node_modules/.package-lock.json -nt package-lock.json ]]; then
    finish 'all there'
    return 0
  fi
  run npm ci || fail $? 'npm ci failed' 'mend what npm names above, then run ./quickstart again'
  # npm may keep the time of a package's files; the comparison above wants the time of the installation.
  if ((!dry_run)); then touch node_modules/.package-lock.json; fi
  finish 'installed'
}

build() {
  begin 'Build'
  if [[ -e dist/cli.js && -z $(find src dataplane scripts/build.mjs package.json package-lock.json -newer dist/cli.js -print -quit) ]]; then
    finish 'up to date'
    return 0
  fi
  run npm run --silent build || fail $? 'the build failed' 'please report this, with the log'
  finish 'done'
}
