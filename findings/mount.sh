#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the kernel asks of a FUSE server, and what it does not. Needs root, /dev/fuse and Python; nothing of
# Gemel runs: a server of a hundred lines answers for one file and writes down what it is asked.
#
# 1. fallocate(2) by somebody without the right to keep set-id bits: with FUSE_HANDLE_KILLPRIV_V2 the kernel
#    marks writes and cuts (FUSE_WRITE_KILL_SUIDGID, FATTR_KILL_SUIDGID), but FUSE_FALLOCATE has no such mark.
#    A SETATTR comes before it that sets nothing (valid 0) and bears no mark either. On ext4 the bits are gone
#    after the call; a server that goes by the marks alone leaves a set-id file as it is.
# 2. After a write that was marked, the kernel goes on using the mode that it remembers: execve(2) within the
#    time that the server allowed for attributes still honours the bits. The server has to send
#    FUSE_NOTIFY_INVAL_INODE by itself.
# 3. sync(2) and syncfs(2) ask nothing of the server and return 0.
#
# Seen on Linux 6.18.44. Ends with 1 when one of these has changed.
set -euo pipefail
work=$(mktemp -d /var/tmp/finding-mount-XXXXXX)
cleanup() { umount "$work/mount" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
chmod 755 "$work"; mkdir -p "$work/mount"
cp /usr/bin/id "$work/program"
echo "kernel $(uname -r)"
cat > "$work/server.py" <<'PYTHON'
import ctypes, os, stat, struct, sys, threading

mount, program, log = sys.argv[1:4]
content = open(program, "rb").read()
NAMES = {1: "LOOKUP", 3: "GETATTR", 4: "SETATTR", 14: "OPEN", 15: "READ", 16: "WRITE", 18: "RELEASE",
         20: "FSYNC", 22: "GETXATTR", 25: "FLUSH", 26: "INIT", 43: "FALLOCATE", 50: "SYNCFS"}
KILLPRIV_V2, MAX_PAGES, BIG_WRITES = 1 << 28, 1 << 22, 1 << 5
mode = stat.S_IFREG | 0o6777
said = open(log, "w", buffering=1)
device = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
options = f"fd={device},rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other".encode()
if libc.mount(b"finding", mount.encode(), b"fuse.finding", 0, options) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
SECONDS = 30


def attributes(node):
    is_root = node == 1
    size = 4096 if is_root else len(content)
    kind = stat.S_IFDIR | 0o755 if is_root else mode
    return struct.pack("<QQQQQQIIIIIIIIII", node, size, 8, 0, 0, 0, 0, 0, 0, kind, 1, 0, 0, 0, 4096, 0)


def answer(unique, data=b"", error=0):
    os.write(device, struct.pack("<IiQ", 16 + len(data), -error, unique) + data)


while True:
    try:
        request = os.read(device, 1 << 20)
    except OSError:
        break
    length, opcode, unique, node, uid, gid, pid, _ = struct.unpack("<IIQQIIII", request[:40])
    body = request[40:]
    marks = ""
    if opcode == 16:
        handle, offset, size, flags = struct.unpack("<QQII", body[:24])
        marks = " marked" if flags & 4 else ""
    if opcode == 4:
        valid = struct.unpack("<I", body[:4])[0]
        marks = (" marked" if valid & (1 << 11) else "") + f" valid {valid:#x}"
    said.write(f"{NAMES.get(opcode, opcode)}{marks}\n")
    if opcode == 26:
        major, minor, readahead, flags = struct.unpack("<IIII", body[:16])
        wanted = flags & (KILLPRIV_V2 | BIG_WRITES)
        said.write(f"granted {bool(wanted & KILLPRIV_V2)}\n")
        limits = struct.pack("<HHIIHHIIII", 16, 12, 65536, 1, 16, 0, 0, 0, 0, 0)
        answer(unique, struct.pack("<IIII", 7, 38, 65536, wanted) + limits + bytes(16))
    elif opcode == 1:
        name = body.split(b"\0")[0]
        if name != b"program":
            answer(unique, error=2)
        else:
            answer(unique, struct.pack("<QQQQII", 2, 0, SECONDS, SECONDS, 0, 0) + attributes(2))
    elif opcode in (3, 4):
        answer(unique, struct.pack("<QII", SECONDS, 0, 0) + attributes(node))
    elif opcode in (14, 27):
        answer(unique, struct.pack("<QII", 1, 0, 0))
    elif opcode == 15:
        handle, offset, size = struct.unpack("<QQI", body[:20])
        answer(unique, content[offset:offset + size])
    elif opcode == 16:
        if flags & 4:
            mode &= ~0o6000  # as the mark demands: this server's own file has lost the bits
        answer(unique, struct.pack("<II", size, 0))
    elif opcode == 22:
        answer(unique, error=61)
    elif opcode in (2, 42, 36):
        pass
    elif opcode in (18, 20, 25, 29, 43):
        answer(unique)
    else:
        answer(unique, error=38)
PYTHON
python3 "$work/server.py" "$work/mount" "$work/program" "$work/log" &
server=$!
for _ in $(seq 100); do mountpoint -q "$work/mount" && break; sleep 0.1; done
cat > "$work/steps.py" <<'PYTHON'
import ctypes, os, subprocess, sys

path, log = sys.argv[1] + "/program", sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)
wrong = []


def asked(call):
    before = os.path.getsize(log)
    result = call()
    with open(log) as file:
        file.seek(before)
        return result, file.read().split("\n")[:-1]


def as_nobody(call):
    def run():
        child = os.fork()
        if child == 0:
            os.setgroups([])
            os.setgid(12345)
            os.setuid(12345)
            os._exit(call() or 0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return asked(run)


def expect(what, holds):
    print(("as stated: " if holds else "CHANGED: ") + what)
    if not holds:
        wrong.append(what)


def allocate():
    file = os.open(path, os.O_RDWR)
    return 0 if libc.fallocate(file, 1, ctypes.c_long(0), ctypes.c_long(4096)) == 0 else 1


def write():
    file = os.open(path, os.O_RDWR)
    os.pwrite(file, b"\x7fELF", 0)


expect("the kernel grants FUSE_HANDLE_KILLPRIV_V2", "granted True" in open(log).read())
result, requests = as_nobody(allocate)
print("fallocate by another user asked:", requests)
expect("fallocate comes without a mark; the SETATTR before it sets nothing and has none either",
       result == 0 and "FALLOCATE" in requests and "SETATTR valid 0x0" in requests
       and not any("marked" in one for one in requests))
result, requests = as_nobody(write)
print("write by another user asked:", requests)
expect("a write comes with the mark", "WRITE marked" in requests)
script = subprocess.run(["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", path, "-u"],
                        capture_output=True, text=True, check=False)
print("after the marked write the program of root runs as", script.stdout.strip())
expect("the remembered set-user-id bit is still in force", script.stdout.strip() == "0")
_, requests = asked(lambda: (os.sync(), libc.syncfs(os.open(path, os.O_RDONLY))))
print("sync and syncfs asked:", requests)
expect("neither FSYNC nor SYNCFS comes", not {"FSYNC", "SYNCFS"} & set(requests))
sys.exit(1 if wrong else 0)
PYTHON
status=0
timeout 60 python3 "$work/steps.py" "$work/mount" "$work/log" || status=$?
umount "$work/mount" || true
wait "$server" || true
exit "$status"
