#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes what the hardware lab boots, once, and keeps it: a Debian 13 system with its own kernel as a disk image, and QEMU
# of the same release (Debian 12's knows no NIC with virtual functions).
#
#   test/hardware/build.sh
#
# Prints the folder that it is in. VDPACTL_LAB_CACHE says where it is kept. Exits with 3, and says why, where this
# machine cannot make it.
#
#   vmlinuz initrd.img root.ext4   what a guest boots; the image is never written to
#   system/                        the file system, with qemu-system-x86_64 in it
#   key known_hosts                how to get into a guest
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
release=trixie
# In the guest.
packages=(
  linux-image-amd64 busybox-static udev kmod procps iproute2 iputils-ping pciutils openssh-server socat nodejs
  dpdk-dev libdpdk-dev librte-net-vhost25 librte-net-virtio25 librte-net-e1000-25 librte-net-vmxnet3-25
  containerd runc containernetworking-plugins # of a node in test/cluster/guest-node.sh
)
emulator=(qemu-system-x86)
image_size=6G
# What it takes to find the root file system.
disk_modules=(virtio_pci virtio_blk nvme ext4 crc32c_generic)

inputs=$(cat "${BASH_SOURCE[0]}" "$here/guest/init.sh" "$here/guest/initrd.sh" | sha256sum)
cache=${VDPACTL_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vdpactl/lab}
folder=$cache/hardware-${inputs:0:12}
log=$cache/hardware.log

say() {
  printf 'hardware: %s\n' "$1" >&2
}

cannot() {
  say "$1"
  exit 3
}

die() {
  tail -n 20 "$log" >&2
  say "$1; $log has all of it"
  exit 1
}

require() {
  local program missing=()
  ((EUID == 0)) || cannot 'needs root to make a Debian system'
  [[ $(uname -m) == x86_64 ]] || cannot 'needs an x86_64 machine'
  for program in debootstrap mkfs.ext4 ssh ssh-keygen cpio xz; do type -P "$program" >/dev/null || missing+=("$program"); done
  if ((${#missing[@]} > 0)); then
    type -P apt-get >/dev/null || cannot "needs ${missing[*]}"
    say "installing what ${missing[*]} come from"
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends \
      debootstrap debian-archive-keyring e2fsprogs openssh-client cpio xz-utils >>"$log" 2>&1 || cannot "cannot install ${missing[*]}"
  fi
  unshare --mount --pid --fork true 2>>"$log" || cannot 'needs a machine that allows new name spaces'
}

# Where this machine gets Debian from; nothing where it is another system, and debootstrap knows itself.
mirror() {
  # shellcheck disable=SC2016 # apt's own format
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>>"$log" |
    { grep -E '/debian/?$' || true; } | head -n 1
}

# in_system COMMAND...: with processes and mounts of its own, of which nothing is left afterwards.
in_system() {
  # shellcheck disable=SC2016 # for the other shell
  unshare --mount --propagation private --pid --fork --kill-child bash -c '
    mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/tmp" &&
      exec chroot "$0" env DEBIAN_FRONTEND=noninteractive INITRD=No LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' "$system" "$@"
}

install_packages() {
  in_system apt-get -qq install -y --no-install-recommends "$@" >>"$log" 2>&1 || die "cannot install $*"
}

make_system() {
  local from
  from=$(mirror)
  say "making a Debian 13 system (once, some minutes)"
  debootstrap --variant=minbase --include=ca-certificates "$release" "$system" ${from:+"$from"} >>"$log" 2>&1 ||
    die 'debootstrap failed'
  printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >"$system/etc/dpkg/dpkg.cfg.d/lab"
  printf 'force-unsafe-io\n' >>"$system/etc/dpkg/dpkg.cfg.d/lab"
  printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d"
  chmod +x "$system/usr/sbin/policy-rc.d"
  install_packages "${packages[@]}"
  in_system apt-get clean
}

# How the host gets into a guest. A key for nothing but guests of this cache.
let_in() {
  ssh-keygen -q -t ed25519 -N '' -C 'vdpactl hardware lab' -f "$new/key" </dev/null
  install -D -m 600 "$new/key.pub" "$system/root/.ssh/authorized_keys"
  printf 'vdpactl-lab %s\n' "$(cut -d ' ' -f 1,2 "$system/etc/ssh/ssh_host_ed25519_key.pub")" >"$new/known_hosts"
  printf '%s\n' 'UseDNS no' 'UsePAM no' 'MaxSessions 64' 'PermitRootLogin prohibit-password' \
    'HostKey /etc/ssh/ssh_host_ed25519_key' >"$system/etc/ssh/sshd_config"
}

make_initrd() {
  local tree=$new/initrd module release
  release=$(basename "$system"/lib/modules/*)
  mkdir -p "$tree"/{bin,dev,modules,proc,root,sys}
  cp "$system/bin/busybox" "$tree/bin/busybox"
  install -m 755 "$here/guest/initrd.sh" "$tree/init"
  in_system modprobe --all --set-version "$release" --show-depends "${disk_modules[@]}" 2>>"$log" |
    sed -nE 's/^insmod ([^ ]+).*/\1/p' | awk '!seen[$0]++' |
    while read -r module; do
      cp "$system$module" "$tree/modules/"
      basename "${module%.xz}"
    done >"$tree/modules/order"
  xz --decompress "$tree"/modules/*.ko.xz
  (cd "$tree" && find . -print0 | cpio --quiet --null --create --format=newc) >"$new/initrd.img" 2>>"$log"
}

make_image() {
  say 'making the disk image'
  install -m 755 "$here/guest/init.sh" "$system/usr/local/sbin/lab-init"
  mkdir -p "$system/opt/vdpactl"
  cp "$system"/boot/vmlinuz-* "$new/vmlinuz"
  make_initrd || die 'the initial RAM disk cannot be made'
  mkfs.ext4 -q -L lab -E lazy_itable_init=1 -d "$system" "$new/root.ext4" "$image_size" >>"$log" 2>&1 ||
    die 'the disk image cannot be made'
}

build() {
  local began=$SECONDS new=$folder.new
  local system=$new/system
  rm -rf "$new"
  mkdir -p "$new"
  : >"$log"
  require
  make_system
  let_in
  make_image
  say 'installing QEMU beside it'
  install_packages "${emulator[@]}"
  in_system apt-get clean
  mv "$new" "$folder"
  say "made in $((SECONDS - began)) s"
}

# An image of other inputs is of no more use.
forget_others() {
  local other
  for other in "$cache"/hardware-*; do
    if [[ -d $other && $other != "$folder" ]]; then rm -rf --one-file-system "$other"; fi
  done
}

if [[ ! -d $folder ]]; then
  mkdir -p "$cache"
  # Another run may make the same.
  exec 9>"$cache/.hardware.lock"
  flock 9
  if [[ ! -d $folder ]]; then
    forget_others
    build
  fi
fi
printf '%s\n' "$folder"
