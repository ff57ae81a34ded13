# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the two labs from end to end share (docs/cluster-lab.md). They take what the labs before them have built: the programs
# of a cluster, and the base and layers of the images.

# skip WHY: as .ci/run reads it. $lab is the name of the lab.
skip() {
  # shellcheck disable=SC2154 # the lab sets it
  printf '%s: skipped: %s\n' "$lab" "$1"
  exit 0
}

# require_built TOOL...: beside those of the control plane and Multus. They take longer to build than there is time here.
require_built() {
  local why code=0
  why=$(VDPACTL_LAB_NO_BUILD=1 test/cluster/build.sh etcd kube-apiserver kubectl kube-controller-manager kube-scheduler \
    multus-shim install_multus passthru-cni multus-daemon "$@" 2>&1 >/dev/null) || code=$?
  ((code == 0)) || skip "${why#cluster: }; bash test/labs/cluster.lab.sh builds them"
}

# build_flannel: two minutes, once.
build_flannel() {
  local code=0
  timeout 600 test/cluster/build.sh flannel flanneld >/dev/null || code=$?
  ((code != 3 && code != 124)) || skip 'Flannel cannot be built'
  return "$code"
}

# run_test FILE WHY: skipped where the test says that it is, after WHY.
run_test() {
  local said why
  said=$(mktemp)
  # shellcheck disable=SC2064 # as it is now
  trap "rm -f '$said'" EXIT
  npm run --silent build
  VDPACTL_LAB_NO_BUILD=1 node_modules/.bin/vitest run --project cluster --reporter verbose "$1" 2>&1 | tee "$said"
  why=$(sed -n "s/^cluster: $2: //p" "$said")
  [[ -z $why ]] || skip "$why"
}
