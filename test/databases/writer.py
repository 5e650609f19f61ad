# SPDX-License-Identifier: Apache-2.0
"""`python3 writer.py sqlite FILE MODE` or `... qcow2 FILE`: commits numbers in their order, and prints each
one when its commit has come back. Whoever reads this output knows what was acknowledged."""
import os
import sqlite3
import subprocess
import sys

kind = sys.argv[1]


def sqlite(path, mode):
    base = sqlite3.connect(path, isolation_level=None, timeout=60)
    base.execute(f"PRAGMA journal_mode={mode}")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY, filling BLOB)")
    (number,) = base.execute("SELECT coalesce(max(number), 0) FROM kept").fetchone()
    while True:
        number += 1
        base.execute("INSERT INTO kept VALUES (?, randomblob(3000))", (number,))
        print(number, flush=True)


def qcow2(path):
    """Number N fills the Nth 64 KiB with one byte, and a flush follows; each tenth is followed by a snapshot."""
    number = 0
    while True:
        child = subprocess.Popen(["qemu-io", "-t", "none", "-f", "qcow2", path], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)

        def asked(command=""):
            """One at a time: what comes with it is not looked at before there is more to read."""
            if command:
                child.stdin.write(command.encode() + b"\n")
                child.stdin.flush()
            said = b""
            while not said.endswith(b"qemu-io> "):
                part = os.read(child.stdout.fileno(), 4096)
                if not part:
                    sys.exit("qemu-io has ended")
                said += part
            return said

        asked()
        for _ in range(10):
            number += 1
            if b"wrote" not in asked(f"write -P {number % 255 + 1} {number * 65536} 64k"):
                sys.exit("not written")
            if b"failed" in asked("flush"):
                sys.exit("not flushed")
            print(number, flush=True)
        child.stdin.close()
        child.wait()
        subprocess.run(["qemu-img", "snapshot", "-c", f"s{number}-{os.getpid()}", path], check=True)


if kind == "sqlite":
    sqlite(*sys.argv[2:4])
else:
    qcow2(*sys.argv[2:3])
