#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The first process of a guest of the hardware lab: what a node's init does of which vdpactl sees something.
# The kernel's command line says who it is: lab.name, and lab.uplink, the MAC of the interface to reach it by. lab.address
# and lab.gateway are of that interface, where it is not in a network of QEMU's own.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

# mounted TYPE FOLDER [OPTIONS]: unless it is mounted already.
mounted() {
  mkdir -p "$2"
  mountpoint -q "$2" || mount -t "$1" ${3:+-o "$3"} "$1" "$2"
}

mounted proc /proc
mounted sysfs /sys
mounted devtmpfs /dev
mounted tmpfs /run mode=755
mounted tmpfs /tmp mode=1777
mounted devpts /dev/pts gid=5,mode=620
mounted tmpfs /dev/shm mode=1777
mounted hugetlbfs /dev/hugepages
mounted cgroup2 /sys/fs/cgroup

of_kernel() {
  sed -nE "s/.*\b$1=([^ ]+).*/\1/p" /proc/cmdline
}

hostname "$(of_kernel lab.name)"
ip link set lo up

/usr/lib/systemd/systemd-udevd --daemon
# The rest of the machine is of no interest, and loading its modules takes time.
udevadm trigger --action=add --subsystem-match=pci --subsystem-match=virtio --subsystem-match=net
udevadm settle --timeout=60

uplink=''
for _ in {1..50}; do
  uplink=$(ip -oneline link | grep -F "$(of_kernel lab.uplink)" | sed -nE 's/^[0-9]+: ([^:@]+).*/\1/p' | head -n 1)
  if [[ -n $uplink ]]; then break; fi
  sleep 0.1
done
address=$(of_kernel lab.address)
gateway=$(of_kernel lab.gateway)
ip address add "${address:-10.0.2.15/24}" dev "$uplink"
ip link set "$uplink" up
ip route add default via "${gateway:-10.0.2.2}" dev "$uplink"

# What the host's heartbeat talks to.
socat TCP-LISTEN:7,fork,reuseaddr PIPE &

mkdir -p /run/sshd
echo "lab: $(hostname) is up, uplink $uplink, after $(cut -d ' ' -f 1 /proc/uptime) s"
while true; do
  /usr/sbin/sshd -D -e
  sleep 1
done
