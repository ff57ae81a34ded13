#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What vdpactl renders, taken by the real parts of Kubernetes: built from their Go modules, kept in a cache, run on this
# machine (docs/cluster-lab.md). The first run on a machine builds for some six minutes.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What a node is made of, beside kubelet. Only CI installs it: on other machines it may be in the way of another runtime.
node_packages=(containerd runc containernetworking-plugins busybox-static iproute2 util-linux)
if [[ ${CI:-} == true ]] && ((EUID == 0)) && type -P apt-get >/dev/null && ! type -P containerd >/dev/null; then
  echo 'cluster: installing containerd and runc'
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends --no-remove \
    "${node_packages[@]}" >/dev/null || echo 'cluster: they cannot be installed'
fi

# build TOOL...: no longer than there is time. What a build that was cut short has compiled, the next one does not.
build_minutes=${VDPACTL_LAB_BUILD_MINUTES:-9}
build() {
  local left=$((build_minutes * 60 - SECONDS)) code=0
  ((left > 0)) || left=1
  timeout "$left" test/cluster/build.sh "$@" >/dev/null || code=$?
  if ((code == 124)); then printf 'cluster: %s: not built within %d minutes: run it again\n' "$1" "$build_minutes"; fi
  return "$code"
}

code=0
why=$(build etcd kube-apiserver kubectl 2>&1 | tee >(cat >&2)) || code=$?
if ((code == 3 || code == 124)); then
  why=${why##*$'\n'}
  printf 'cluster: skipped: %s\n' "${why#cluster: }"
  exit 0
fi
((code == 0)) || exit "$code"
for tools in 'kube-controller-manager kube-scheduler kubelet' 'cnitool host-local static loopback portmap bandwidth sbr tuning' whereabouts sriovdp \
  'multus-shim install_multus passthru-cni multus-daemon'; do
  code=0
  # shellcheck disable=SC2086 # several tools
  build $tools || code=$?
  # Without them fewer tests run, and vitest's setup says which.
  ((code == 0 || code == 3 || code == 124)) || exit "$code"
done
export VDPACTL_LAB_NO_BUILD=1

npm run --silent build
node_modules/.bin/vitest run --project cluster
