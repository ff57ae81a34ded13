#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A Kubernetes node in name spaces of its own (mounts, processes, network): containerd and kubelet, as node.ts starts it.
#
#   node.sh FOLDER KUBELET NAME ADDRESS
#
# All that the node writes goes to FOLDER; the machine's /etc, /opt, /run, /var/lib and /var/log are not touched. This is
# the first process of its name space: when it ends, however that comes, nothing of the node is left but its cgroups.
set -euo pipefail

folder=$1
kubelet=$2
name=$3
address=$4

# overlay PATH [FROM]: shows what is there, or in FROM; writes go to FOLDER.
overlay() {
  local own=$folder/overlay$1
  mkdir -p "$own/upper" "$own/work" "$1"
  mount -t overlay overlay -o "lowerdir=${2:-$1},upperdir=$own/upper,workdir=$own/work" "$1"
}

# own PATH: is empty, and FOLDER's.
own() {
  mkdir -p "$folder/own$1" "$1"
  mount --bind "$folder/own$1" "$1"
}

# pretend FILE VALUE: kubelet sets some sysctls that the whole machine shares. It finds them as it wants them.
pretend() {
  local file=$folder/sysctl-${1##*/}
  if [[ -e $1 && $(<"$1") != "$2" ]]; then
    printf '%s\n' "$2" >"$file"
    mount --bind "$file" "$1"
  fi
}

# keep NAME PROGRAM...: runs it. When it ends the node is down, unless FOLDER/NAME.stopped said once that somebody wanted
# it: it is then started again as soon as that file is gone, and, as by systemd, whenever it ends.
keep() {
  local name=$1 again=''
  shift
  while :; do
    "$@" >>"$folder/$name.log" 2>&1 &
    printf '%s\n' $! >"$folder/$name.pid"
    wait $! || true
    if [[ -e $folder/$name.stopped ]]; then again=yes; fi
    [[ -n $again ]] || return
    sleep 0.2
    while [[ -e $folder/$name.stopped ]]; do sleep 0.1; done
  done
}

# Volumes and sockets are to appear in containers that ask for it.
mount --make-rshared /

# A sysfs that shows the network of this name space.
mkdir -p "$folder/cgroup"
mount --rbind /sys/fs/cgroup "$folder/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$folder/cgroup" /sys/fs/cgroup

overlay /etc
overlay /opt
overlay /var/lib
own /run
own /var/lib/kubelet
own /var/log

pretend /proc/sys/vm/overcommit_memory 1
pretend /proc/sys/vm/panic_on_oom 0
pretend /proc/sys/kernel/panic 10
pretend /proc/sys/kernel/panic_on_oops 1
pretend /proc/sys/kernel/keys/root_maxkeys 1000000
pretend /proc/sys/kernel/keys/root_maxbytes 25000000

# Files, not links: a container that mounts this folder sees nothing of the other.
overlay /opt/cni/bin /usr/lib/cni
# Programs of the machine may have networks of their own there, as podman has.
rm -rf /etc/cni/net.d
mkdir -p /etc/cni/net.d
# Another runtime of the machine may have its own there.
rm -f /etc/cni/net.d/*
cp "$folder/pod-network.conflist" /etc/cni/net.d/10-pods.conflist

ip link set lo up
for ((tries = 100; tries > 0; tries--)); do
  if [[ -d /sys/class/net/eth0 ]] && ip -4 -o address show dev eth0 | grep -q inet; then break; fi
  sleep 0.1
done

keep containerd containerd --config "$folder/containerd.toml" &
for ((tries = 300; tries > 0; tries--)); do
  if ctr version >/dev/null 2>&1; then break; fi
  sleep 0.1
done
for image in "$folder"/images/*.tar; do ctr --namespace k8s.io images import "$image" >>"$folder/containerd.log" 2>&1; done

keep kubelet "$kubelet" --config="$folder/kubelet.json" --kubeconfig="$folder/kubelet.kubeconfig" \
  --hostname-override="$name" --node-ip="$address" &
# Either ends: the node is down.
wait -n
