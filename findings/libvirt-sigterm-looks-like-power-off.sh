#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libvirt 9.0.0 with QEMU 7.2 (Debian 12): a QEMU that somebody ended by SIGTERM is "shut off (shutdown)", in
# the very words of a guest that powered itself off.
#
# One would guess that a process ended from outside is reported as crashed or destroyed. Only SIGKILL is.
# SIGTERM, SIGINT and SIGHUP (a host's init that ends the process, a person's `kill`) leave the reason
# `shutdown` and the event `Stopped Shutdown`. What tells them apart is the detail of the event *before* it:
# `Finished after host request`, where a guest's own power-off says `after guest request`. Who asks for the
# state afterwards cannot know any more.
set -eu
. "$(dirname "$0")/lib/overlay.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

in_overlay "$libvirt_packages" >"$work/seen" <<SEE
$start_libvirt
cat >/tmp/vm.xml <<'XML'
<domain type='qemu'><name>vm</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>
XML
virsh -q define /tmp/vm.xml
for signal in TERM INT HUP KILL; do
  virsh -q start vm
  virsh event vm lifecycle --loop >/tmp/events 2>&1 &
  sleep 1
  kill -\$signal \$(cat /run/libvirt/qemu/vm.pid)
  until virsh domstate vm | grep -q 'shut off'; do sleep 0.2; done
  sleep 1
  kill %%
  wait 2>/dev/null || true
  events=\$(sed -n "s/^event 'lifecycle' for domain 'vm': //p" /tmp/events | paste -sd, )
  echo "SIG\$signal: \$(virsh domstate vm --reason | head -1); \$events"
done
SEE
cat >"$work/expected" <<'TEXT'
SIGTERM: shut off (shutdown); Shutdown Finished after host request,Stopped Shutdown
SIGINT: shut off (shutdown); Shutdown Finished after host request,Stopped Shutdown
SIGHUP: shut off (shutdown); Shutdown Finished after host request,Stopped Shutdown
SIGKILL: shut off (crashed); Stopped Failed
TEXT
compare "$work/expected" "$work/seen" "As seen before: libvirt 9.0.0 tells SIGTERM as a shutdown."
