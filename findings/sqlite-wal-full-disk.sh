#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SQLite 3, WAL mode: on a full disk a new process cannot even read. Seen with the SQLite of Debian's Python,
# whose version is printed, and with better-sqlite3 12.11.1.
#
# One would guess that a full disk stops writing. A database in WAL mode that was closed in order has no -shm
# file; the next process makes one of 32 KiB before its first SELECT, and where there is no room for it the
# SELECT fails (SQLITE_IOERR_SHMSIZE). With the lock to itself (locking_mode = EXCLUSIVE) it needs no such
# file and reads; DELETE fails either way, so that nothing can be tidied up from inside.
#
# Gemel opens its databases alone where the index cannot be made, and keeps a reserve of room
# (core/edge/record/database.ts; the test is full-disk-keeps-no-daemon-from-starting).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir disk
cat >ask.py <<'PY'
import sqlite3, sys
way = sys.argv[1]
database = sqlite3.connect("disk/a.db", isolation_level=None)
if way == "make":
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE t (x)")
    database.execute("INSERT INTO t VALUES (1)")
    database.close()
    with open("disk/ballast", "ab", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            print("SQLite " + sqlite3.sqlite_version)
    sys.exit()
if way == "alone":
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
def tried(statement):
    try:
        return "done " + str(database.execute(statement).fetchall())
    except sqlite3.Error as error:
        return str(error)
print(f"{way}: SELECT {tried('SELECT x FROM t')}; DELETE {tried('DELETE FROM t')}")
PY
# A tiny tmpfs of its own, which ends with the namespace.
own=$([ "$(id -u)" = 0 ] || echo "--user --map-root-user")
seen=$(unshare $own --mount sh -c 'mount -t tmpfs -o size=1m none disk
  python3 ask.py make; python3 ask.py shared; python3 ask.py alone')
echo "$seen"
[ "$(echo "$seen" | tail -n +2)" = "shared: SELECT disk I/O error; DELETE disk I/O error
alone: SELECT done [(1,)]; DELETE database or disk is full" ]
