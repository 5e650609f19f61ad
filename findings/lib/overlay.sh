# SPDX-License-Identifier: Apache-2.0
# Sourced by findings that need Debian packages: in_overlay "PACKAGES" <SCRIPT plays SCRIPT as root in an
# overlay of / in a temp folder, with mount and process namespaces of its own. The packages (NAME=VERSION; a
# VERSION may end in *) are installed in there; nothing of it stays, nothing of the machine is touched.
#
# compare EXPECTED SEEN SENTENCE: says the sentence if both are equal, else shows what differs and fails.

in_overlay() {
  [ "$(id -u)" = 0 ] || { echo "This needs root: it mounts an overlay of /." >&2; return 1; }
  local work
  work=$(mktemp -d)
  cat >"$work/script"
  # shellcheck disable=SC2016
  unshare -mpu --fork --mount-proc --kill-child bash -eu -c '
    mount -t tmpfs -o mode=755 overlay "$1/work"
    mkdir "$1/work/new" "$1/work/work" "$1/work/root"
    root=$1/work/root
    mount -t overlay -o "lowerdir=/,upperdir=$1/work/new,workdir=$1/work/work" overlay "$root"
    for folder in dev proc sys; do mount --rbind /$folder "$root/$folder"; done
    for folder in run tmp var/lib/libvirt var/log/libvirt; do
      mkdir -p "$root/$folder"
      mount -t tmpfs -o mode=1777 tmpfs "$root/$folder"
    done
    cp -L /etc/resolv.conf "$1/resolv.conf"
    rm -f "$root/etc/resolv.conf"
    cp "$1/resolv.conf" "$root/etc/resolv.conf"
    printf "#!/bin/sh\nexit 101\n" >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    cp "$1/script" "$root/tmp/script"
    export DEBIAN_FRONTEND=noninteractive
    install="apt-get update && apt-get install -y --no-install-recommends $2"
    chroot "$root" sh -c "$install" >"$1/apt" 2>&1 || { cat "$1/apt" >&2; exit 1; }
    exec chroot "$root" bash -eu /tmp/script
  ' in_overlay "$(mkdir "$work/work" && echo "$work")" "$1" || { rm -rf "$work"; return 1; }
  rm -rf "$work"
}

compare() {
  cat "$2"
  diff "$1" "$2" && echo "$3"
}

# Debian 12's libvirt with QEMU, and the lines with which a script starts it.
libvirt_packages='libvirt-daemon=9.0.0-* libvirt-daemon-driver-qemu=9.0.0-* libvirt-clients=9.0.0-*
  qemu-system-x86=1:7.2+dfsg-* qemu-utils=1:7.2+dfsg-*'
libvirt_packages=$(echo $libvirt_packages)
start_libvirt='
export LIBVIRT_DEFAULT_URI=qemu:///system
cat >/etc/libvirt/qemu.conf <<CONF
user="root"
group="root"
security_driver="none"
cgroup_controllers=[]
namespaces=[]
CONF
mkdir -p /run/libvirt /var/lib/libvirt/qemu /var/log/libvirt/qemu
virtlogd -d
libvirtd -d
until virsh list >/dev/null 2>&1; do sleep 0.2; done
'
