#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The images, built for real by `vdpactl images build` with buildah, podman and docker, looked at from inside, pushed to a
# registry and pulled from it, and loaded into containerd, kind and k3d: no image can be pulled where this runs, so the
# base is made by debootstrap.
#
# Everything is mounted in a name space of its own: nothing of it is left afterwards. The base and what the engines keep
# between builds stay in the cache (VDPACTL_LAB_CACHE).
# shellcheck disable=SC2016 # what is quoted so is for a shell in an image, or for JavaScript
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${VDPACTL_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vdpactl/lab}/images
base=docker.io/library/debian:trixie-slim
holder=lab-images
# Of the network that nodes of k3d have. Nothing else of this lab is the machine's.
bridge=vdpalabimages
# What engines keep may grow with every change of a Containerfile: beyond this it is thrown away.
max_kept_mib=6000

# shellcheck source=test/labs/images-engines.sh
source "$here/test/labs/images-engines.sh"

say() {
  printf 'images: %s\n' "$1"
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
  local program missing=()
  ((EUID == 0)) || skip 'needs root'
  unshare --mount --pid --fork true 2>/dev/null || skip 'needs a machine that allows new name spaces'
  [[ -e $here/dist/cli.js ]] || die 'vdpactl is not built: run npm ci && npm run build'
  for program in buildah podman runc debootstrap; do type -P "$program" >/dev/null || missing+=("$program"); done
  if ((${#missing[@]} == 0)); then return; fi
  if [[ ${CI:-} != true ]] || ! type -P apt-get >/dev/null; then skip "needs ${missing[*]}"; fi
  say "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends --no-remove \
    "${missing[@]}" debian-archive-keyring >/dev/null || skip "${missing[*]} cannot be installed"
}

# make_base: as Debian's own slim image is: without documentation, and with apt set to be brief.
make_base() {
  local system=$cache/base.new
  if [[ -e $cache/base.tar ]]; then return; fi
  say 'making a Debian 13 base (once, about a minute)'
  rm -rf --one-file-system "$system"
  mkdir -p "$cache"
  debootstrap --variant=minbase trixie "$system" >"$cache/debootstrap.log" 2>&1 ||
    { tail -n 15 "$cache/debootstrap.log" >&2 && die "debootstrap failed; its log is $cache/debootstrap.log"; }
  printf 'path-exclude /usr/share/%s/*\n' doc man info locale >"$system/etc/dpkg/dpkg.cfg.d/docker"
  # shellcheck disable=SC2115 # the variable is not empty
  rm -rf "$system"/usr/share/{doc,man,info,locale}/* "$system"/var/{cache/apt,lib/apt/lists,log}/*
  mkdir -p "$system"/var/{cache/apt/archives,lib/apt/lists}/partial
  tar -C "$system" --one-file-system -c . >"$cache/base.tar.new"
  rm -rf --one-file-system "$system"
  mv "$cache/base.tar.new" "$cache/base.tar"
}

forget_what_grew() {
  local kept each
  for each in storage docker; do
    kept=$(du -sxm "$cache/$each" 2>/dev/null | cut -f 1) || true
    if ((${kept:-0} > max_kept_mib)); then
      say "forgetting what the engines kept in $each ($kept MiB)"
      rm -rf --one-file-system "${cache:?}/$each"
    fi
  done
}

tidy_up() {
  local code=$?
  trap - EXIT
  # Whatever ran in the name space and was mounted there has ended with it.
  rm -rf --one-file-system "$work" || code=1
  ip link delete "$bridge" 2>/dev/null || true
  "$here/scripts/quickstart/huge-pages.sh" put-back "$holder" >/dev/null || code=1
  if findmnt --raw --noheadings --output TARGET | grep -F "$cache/"; then
    say 'failed: still mounted, see above' >&2
    code=1
  fi
  exit "$code"
}

outside() {
  require
  mkdir -p "$cache"
  exec 9>"$cache/.lock"
  flock --timeout 300 9 || skip 'another run is at work'
  work=$(mktemp -d /var/tmp/vdpactl-lab-images.XXXXXX)
  export work
  trap tidy_up EXIT
  trap 'exit 143' TERM
  trap 'exit 130' INT
  make_base
  forget_what_grew
  VDPACTL_LAB_HUGE_PAGES=$("$here/scripts/quickstart/huge-pages.sh" set-aside "$holder" $$ \
    /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages 192 2>&1) ||
    VDPACTL_LAB_HUGE_PAGES=''
  export VDPACTL_LAB_HUGE_PAGES
  unshare --mount --propagation private --pid --mount-proc --fork --kill-child "$BASH" "${BASH_SOURCE[0]}" inside
}

# --- inside of it ----------------------------------------------------------------------------------------------------

# What docker and containerd write beside the folders that they are given stays in this name space: a key, plugins, sockets.
cover() {
  local each
  for each in etc opt run; do
    mkdir -p "$work/cover/$each"/{upper,work}
    mount -t overlay -o "lowerdir=/$each,upperdir=$work/cover/$each/upper,workdir=$work/cover/$each/work" overlay "/$each" 2>/dev/null ||
      skip 'needs overlay file systems'
  done
}

set_up_engines() {
  mkdir -p "$cache/storage" "$work/run"
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$cache/storage" "$work/run" >"$work/storage.conf"
  # Podman's own records are of containers that are gone, and of the folders of another run. The images are not in them.
  rm -rf --one-file-system "$cache/storage/libpod"
  export CONTAINERS_STORAGE_CONF=$work/storage.conf TMPDIR=$work
  podman image exists "$base" || podman import --quiet "$cache/base.tar" "$base" >/dev/null || die 'the base cannot be imported'
  in_image "$base" true 2>"$work/log" || skip "podman cannot run a container here: $(tail -n 1 "$work/log")"
}

# in_image [OPTION]... IMAGE COMMAND...: without network. The limits are for machines without CAP_SYS_RESOURCE.
in_image() {
  podman --runtime runc run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@"
}

vdpactl() {
  node "$here/bin/vdpactl.js" "$@"
}

# expect WHAT PATTERN COMMAND...
expect() {
  local what=$1 pattern=$2 found
  shift 2
  found=$("$@" 2>&1) || true
  grep -Eq -- "$pattern" <<<"$found" || die "$what: expected $pattern, found: $(head -c 500 <<<"$found")"
  say "$what"
}

# build IMAGE ENGINE ARGUMENT: docker has a digest only of what it pushed.
build() {
  local began=$SECONDS
  vdpactl images build "$1" --engine "$2" --engine-arg="$3" --progress none -o json >"$work/$1.json" ||
    die "$1 is not built"
  node -e '
    const { engine, images } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
    const [image] = images;
    const known = [image.id, ...(engine === "docker" ? [] : [image.digest])];
    if (!known.every((each) => /^sha256:[0-9a-f]{64}$/.test(each))) throw new Error("no id");
    console.log(`images: ${image.reference}: ${(image.sizeBytes / 1e6).toFixed(1)} MB`);' "$work/$1.json"
  say "$1 built with $2 in $((SECONDS - began)) s"
}

look_into() {
  local image=localhost/vdpactl/$1:$version tools
  tools='for each in gcc cc c99 g++ clang tcc as ld make cmake python3 node-gyp npm; do command -v $each; done; find / -xdev -name cc1 2>/dev/null'
  [[ -z $(in_image --entrypoint sh "$image" -c "$tools") ]] || die "$1 has tools that compile"
  say "$1: no compiler"
  in_image --entrypoint cat "$image" /usr/share/vdpactl/sbom.json >"$work/$1.sbom.json"
  in_image --entrypoint dpkg-query "$image" -W -f '${Package} ${Version}\n' >"$work/$1.packages"
  node "$here/test/labs/check-sbom.mjs" "$work/$1.sbom.json" "$work/$1.packages" || die "$1: the bill of materials is wrong"
  expect "$1: labels" "\"org.opencontainers.image.version\": *\"$version\"" podman image inspect "$image"
  expect "$1: the licence in a label" '"org.opencontainers.image.licenses": *"Apache-2.0' podman image inspect "$image"
}

look_into_node() {
  local image=localhost/vdpactl/node:$version program
  expect 'node: vdpactl runs' "^$version\$" in_image "$image" vdpactl --version
  expect 'node: testpmd of DPDK 24.11' 'DPDK 24\.11' in_image "$image" sh -c 'dpdk-testpmd --version; vdpactl version | sed s/dpdk/DPDK/\;s/\ \ *24/\ 24/'
  expect 'node: testpmd comes up on a null device' 'Port 0: link state change|Start automatic packet forwarding|Press enter|Done' \
    in_image "$image" sh -c 'echo quit | timeout 20 dpdk-testpmd --no-huge -m 64 --no-pci --no-telemetry --no-shconf --vdev net_null0 --lcores 0@0,1@0 -- --total-num-mbufs=2048 --auto-start'
  expect 'node: dpdk-vdpa starts' 'EAL: ' in_image "$image" sh -c 'timeout 10 dpdk-vdpa --no-huge --no-shconf --no-pci --no-telemetry -m 16 -- --help'
  for program in vdpactl-agent vdpactl-supervisor; do
    expect "node: $program is there" 'usage: ' in_image "$image" "$program"
  done
  for program in vdpa vdpa-isolate vdpa-mount; do
    expect "node: $program is static" 'not a dynamic executable|statically linked' in_image "$image" ldd "/usr/lib/vdpactl/dist/$program"
  done
  for program in ip vdpa modprobe modinfo rmmod mount umount unshare stdbuf; do
    in_image "$image" sh -c "command -v $program" >/dev/null || die "node: no $program"
  done
  say 'node: ip, vdpa, kmod, mount and unshare are there'
}

look_into_l3fwd() {
  local image=localhost/vdpactl/l3fwd:$version ours
  expect 'l3fwd: runs as 65532' '^65532:65532$' in_image --entrypoint sh "$image" -c 'echo "$(id -u):$(id -g)"'
  expect 'l3fwd: --help' '--relax-rx-offload|--vdev' in_image --entrypoint dpdk-l3fwd "$image" --help
  expect 'l3fwd: vdpa-run waits for its attachment' 'waiting for /var/run/vdpa/eal.args' \
    timeout --signal=TERM 20 podman --runtime runc run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
    --read-only --cap-drop all "$image" --timeout 1 dpdk-l3fwd
  # What no package of Debian brought, and what is not made anew in every system.
  ours=$(in_image --entrypoint sh "$image" -c 'find /usr -xdev -type f | sort >/tmp/all; cat /var/lib/dpkg/info/*.list | sort -u >/tmp/packages
    comm -23 /tmp/all /tmp/packages | grep -vE "^/usr/(lib/x86_64-linux-gnu/gconv|share/(mime|info)|lib/.*/ld)" | while read -r file; do dpkg -S "${file#/usr}" >/dev/null 2>&1 || echo "$file"; done')
  say "l3fwd: beside Debian's packages it has $(tr '\n' ' ' <<<"$ours")"
  grep -qx /usr/bin/vdpa-run <<<"$ours" || die 'l3fwd: no vdpa-run'
  if grep -q vdpactl/dist <<<"$ours"; then die 'l3fwd: parts of the node in it'; fi
}

# The workload as in a pod, the testpmd of the node image as its backend.
run_l3fwd() {
  local image=localhost/vdpactl/l3fwd:$version dir=$work/pod name=${work##*.} started
  if [[ -z $VDPACTL_LAB_HUGE_PAGES ]]; then
    say 'l3fwd on a backend: left out, no huge pages can be set aside'
    return
  fi
  install -d -o 65532 -g 65532 -m 770 "$dir/net1"
  chmod 711 "$work" "$dir"
  podman --runtime runc run --rm --name "$name" --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \
    --read-only --cap-drop all --security-opt no-new-privileges --tmpfs /tmp -v "$dir:/var/run/vdpa" "$image" >"$work/l3fwd.log" 2>&1 &
  started=($!)
  sleep 1
  printf '%s\n' '--vdev=net_virtio_user0,path=/var/run/vdpa/net1/vhost.sock,server=1,queues=1,queue_size=256' --no-pci \
    --in-memory --single-file-segments --iova-mode=va >"$dir/eal.args.new"
  mv "$dir/eal.args.new" "$dir/eal.args"
  in_image --name "$name-backend" --privileged -v "$dir:/pod" localhost/vdpactl/node:"$version" sh -c 'timeout 30 dpdk-testpmd --lcores 0@0,1@0 \
    --in-memory --single-file-segments -m 64 --no-pci --no-telemetry --vdev net_vhost0,iface=/pod/net1/vhost.sock,client=1 \
    --vdev net_null0 -- --total-num-mbufs=4096 --auto-start --stats-period 1' >"$work/testpmd.log" 2>&1 &
  started+=($!)
  for _ in {1..250}; do
    if grep -q 'entering main loop' "$work/l3fwd.log"; then break; fi
    sleep 0.1
  done
  podman --runtime runc rm --force --time 0 "$name" "$name-backend" >/dev/null 2>&1 || true
  wait "${started[@]}" || true
  grep -q 'entering main loop' "$work/l3fwd.log" ||
    die "l3fwd did not begin to forward: $(tail -n 5 "$work/l3fwd.log") / $(tail -n 3 "$work/testpmd.log")"
  say 'l3fwd: unprivileged, read-only, no capability: polls its attachment, testpmd of the node image behind it'
}

load_into_containerd() {
  local digest
  if ! type -P containerd ctr >/dev/null; then
    say 'containerd: left out, it is not installed'
    return
  fi
  mkdir -p "$work/containerd"
  printf 'version = 2\nroot = "%s/root"\nstate = "%s/state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "%s/sock"\n' \
    "$work/containerd" "$work/containerd" "$work/containerd" >"$work/containerd/config.toml"
  containerd --config "$work/containerd/config.toml" >"$work/containerd/log" 2>&1 &
  for _ in {1..100}; do
    if [[ -S $work/containerd/sock ]]; then break; fi
    sleep 0.1
  done
  export CONTAINERD_ADDRESS=$work/containerd/sock
  digest=$(load podman containerd)
  [[ $digest == "$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).images[0].digest' "$work/l3fwd.json")" ]] ||
    die "containerd has l3fwd under another digest than it was built with: $digest"
  expect 'containerd has l3fwd under its name and digest' "localhost/vdpactl/l3fwd:$version .*$digest" \
    ctr --namespace k8s.io images ls
}

inside() {
  trap 'exit 143' TERM
  trap 'exit 130' INT
  version=$(vdpactl --version)
  cover
  set_up_engines
  build l3fwd buildah --isolation=chroot
  build node podman --isolation=chroot
  look_into l3fwd
  look_into node
  look_into_node
  look_into_l3fwd
  load_into_containerd
  run_l3fwd
  push_to_registry
  with_docker
  say "done in $SECONDS s"
}

if [[ ${1:-} == inside ]]; then inside; else outside; fi
