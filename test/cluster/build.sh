#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the real Kubernetes parts that the cluster tests run, as test tools, from their Go modules, and keeps them:
#
#   test/cluster/build.sh [TOOL...]
#
# Prints the folder that they are in. TOOL is one of those below; without any, those that make an API server.
# VDPACTL_LAB_CACHE says where they are kept. Exits with 3, and says why, where this machine cannot build them, or where
# VDPACTL_LAB_NO_BUILD says that it shall not.
set -euo pipefail

kubernetes=v1.34.4
staging=v0.34.4
# As src/config/kubernetes-schema.ts names its image.
multus=v4.3.0
# Its releases, v3.x, are no versions of a Go module, because the module's path lacks /v3. This one is, and others use it:
# the plugin as it was between v3.5.1 and v3.6.0. A newer one as a program: VDPACTL_SRIOVDP.
device_plugin=v0.0.0-20221127172732-a5a7395122e3
# The CNI project's own tool for plugins, and its plugins as they were when it speaks 1.1.0; a distribution's are older.
cni=v1.3.0
plugins=v1.9.0
whereabouts=v0.9.2
# Its plugin for CNI was one of the CNI project's in 2019, and later became a repository whose versions no module proxy has.
flannel=v0.28.4
flannel_plugin=v0.9.1
# What test/labs/images.lab.sh loads images with.
kind=v0.33.0
k3d=v5.8.3
flannel_cloud=github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common
# The oldest Go that these modules say they build with.
go_needed=1.24

lab=${VDPACTL_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vdpactl/lab}
# A folder for these versions: others do not mix with them. What is small has its version beside it.
cache=$lab/kubernetes-$kubernetes-multus-$multus-sriovdp-${device_plugin##*-}
bin=$cache/bin
log=$cache/build.log

say() {
  printf 'cluster: %s\n' "$1" >&2
}

cannot() {
  say "$1"
  exit 3
}

# module_of TOOL, package_of TOOL: etcd is of the version that this Kubernetes is built and tested with.
module_of() {
  case $1 in
    etcd | kube-apiserver | kube-controller-manager | kube-scheduler | kubelet | kubectl) echo "k8s.io/kubernetes $kubernetes" ;;
    multus-daemon | multus-shim | install_multus | passthru-cni) echo "gopkg.in/k8snetworkplumbingwg/multus-cni.v4 $multus" ;;
    sriovdp) echo "github.com/k8snetworkplumbingwg/sriov-network-device-plugin $device_plugin" ;;
    cnitool) echo "github.com/containernetworking/cni $cni" ;;
    flanneld) echo "github.com/flannel-io/flannel $flannel" ;;
    flannel) echo "github.com/containernetworking/plugins $flannel_plugin" ;;
    whereabouts) echo "github.com/k8snetworkplumbingwg/whereabouts $whereabouts" ;;
    host-local | static | loopback | portmap | bandwidth | sbr | tuning) echo "github.com/containernetworking/plugins $plugins" ;;
    kind) echo "sigs.k8s.io/kind $kind" ;;
    k3d) echo "github.com/k3d-io/k3d/v5 $k3d" ;;
    *) return 1 ;;
  esac
}

package_of() {
  local module
  module=$(module_of "$1")
  case $1 in
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    cnitool) echo "${module% *}/$1" ;;
    host-local | static) echo "${module% *}/plugins/ipam/$1" ;;
    loopback) echo "${module% *}/plugins/main/$1" ;;
    portmap | bandwidth | sbr | tuning | flannel) echo "${module% *}/plugins/meta/$1" ;;
    flanneld | kind | k3d) echo "${module% *}" ;;
    whereabouts) echo "${module% *}/cmd" ;;
    *) echo "${module% *}/cmd/$1" ;;
  esac
}

# Whether the Go that `go` comes to is new enough.
is_new_enough() {
  local version
  version=$(cd "$cache" && go env GOVERSION 2>>"$log") || return
  [[ $(printf '%s\n' "${version#go}" "$go_needed" | sort --version-sort | head -n 1) == "$go_needed" ]]
}

require_go() {
  type -P go >/dev/null || cannot "needs Go $go_needed or later to build the Kubernetes API server"
  if ! is_new_enough; then
    # Go 1.21 and later can fetch a newer one, which is a module too.
    export GOTOOLCHAIN=auto
    (cd "$cache" && go mod init vdpactl.lab/go && go mod edit -go="$go_needed.0") >>"$log" 2>&1 || true
    is_new_enough || cannot "needs Go $go_needed or later to build the Kubernetes API server; this is $(go version)"
  fi
}

# write_module FOLDER MODULE VERSION: a module that needs just that one, and every other in the version that this one has.
# Kubernetes' go.mod takes its staging modules from folders that its published module does not have: ours takes what was
# published of each.
write_module() {
  local folder=$1 module=$2 version=$3 published
  mkdir -p "$folder"
  printf 'module vdpactl.lab/tools\n\ngo %s\n\nrequire %s %s\n' "$go_needed" "$module" "$version" >"$folder/go.mod"
  go -C "$folder" mod download -json "$module" >"$folder/module.json" 2>>"$log" ||
    cannot "the Go module proxy does not give $module $version; $log has what it said"
  published=$(sed -nE 's/^\t"Dir": "(.*)",?$/\1/p' "$folder/module.json")
  install -m 644 "$published/go.sum" "$folder/go.sum"
  {
    printf 'module vdpactl.lab/tools\n\n'
    grep -E '^(go|godebug) ' "$published/go.mod"
    printf '\nrequire %s %s\n\nreplace (\n' "$module" "$version"
    # What flannel asks for of the tools of a cloud no module proxy has; this one is as good where no cloud is.
    if [[ $module == */flannel ]]; then printf '\t%s => %s v1.3.78\n' "$flannel_cloud" "$flannel_cloud"; fi
    sed -nE "s,^\t(k8s\.io/[a-z0-9-]+) => \./staging/.*,\t\1 => \1 $staging,p" "$published/go.mod"
    printf ')\n'
  } >"$folder/go.mod"
}

link_flags() {
  local version=${kubernetes#v} package
  printf -- '-s -w'
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf -- ' -X %s.gitVersion=%s' "$package" "$kubernetes"
    printf -- ' -X %s.gitMajor=%s' "$package" "${version%%.*}"
    printf -- ' -X %s.gitMinor=%s' "$package" "$(cut -d . -f 2 <<<"$version")"
    printf -- ' -X %s.gitTreeState=clean' "$package"
  done
}

build() {
  local tool=$1 began=$SECONDS module version source cgo=0 flags tags=''
  read -r module version <<<"$(module_of "$tool")"
  source=$cache/source/${module##*/}-$version
  say "building $tool"
  [[ -e $source/go.sum ]] || write_module "$source" "$module" "$version"
  flags=$(link_flags)
  # Without cgo the program is static, and a pod or a chroot can run it too. One has a part in C.
  if [[ $tool == flanneld ]]; then
    cgo=1
    tags=netgo,osusergo
    flags+=' -extldflags -static'
  fi
  CGO_ENABLED=$cgo GOFLAGS="${GOFLAGS:-} -mod=mod" nice -n 10 \
    go -C "$source" build -p 2 -trimpath -tags "$tags" -ldflags "$flags" -o "$bin/.$tool.new" "$(package_of "$tool")" >>"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    say "$tool cannot be built; $log has all of it"
    exit 1
  }
  printf '%s\n' "$version" >"$bin/.$tool.version"
  mv "$bin/.$tool.new" "$bin/$tool"
  say "built $tool in $((SECONDS - began)) s"
}

# What was built before it had its version beside it is of the folder's.
missing() {
  local tool module version
  for tool in "$@"; do
    read -r module version <<<"$(module_of "$tool")"
    [[ -x $bin/$tool && (! -e $bin/.$tool.version || $(<"$bin/.$tool.version") == "$version") ]] || printf '%s\n' "$tool"
  done
}

if (($# == 0)); then set -- etcd kube-apiserver kubectl; fi
for tool in "$@"; do
  module_of "$tool" >/dev/null || {
    say "no such tool: $tool"
    exit 2
  }
done

if [[ -n $(missing "$@") ]]; then
  [[ -z ${VDPACTL_LAB_NO_BUILD:-} ]] || cannot "not built yet: $(missing "$@" | paste -sd ' ')"
  mkdir -p "$bin"
  # Another run may build the same.
  exec 9>"$cache/.lock"
  flock 9
  mapfile -t wanted < <(missing "$@")
  if ((${#wanted[@]} > 0)); then
    : >"$log"
    require_go
    for tool in "${wanted[@]}"; do build "$tool"; done
  fi
fi
printf '%s\n' "$bin"
