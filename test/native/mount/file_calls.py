# SPDX-License-Identifier: Apache-2.0
"""What programs do with files, as scenarios that print what they saw.

`python3 file_calls.py SCENARIO` works in an empty current directory. mount.test.ts runs each scenario twice, below the
mount and on the plain file system beside it, and compares the two texts: every difference is a fault of the mount.
So nothing is printed that differs by nature (inode numbers, times of the clock).
"""
import ctypes
import errno
import fcntl
import mmap
import os
import random
import socket
import stat
import struct
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
PUNCH, KEEP, ZERO = 2, 1, 16
OTHER = 12345  # a user and group that nobody else has


def say(*words):
    print(*words, flush=True)


def tried(what, call, *args, **more):
    """Calls, says the result or the error's name, and returns the result."""
    try:
        result = call(*args, **more)
        shown = result if isinstance(result, (int, bytes, str, list, type(None))) else "ok"
        say(what, "->", len(shown) if isinstance(shown, bytes) and len(shown) > 64 else shown)
        return result
    except OSError as failure:
        say(what, "->", errno.errorcode.get(failure.errno, failure.errno))
        return None


def opened(what, path, flags, mode=0o666):
    """open(2) whose descriptor's number is not shown."""
    try:
        file = os.open(path, flags, mode)
        say(what, "-> opened")
        return file
    except OSError as failure:
        say(what, "->", errno.errorcode[failure.errno])
        return -1


def show(path):
    """Attributes that two file systems must agree on."""
    try:
        seen = os.lstat(path)
        kind = stat.S_IFMT(seen.st_mode)
        size = seen.st_size if kind != stat.S_IFDIR else "-"
        links = seen.st_nlink if kind != stat.S_IFDIR else "-"
        say(path, oct(seen.st_mode), links, seen.st_uid, seen.st_gid, size, seen.st_rdev)
    except OSError as failure:
        say(path, errno.errorcode[failure.errno])


def as_user(uid, gid, call, groups=()):
    """Runs `call` in a child with another identity; its prints come in order."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups(list(groups))
            os.setgid(gid)
            os.setuid(uid)
            call()
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    say("child ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def fallocate(file, mode, offset, length):
    if LIBC.fallocate(file, mode, ctypes.c_long(offset), ctypes.c_long(length)) != 0:
        raise OSError(ctypes.get_errno(), "fallocate")


def renameat2(old, new, flags):
    if LIBC.renameat2(-100, old.encode(), -100, new.encode(), flags) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def direct_buffer(content):
    """Page-aligned memory that holds `content`."""
    memory = mmap.mmap(-1, max(len(content), 4096))
    memory[: len(content)] = content
    return memory


def create_and_umask():
    for mask in (0o022, 0o077, 0o000, 0o027):
        os.umask(mask)
        for mode in (0o666, 0o777, 0o640, 0o4755, 0o2755, 0o1777):
            name = f"f-{mask:o}-{mode:o}"
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, mode))
            os.mkdir(name + "-d", mode)
            show(name)
            show(name + "-d")
    opened("exclusive again", "f-0-666", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    opened("create on directory", "f-0-666-d", os.O_CREAT | os.O_WRONLY)
    opened("below a file", "f-0-666/x", os.O_CREAT | os.O_WRONLY)
    opened("in nothing", "nothing/x", os.O_CREAT | os.O_WRONLY)
    opened("O_TRUNC", "f-0-666", os.O_TRUNC | os.O_WRONLY)
    opened("O_DIRECTORY on a file", "f-0-666", os.O_DIRECTORY)
    opened("write a directory", "f-0-666-d", os.O_WRONLY)
    tried("long name", os.mkdir, "n" * 256)
    tried("name of 255", os.mkdir, "n" * 255)


def owners_and_set_id():
    os.umask(0o022)
    os.mkdir("shared")
    os.chown("shared", 0, OTHER)
    os.chmod("shared", 0o2775)
    os.close(os.open("shared/file", os.O_CREAT | os.O_WRONLY, 0o664))
    os.mkdir("shared/below")
    show("shared/file")
    show("shared/below")
    os.chmod("shared", 0o2777)

    def other():
        os.umask(0o022)
        os.close(os.open("shared/theirs", os.O_CREAT | os.O_WRONLY, 0o2775))
        os.mkdir("shared/their-below")
        os.symlink("theirs", "shared/their-link")
        os.mkfifo("shared/their-fifo")
        for name in ("theirs", "their-below", "their-link", "their-fifo"):
            show("shared/" + name)

    as_user(OTHER + 1, OTHER + 2, other)
    for name in ("one", "two", "three", "four"):
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o777))
        os.chmod(name, 0o6777)
    os.chown("one", OTHER, OTHER)
    show("one")
    os.chmod("one", 0o6777)

    def writes():
        with open("two", "wb", buffering=0) as file:
            file.write(b"x")
        show("two")
        file = os.open("three", os.O_WRONLY | os.O_DIRECT)
        os.write(file, direct_buffer(b"y" * 4096))
        show("three")
        os.truncate("four", 10)
        show("four")

    as_user(OTHER, OTHER, writes)
    show("one")


def set_id_at_once():
    """Whoever overwrites a program that runs as its owner must not run it as that."""
    os.umask(0)

    def overwrites(name, flags):
        file = os.open(name, os.O_RDWR)
        head = os.pread(file, 4096, 0)
        os.close(file)
        file = os.open(name, os.O_WRONLY | flags)
        os.pwritev(file, [direct_buffer(head)], 0)
        os.close(file)
        say(name, "runs as", subprocess.run(["./" + name, "-u"], capture_output=True, text=True, check=False).stdout)

    def truncates(name):
        os.truncate(name, os.stat(name).st_size)
        say(name, "runs as", subprocess.run(["./" + name, "-u"], capture_output=True, text=True, check=False).stdout)

    def allocates(name):
        file = os.open(name, os.O_RDWR)
        fallocate(file, KEEP, 1 << 20, 4096)
        os.close(file)
        say(name, "runs as", subprocess.run(["./" + name, "-u"], capture_output=True, text=True, check=False).stdout)

    ways = (("cached", lambda: overwrites("cached", 0)), ("direct", lambda: overwrites("direct", os.O_DIRECT)),
            ("truncated", lambda: truncates("truncated")), ("allocated", lambda: allocates("allocated")))
    for name, way in ways:
        subprocess.run(["cp", "/usr/bin/id", name], check=True)
        os.chmod(name, 0o6777)
        as_user(OTHER, OTHER, lambda: say(
            name, "before:", subprocess.run(["./" + name, "-u"], capture_output=True, text=True, check=False).stdout))
        as_user(OTHER, OTHER, way)
        show(name)


def access_list_takes_set_group():
    """The owner of a file of a group that is not his: an access list of his takes the bit away."""
    os.umask(0)

    def owner():
        for name in ("file", "folder"):
            subprocess.run(["setfacl", "-m", f"u:{OTHER}:rx", name], check=True)
            show(name)

    for name in ("file", "folder"):
        if name == "file":
            os.close(os.open(name, os.O_CREAT, 0o777))
        else:
            os.mkdir(name, 0o777)
        os.chown(name, OTHER, OTHER + 9)
        os.chmod(name, 0o2755)
        show(name)
    as_user(OTHER, OTHER, owner)
    for name in ("file", "folder"):
        os.chmod(name, 0o2755)
        show(name)
    as_user(OTHER, OTHER, owner, groups=(OTHER + 9,))
    os.chmod("file", 0o2755)
    subprocess.run(["setfacl", "-m", f"u:{OTHER}:r", "file"], check=True)
    show("file")


def permissions():
    os.umask(0)
    for name, mode in (("secret", 0o600), ("shown", 0o644), ("open", 0o666), ("run", 0o711)):
        with open(name, "w") as file:
            file.write(name)
        os.chmod(name, mode)
    os.mkdir("closed", 0o700)
    os.mkdir("sticky", 0o1777)
    os.mkdir("listed", 0o744)
    os.close(os.open("sticky/roots", os.O_CREAT, 0o666))
    os.close(os.open("listed/inside", os.O_CREAT, 0o666))
    os.close(os.open("group", os.O_CREAT, 0o660))
    os.chown("group", 0, OTHER + 7)

    def stranger():
        for name in ("secret", "shown", "open", "run", "group", "closed/x", "listed/inside"):
            opened("read " + name, name, os.O_RDONLY)
            opened("write " + name, name, os.O_RDWR)
            say("access", name, [os.access(name, how) for how in (os.R_OK, os.W_OK, os.X_OK, os.F_OK)])
        tried("unlink in sticky", os.unlink, "sticky/roots")
        tried("rename in sticky", os.rename, "sticky/roots", "sticky/mine")
        tried("chmod", os.chmod, "open", 0o777)
        tried("chown", os.chown, "open", OTHER, OTHER)
        tried("utime now", os.utime, "open")
        tried("utime set", os.utime, "open", (1, 1))
        tried("truncate shown", os.truncate, "shown", 0)
        tried("mkdir at root", os.mkdir, "theirs")
        tried("list closed", os.listdir, "closed")
        tried("list listed", os.listdir, "listed")
        tried("link to secret", os.link, "secret", "sticky/link")
        tried("mknod", os.mknod, "sticky/dev", 0o666 | stat.S_IFCHR, os.makedev(1, 3))

    as_user(OTHER, OTHER, stranger)
    as_user(OTHER, OTHER, lambda: opened("group member", "group", os.O_RDWR), groups=(OTHER + 7,))
    show("sticky/roots")


def direct_io():
    file = os.open("data", os.O_CREAT | os.O_RDWR | os.O_DIRECT, 0o644)
    for index, length in enumerate((4096, 8192, 65536, 1 << 20, 2 << 20)):
        content = bytes([65 + index]) * length
        tried(f"write {length}", os.pwrite, file, direct_buffer(content), index << 22)
    for index in range(5):
        memory = mmap.mmap(-1, 4096)
        tried("read", os.preadv, file, [memory], index << 22)
        say(memory[:4])
    memory = mmap.mmap(-1, 8192)
    tried("read over the end", os.preadv, file, [memory], (4 << 22) + (2 << 20) - 4096)
    tried("read past the end", os.preadv, file, [memory], 1 << 30)
    os.ftruncate(file, 5000)
    tried("read short file", os.preadv, file, [memory], 4096)
    os.close(file)
    show("data")
    for flags, name in ((os.O_DSYNC, "dsync"), (os.O_SYNC, "sync")):
        file = os.open(name, os.O_CREAT | os.O_WRONLY | flags, 0o644)
        tried(name, os.write, file, b"durable")
        tried("fsync", os.fsync, file)
        tried("fdatasync", os.fdatasync, file)
        os.close(file)
    directory = os.open(".", os.O_RDONLY)
    tried("fsync directory", os.fsync, directory)
    file = os.open("odd", os.O_CREAT | os.O_RDWR | os.O_DIRECT, 0o644)
    tried("aligned write", os.pwrite, file, direct_buffer(b"o" * 4096), 0)
    memory = memoryview(mmap.mmap(-1, 8192))
    for length, offset in ((1, 0), (511, 0), (512, 0), (513, 0), (512, 1), (512, 256), (512, 512), (4096, 512),
                           (1024, 3584), (512, 8192), (100, 8192)):
        tried(f"direct read of {length} at {offset}", os.preadv, file, [memory[:length]], offset)
    for length, offset in ((1, 0), (100, 0), (512, 100), (512, 512), (1536, 4096), (512, 5632), (511, 0)):
        written = memoryview(direct_buffer(b"w" * 4096))[:length]
        tried(f"direct write of {length} at {offset}", os.pwritev, file, [written], offset)
    show("odd")


def appends_and_holes():
    file = os.open("log", os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o644)
    for index in range(100):
        os.write(file, b"%03d " % index)
    tried("pwrite with O_APPEND", os.pwrite, file, b"END", 0)
    say(os.pread(file, 1000, 0))
    os.close(file)
    file = os.open("sparse", os.O_CREAT | os.O_RDWR, 0o644)
    os.pwrite(file, b"a" * 4096, 1 << 20)
    os.pwrite(file, b"b" * 4096, 4 << 20)
    os.fsync(file)
    for start in (0, 4096, 1 << 20, (1 << 20) + 4096, 4 << 20, (4 << 20) + 4095, (4 << 20) + 4096, 1 << 30):
        tried(f"data from {start}", os.lseek, file, start, os.SEEK_DATA)
        tried(f"hole from {start}", os.lseek, file, start, os.SEEK_HOLE)
    tried("punch", fallocate, file, PUNCH | KEEP, 1 << 20, 4096)
    os.fsync(file)
    tried("data after punch", os.lseek, file, 0, os.SEEK_DATA)
    say(os.pread(file, 8, 1 << 20))
    tried("zero range", fallocate, file, ZERO, 4 << 20, 2048)
    say(os.pread(file, 8, (4 << 20) + 2044))
    tried("allocate", fallocate, file, 0, 8 << 20, 4096)
    tried("allocate beyond", fallocate, file, KEEP, 64 << 20, 4096)
    tried("punch without keep", fallocate, file, PUNCH, 0, 4096)
    tried("length 0", fallocate, file, 0, 0, 0)
    show("sparse")
    for size in (100, 5000, 4096, 0, 1 << 33):
        os.ftruncate(file, size)
        say(os.fstat(file).st_size, os.pread(file, 4, 0))
    tried("negative size", os.ftruncate, file, -1)
    os.close(file)
    show("sparse")


def mappings():
    with open("map", "wb") as file:
        file.write(b"-" * 20000)
    for flags, name in ((0, "cached"), (os.O_DIRECT, "direct")):
        file = os.open("map", os.O_RDWR | flags)
        memory = mmap.mmap(file, 20000)
        memory[100:106] = name.encode()
        memory.flush()
        memory.close()
        os.close(file)
        with open("map", "rb") as again:
            say(again.read()[96:110])
    file = os.open("map", os.O_RDWR)
    private = mmap.mmap(file, 20000, flags=mmap.MAP_PRIVATE)
    private[0:7] = b"private"
    say(os.pread(file, 7, 0), private[0:7])
    shared = mmap.mmap(file, 20000)
    os.pwrite(file, b"by write", 10)
    say(shared[10:18])
    shared[10:18] = b"by store"
    say(os.pread(file, 8, 10))
    subprocess.run(["cp", "/bin/true", "program"], check=True)
    say("program", subprocess.run(["./program"], check=False).returncode)


def locks():
    """Two holders as two processes: the second says what it may not have."""
    os.close(os.open("lock", os.O_CREAT | os.O_RDWR, 0o666))
    ofd_set = 37

    def contender():
        file = os.open("lock", os.O_RDWR)
        tried("flock", fcntl.flock, file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_UN)
        for start in (0, 100, 200):
            tried(f"posix {start}", fcntl.lockf, file, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, start)
        lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 200, 10, 0)
        try:
            fcntl.fcntl(file, ofd_set, lock)
            say("ofd ok")
        except OSError as failure:
            say("ofd", errno.errorcode[failure.errno])

    def rounds(title):
        say(title)
        as_user(0, 0, contender)

    file = os.open("lock", os.O_RDWR)
    rounds("free")
    fcntl.flock(file, fcntl.LOCK_EX)
    rounds("flock held")
    fcntl.flock(file, fcntl.LOCK_UN)
    fcntl.lockf(file, fcntl.LOCK_EX, 10, 100)
    rounds("posix held")
    fcntl.lockf(file, fcntl.LOCK_UN, 10, 100)
    another = os.open("lock", os.O_RDWR)
    fcntl.fcntl(another, ofd_set, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 200, 10, 0))
    rounds("ofd held")
    os.close(another)
    rounds("ofd closed")


def names():
    def make(name, content):
        with open(name, "w") as file:
            file.write(content)

    make("a", "first")
    make("b", "second")
    held = os.open("b", os.O_RDWR)
    tried("rename over an open file", os.rename, "a", "b")
    say(open("b").read(), os.pread(held, 10, 0), os.fstat(held).st_nlink)
    os.pwrite(held, b"still", 0)
    say(os.pread(held, 10, 0), open("b").read())
    os.close(held)
    make("c", "third")
    tried("noreplace", renameat2, "b", "c", 1)
    tried("exchange", renameat2, "b", "c", 2)
    say(open("b").read(), open("c").read())
    tried("exchange with nothing", renameat2, "b", "none", 2)
    os.makedirs("d/e/f")
    tried("into itself", os.rename, "d", "d/e/f/g")
    tried("over a full directory", os.rename, "d/e", "d")
    tried("file over directory", os.rename, "b", "d")
    tried("directory over file", os.rename, "d", "b")
    os.mkdir("empty")
    tried("over an empty directory", os.rename, "d", "empty")
    say(sorted(os.listdir("empty")))
    tried("rmdir full", os.rmdir, "empty")
    tried("unlink directory", os.unlink, "empty")
    tried("rmdir file", os.rmdir, "b")
    tried("to the same", os.rename, "b", "b")
    tried("missing", os.rename, "none", "x")
    os.link("b", "b2")
    show("b")
    tried("one file, two names", os.rename, "b", "b2")
    say(sorted(os.listdir(".")))
    os.unlink("b2")
    show("b")
    tried("link to directory", os.link, "empty", "hard")
    os.symlink("b", "soft")
    os.link("soft", "soft2", follow_symlinks=False)
    show("soft2")
    say(os.readlink("soft2"))
    os.symlink("loop", "loop")
    opened("loop", "loop", os.O_RDONLY)
    os.symlink("x" * 4000, "long")
    say(len(os.readlink("long")))
    tried("too long a target", os.symlink, "x" * 4096, "longer")
    held = os.open("b", os.O_RDWR)
    os.unlink("b")
    os.pwrite(held, b"nameless", 100)
    os.ftruncate(held, 104)
    say(os.pread(held, 200, 96), os.fstat(held).st_nlink, os.fstat(held).st_size)
    os.fsync(held)
    os.close(held)
    make("b", "new")
    say(open("b").read(), sorted(os.listdir(".")))


def many_open():
    """Names change while more files are open than the mount keeps descriptors for."""
    held = []
    for index in range(700):
        held.append(os.open(f"held-{index}", os.O_CREAT | os.O_RDWR, 0o644))
    os.makedirs("from/deep")
    os.makedirs("to/deep")
    for index in range(6):
        os.close(os.open(f"from/deep/{index}", os.O_CREAT | os.O_RDWR, 0o644))
        os.close(os.open(f"to/deep/{index + 3}", os.O_CREAT | os.O_RDWR, 0o644))
    for index in range(6):
        tried("rename", os.rename, f"from/deep/{index}", f"to/deep/{index}")
        tried("link", os.link, f"held-{index}", f"from/deep/linked-{index}")
        tried("symlink", os.symlink, "x", f"from/deep/soft-{index}")
        tried("rename over an open file", os.rename, f"to/deep/{index}", f"held-{index + 100}")
        tried("exchange", renameat2, f"held-{index + 200}", f"from/deep/linked-{index}", 2)
    for index, file in enumerate(held):
        os.pwrite(file, b"%d" % index, 0)
    say([os.pread(file, 10, 0) == b"%d" % index for index, file in enumerate(held)].count(True))
    say(sorted(os.listdir("from/deep")), sorted(os.listdir("to/deep")))
    say(sum(os.fstat(file).st_nlink for file in held))


def without_a_name():
    """What has lost its name and is still in somebody's hands."""
    def seen(what, file):
        try:
            say(what, oct(os.fstat(file).st_mode), os.fstat(file).st_nlink)
        except OSError as failure:
            say(what, errno.errorcode[failure.errno])

    for name, remove in (("removed", os.rmdir), ("replaced", lambda name: os.rename("other", name))):
        os.mkdir(name)
        os.makedirs("other", exist_ok=True)
        file = os.open(name, os.O_RDONLY)
        remove(name)
        seen(name, file)
        tried("list", os.listdir, file)
        tried("make in it", os.mkdir, "below", dir_fd=file)
        tried("create in it", os.open, "file", os.O_CREAT, dir_fd=file)
        tried("look in it", os.stat, "below", dir_fd=file)
        tried("fsync", os.fsync, file)
        os.close(file)
    os.mkdir("here")
    home = os.open(".", os.O_RDONLY)
    os.chdir("here")
    os.rmdir("../here")
    tried("stat of the working directory", lambda: os.stat(".").st_nlink)
    tried("list of the working directory", os.listdir, ".")
    os.fchdir(home)
    os.close(os.open("plain", os.O_CREAT, 0o640))
    os.mkdir("by-path")
    files = [os.open(name, os.O_PATH) for name in ("plain", "by-path")]
    os.unlink("plain")
    os.rmdir("by-path")
    for file in files:
        seen("by its path alone", file)
        os.close(file)
    say(sorted(os.listdir(".")))


def by_handle():
    """open_by_handle_at(2), while the kernel knows the file and after it has forgotten it."""
    os.makedirs("a/b")
    with open("a/b/file", "w") as file:
        file.write("content")

    class Handle(ctypes.Structure):
        _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("space", ctypes.c_char * 128)]

    handles = {}
    for name in ("a/b/file", "a/b", "a"):
        handle, mount = Handle(bytes=128), ctypes.c_int()
        result = LIBC.name_to_handle_at(-100, name.encode(), ctypes.byref(handle), ctypes.byref(mount), 0)
        say(name, "has a handle", result == 0)
        handles[name] = handle
    home = os.open(".", os.O_RDONLY)

    def reach(title):
        for name, handle in handles.items():
            file = LIBC.open_by_handle_at(home, ctypes.byref(handle), os.O_RDONLY)
            if file < 0:
                say(title, name, errno.errorcode[ctypes.get_errno()])
                continue
            same = os.fstat(file).st_ino == os.stat(name).st_ino if os.path.exists(name) else "no name"
            say(title, name, same, os.read(file, 10) if name.endswith("file") else sorted(os.listdir(file)))
            os.close(file)

    reach("known")
    with open("/proc/sys/vm/drop_caches", "w") as file:
        file.write("2")
    reach("forgotten")
    os.unlink("a/b/file")
    reach("removed")


def special_files():
    os.umask(0)
    os.mkfifo("fifo", 0o640)
    os.mknod("null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    os.mknod("block", 0o600 | stat.S_IFBLK, os.makedev(7, 200))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("socket")
    listener.listen()
    for name in ("fifo", "null", "block", "socket"):
        show(name)
    caller = socket.socket(socket.AF_UNIX)
    tried("connect", caller.connect, "socket")
    say(open("null", "rb").read(), open("null", "wb").write(b"gone"))
    reader = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open("fifo", os.O_WRONLY)
    os.write(writer, b"through")
    say(os.read(reader, 10))
    tried("fsync fifo", os.fsync, writer)
    for name in ("fifo", "null", "block", "socket"):
        tried("rename " + name, os.rename, name, name + "2")
        tried("remove " + name, os.unlink, name + "2")


def attributes():
    os.close(os.open("file", os.O_CREAT, 0o644))
    os.mkdir("dir")
    os.symlink("file", "link")
    for path in ("file", "dir"):
        tried("set", os.setxattr, path, "user.one", b"1")
        tried("set big", os.setxattr, path, "user.big", b"b" * 2000)
        tried("trusted", os.setxattr, path, "trusted.mine", b"t")
        tried("create again", os.setxattr, path, "user.one", b"2", os.XATTR_CREATE)
        tried("replace none", os.setxattr, path, "user.none", b"2", os.XATTR_REPLACE)
        tried("replace", os.setxattr, path, "user.one", b"3", os.XATTR_REPLACE)
        tried("empty", os.setxattr, path, "user.empty", b"")
        say(sorted(os.listxattr(path)))
        for name in ("user.one", "user.big", "user.none", "user.empty", "trusted.mine"):
            tried(name, os.getxattr, path, name)
        tried("remove", os.removexattr, path, "user.one")
        tried("remove again", os.removexattr, path, "user.one")
        tried("bad space", os.setxattr, path, "nonsense.x", b"1")
        tried("too big", os.setxattr, path, "user.huge", b"h" * 70000)
    tried("on a link", os.setxattr, "link", "user.x", b"1", follow_symlinks=False)
    tried("trusted on a link", os.setxattr, "link", "trusted.x", b"1", follow_symlinks=False)
    say(sorted(os.listxattr("link", follow_symlinks=False)))

    def stranger():
        tried("read theirs", os.getxattr, "file", "user.big")
        tried("write theirs", os.setxattr, "file", "user.x", b"1")
        tried("trusted of another", os.getxattr, "file", "trusted.mine")

    as_user(OTHER, OTHER, stranger)


def access_lists():
    def run(*words):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        say(*words, "->", done.returncode, done.stdout, done.stderr.split(":")[-1])

    os.umask(0o027)
    os.mkdir("d")
    os.close(os.open("f", os.O_CREAT, 0o640))
    run("setfacl", "-m", f"u:{OTHER}:rw,g:{OTHER + 1}:r", "f")
    run("getfacl", "-n", "f")
    show("f")
    as_user(OTHER, OTHER, lambda: opened("named user", "f", os.O_RDWR))
    as_user(OTHER + 5, OTHER + 1, lambda: opened("named group", "f", os.O_RDWR))
    as_user(OTHER + 5, OTHER + 1, lambda: opened("named group reads", "f", os.O_RDONLY))
    as_user(OTHER + 5, OTHER + 5, lambda: opened("nobody", "f", os.O_RDONLY))
    os.chmod("f", 0o600)
    run("getfacl", "-n", "f")
    as_user(OTHER, OTHER, lambda: opened("masked user", "f", os.O_RDONLY))
    run("setfacl", "-d", "-m", f"u:{OTHER}:rwx,g::rwx,o::r", "d")
    run("getfacl", "-n", "d")
    os.close(os.open("d/file", os.O_CREAT, 0o666))
    os.mkdir("d/sub", 0o777)
    run("getfacl", "-n", "d/file")
    run("getfacl", "-n", "d/sub")
    show("d/file")
    run("setfacl", "-b", "f")
    run("getfacl", "-n", "f")


def times():
    os.close(os.open("file", os.O_CREAT, 0o644))
    os.utime("file", ns=(1_000_000_123, 2_000_000_456))
    seen = os.stat("file")
    say(seen.st_atime_ns, seen.st_mtime_ns)
    before = seen.st_ctime_ns

    def changed(what, call, *args):
        was = os.stat("file")
        call(*args)
        now = os.stat("file")
        say(what, "mtime", now.st_mtime_ns != was.st_mtime_ns, "ctime", now.st_ctime_ns >= before)

    def write(flags):
        file = os.open("file", os.O_WRONLY | flags)
        os.write(file, direct_buffer(b"x" * 4096))
        os.close(file)

    pause = lambda: subprocess.run(["sleep", "0.02"], check=True)
    changed("write", write, 0)
    pause()
    changed("direct write", write, os.O_DIRECT)
    pause()
    changed("truncate", os.truncate, "file", 100)
    pause()
    changed("chmod", os.chmod, "file", 0o600)
    pause()
    changed("link", os.link, "file", "file2")
    os.symlink("file", "link")
    os.utime("link", ns=(5, 6), follow_symlinks=False)
    seen = os.lstat("link")
    say(seen.st_mtime_ns)
    os.utime("file", ns=(-1_500_000_000, -500_000_000))
    say(os.stat("file").st_atime_ns, os.stat("file").st_mtime_ns)
    os.mkdir("d")
    os.utime("d", ns=(1, 1))
    os.close(os.open("d/x", os.O_CREAT))
    say("directory touched", os.stat("d").st_mtime_ns > 1)


def many_entries():
    os.mkdir("many")
    for index in range(600):
        os.close(os.open(f"many/entry-{index:05d}", os.O_CREAT, 0o600))
    say(len(os.listdir("many")))
    seen = set()
    with os.scandir("many") as entries:
        for number, entry in enumerate(entries):
            seen.add(entry.name)
            if number % 2 == 0:
                os.unlink(entry.path)
    say(len(seen), len(os.listdir("many")))
    with os.scandir("many") as entries:
        say(all(entry.is_file() and entry.inode() == os.stat(entry.path).st_ino for entry in entries))
    subprocess.run(["find", "many", "-type", "f", "-delete"], check=True)
    tried("rmdir", os.rmdir, "many")
    os.makedirs("/".join(["deep"] * 40))
    say(subprocess.run(["find", "deep", "-depth", "-delete"], check=False).returncode, os.listdir("."))


def programs():
    """git, tar and SQLite, whose locking, mapping and renaming are a world of their own."""
    def run(command):
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        say(command, "->", done.returncode, done.stdout.strip())

    run("git init -q repo && cd repo && git config user.email a@b && git config user.name n")
    run("cd repo && for i in 1 2 3 4 5 6 7 8 9; do mkdir d$i; seq $i 1000 > d$i/f; done; git add . && git commit -qm x")
    run("git clone -q repo copy && cd copy && git fsck --strict 2>&1 && git status --short")
    run("cd copy && git repack -adq && git log --format=%s && rm -rf d1 && git checkout -q d1 && git status --short")
    run("tar -C repo -cf all.tar --exclude .git . && mkdir out && tar -C out -xf all.tar && diff -r repo/d5 out/d5")
    import sqlite3
    for mode in ("delete", "wal"):
        base = sqlite3.connect(f"base-{mode}")
        base.execute(f"pragma journal_mode={mode}")
        base.execute("create table t(a)")
        for start in range(20):
            with base:
                base.executemany("insert into t values(?)", ((start * 50 + i,) for i in range(50)))
        say(mode, base.execute("select count(*), sum(a) from t").fetchall(), base.execute("pragma integrity_check").fetchall())
        base.close()


def random_calls():
    """fsx in small: random writes by every way, checked against memory after each read."""
    numbers = random.Random(int(os.environ.get("SEED", "1")))
    limit = 1 << 18
    file = os.open("f", os.O_CREAT | os.O_RDWR, 0o644)
    direct = os.open("f", os.O_RDWR | os.O_DIRECT)
    truth = bytearray()
    counts = {}

    def grow(end):
        if len(truth) < end:
            truth.extend(bytes(end - len(truth)))

    for step in range(1500):
        what = numbers.choice(("write", "write", "direct", "direct", "map", "truncate", "punch", "read", "direct-read"))
        counts[what] = counts.get(what, 0) + 1
        start = numbers.randrange(limit)
        length = numbers.randrange(1, 20000)
        content = numbers.randbytes(length)
        if what == "write":
            os.pwrite(file, content, start)
            grow(start + length)
            truth[start : start + length] = content
        elif what == "direct":
            start, length = start & ~511, (length + 511) & ~511
            content = numbers.randbytes(length)
            memory = direct_buffer(content)
            os.pwritev(direct, [memoryview(memory)[:length]], start)
            grow(start + length)
            truth[start : start + length] = content
        elif what == "map" and truth:
            memory = mmap.mmap(file, len(truth))
            start %= len(truth)
            length = min(length, len(truth) - start)
            memory[start : start + length] = content[:length]
            truth[start : start + length] = content[:length]
            memory.flush()
            memory.close()
        elif what == "truncate" and step % 5 == 0:
            os.ftruncate(file, start)
            del truth[start:]
            grow(start)
        elif what == "punch":
            fallocate(file, PUNCH | KEEP, start, length)
            end = min(start + length, len(truth))
            if start < end:
                truth[start:end] = bytes(end - start)
        elif what == "read":
            if os.pread(file, length, start) != bytes(truth[start : start + length]):
                say("wrong bytes at step", step, start, length)
                return
        elif what == "direct-read":
            start, length = start & ~511, (length + 511) & ~511
            memory = mmap.mmap(-1, length)
            got = os.preadv(direct, [memory], start)
            if memory[:got] != bytes(truth[start : start + length]):
                say("wrong bytes in direct read at step", step, start, length)
                return
        if os.fstat(file).st_size != len(truth):
            say("wrong size at step", step, what)
            return
    os.fsync(file)
    say(sorted(counts.items()), open("f", "rb").read() == bytes(truth))


def refused_ways():
    """Not compared with the plain file system: what the mount refuses rather than do it to one copy (R12)."""
    with open("a", "wb") as file:
        file.write(b"a" * 8192)
    source, target = os.open("a", os.O_RDONLY), os.open("b", os.O_CREAT | os.O_RDWR)
    tried("reflink", fcntl.ioctl, target, 0x40049409, source)
    tried("get flags", fcntl.ioctl, source, 0x80086601, b"\0" * 8)
    tried("copy_file_range", os.copy_file_range, source, target, 8192)
    say(os.pread(target, 4, 8188))
    tried("collapse range", fallocate, target, 8, 0, 4096)
    tried("insert range", fallocate, target, 32, 0, 4096)
    tried("punch still works", fallocate, target, PUNCH | KEEP, 0, 4096)
    say([name for name in os.listxattr("a") if "gemel" in name])
    tried("own attribute", os.getxattr, "a", "trusted.gemel.file")
    tried("set own", os.setxattr, "a", "trusted.gemel.file", b"x")
    tried("remove own", os.removexattr, "a", "trusted.gemel.file")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
