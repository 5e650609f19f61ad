#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Process 1 of a virtual host, in new mount, pid, network, UTS and IPC namespaces. It makes the host's own
# file tree out of the machine's, starts the host's services, reaps what is left to it, and on SIGTERM shuts
# the host down in order. SIGKILL is the power switch: the kernel then ends everything in the namespace.
#
# Arguments: LAB-FOLDER HOST REPOSITORY NODE VOLUME(yes|no) SERVICES(yes|no|without-daemon)
# (no: a bare host, for an arbiter; without-daemon: the Gemel daemon is held off until $RUN/no-daemon is gone)
# The lab finds this process by its command line; keep the first two arguments.
#
# Order: (1) mounts; (2) waits for "go" on standard input: by then the lab has plugged in the network. End
# of file instead means that the lab died half way: so do we, and nothing is left. (3) services.
set -u
DIR=$1 HOST=$2 REPOSITORY=$3 NODE=$4 VOLUME=$5 SERVICES=$6
HOME_OF_HOST=$DIR/$HOST
FILES=$HOME_OF_HOST/files
RUN=/run/gemel-lab
DAEMON_LOG=/var/log/gemel/gemel.log
# The modules may need this long to stop with goodbye (R22).
MODULES_STOP_SECONDS=120
DAEMON_STOP_SECONDS=20
GUESTS_STOP_SECONDS=20

fail() { echo "init of $HOST: $*" >&2; exit 1; }

own_file_tree() {
  mount --make-rprivate / || fail "cannot separate mounts"
  mount -t proc proc /proc || fail "no /proc"
  mount -t sysfs sysfs /sys || fail "no /sys"
  mount -t fusectl fusectl /sys/fs/fuse/connections || fail "no fusectl"
  mount -t tmpfs -o mode=755 tmpfs /run || fail "no /run"
  mkdir -p $RUN/bin /run/lock /run/libvirt /run/gemel
  local folder
  for folder in etc/libvirt etc/gemel var/lib/libvirt var/lib/gemel var/log/libvirt var/log/gemel \
    var/cache/libvirt; do
    mount --bind "$FILES/$folder" "/$folder" || fail "cannot bind /$folder"
  done
  mount --bind "$HOME_OF_HOST/serial" /var/log/libvirt/guests || fail "cannot bind the serial logs"
  mount --bind "$FILES/etc/hosts" /etc/hosts || fail "cannot bind /etc/hosts"
  [ ! -e /etc/machine-id ] || mount --bind "$FILES/etc/machine-id" /etc/machine-id || fail "no machine-id"
  hostname "$HOST"
}

# The data disk: a file system of its own, so that it can be full, missing or cut off. Direct I/O on the
# loop device keeps the host's pages from being cached twice; where the machine's disk lacks it, the loop
# goes without.
data_disk() {
  [ "$VOLUME" = yes ] || { echo "the data disk stays unmounted, as asked"; return; }
  mount -o loop,discard "$HOME_OF_HOST/volume.img" /var/lib/gemel/vm || fail "cannot mount the data disk"
  losetup --direct-io=on "$(findmnt -n -o SOURCE /var/lib/gemel/vm)" || echo "the loop has no direct I/O"
  mkdir -p /var/lib/gemel/vm/.images
}

commands_of_host() {
  cat >$RUN/bin/gemel <<END
#!/bin/sh
exec "$NODE" "$REPOSITORY/dist/core/cli/main.js" "\$@"
END
  chmod 755 $RUN/bin/gemel
  export PATH=$RUN/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
}

# service NAME LOG COMMAND…: keeps it running until the host stops; $RUN/no-NAME holds it off.
service() {
  local name=$1 log=$2
  shift 2
  while [ ! -e $RUN/stopping ]; do
    if [ ! -e "$RUN/no-$name" ]; then
      "$@" >>"$log" 2>&1 </dev/null &
      echo $! >"$RUN/$name.pid"
      wait $!
      echo "init of $HOST: $name ended with status $?" >>"$log"
      rm -f "$RUN/$name.pid"
    fi
    [ -e $RUN/stopping ] || sleep 1
  done
}

# stop_service NAME SECONDS: asks it to end and waits; says so when it does not.
stop_service() {
  local pid tick
  pid=$(cat "$RUN/$1.pid" 2>/dev/null) || return 0
  kill -TERM "$pid" 2>/dev/null || return 0
  for ((tick = 0; tick < $2 * 10; tick++)); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  echo "init of $HOST: $1 did not stop within $2 s"
}

# A host's shutdown waits until its modules have left with goodbye (R22). SIGTERM alone would mean something
# else to the daemon: that it comes back, and that guests and mirror processes shall go on meanwhile.
stop_modules() {
  [ -e $RUN/daemon.pid ] || return 0
  timeout $((MODULES_STOP_SECONDS + 10)) gemel shutdown --timeout $MODULES_STOP_SECONDS ||
    echo "init of $HOST: the modules did not all stop in order (status $?)"
}

# Guests that Gemel does not know end as libvirt-guests would end them: asked first, then off.
stop_guests() {
  local name tick
  virsh list --name | while read -r name; do [ -z "$name" ] || virsh shutdown "$name"; done
  for ((tick = 0; tick < GUESTS_STOP_SECONDS * 2; tick++)); do
    [ -n "$(virsh list --name | tr -d '\n')" ] || return 0
    sleep 0.5
  done
  virsh list --name | while read -r name; do [ -z "$name" ] || virsh destroy "$name"; done
}

shut_down() {
  trap '' TERM
  echo "init of $HOST: shutting down"
  if [ "$SERVICES" != no ]; then
    stop_modules
    touch $RUN/stopping
    stop_service daemon $DAEMON_STOP_SECONDS
    stop_guests
    stop_service libvirtd 20
  fi
  kill -TERM -1 2>/dev/null
  sleep 0.3
  sync -f /var/lib/gemel/vm
  echo "init of $HOST: off"
  exit 0
}

start_services() {
  [ "$SERVICES" != no ] || return 0
  [ "$SERVICES" = yes ] || touch $RUN/no-daemon
  service libvirtd "$HOME_OF_HOST/log/libvirtd.log" libvirtd &
  if [ -e "$REPOSITORY/dist/core/main.js" ]; then
    service daemon $DAEMON_LOG "$NODE" "$REPOSITORY/dist/core/main.js" &
  else
    echo "init of $HOST: no daemon has been built, none is started" >>$DAEMON_LOG
  fi
}

own_file_tree
data_disk
commands_of_host
read -r go || exit 1
[ "$go" = go ] || fail "told $go instead of go"
exec </dev/null
trap shut_down TERM
cd /
export HOME=/root LANG=C.UTF-8
start_services
echo "init of $HOST: up"
# bash reaps what is left to it while it waits; it ends only by shut_down or the switch.
while :; do wait; sleep 1; done
