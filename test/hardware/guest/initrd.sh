#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The initial RAM disk of a guest of the hardware lab. It finds the root file system and nothing more: Debian's own, with
# udev and its waiting, takes twice as long as all the rest in emulation.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do /bin/busybox insmod "/modules/$module" || echo "lab: $module cannot be loaded"; done </modules/order
tries=0
until disk=$(/bin/busybox findfs LABEL=lab 2>/dev/null) || [ "$tries" = 300 ]; do
  tries=$((tries + 1))
  /bin/busybox sleep 0.1
done
/bin/busybox mount -t ext4 "$disk" /root || echo 'lab: there is no root file system'
for folder in proc sys dev; do /bin/busybox mount -o move "/$folder" "/root/$folder"; done
exec /bin/busybox switch_root /root /usr/local/sbin/lab-init
