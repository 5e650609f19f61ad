# SPDX-License-Identifier: Apache-2.0
"""`python3 names_work.py WORK DIR COUNT`: COUNT changes of names in DIR. Says that it is ready, waits for a line,
and prints when it began and ended, by the clock that all processes share: what it takes to start is not counted.

`worst`: makes and removes a file until its input ends; prints the seconds of the longest call."""
import os
import select
import sys
import time

work, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.makedirs(folder, exist_ok=True)
os.chdir(folder)


def create(index):
    file = os.open(f"file-{index}", os.O_CREAT | os.O_WRONLY, 0o644)
    os.write(file, b"x" * 100)
    os.close(file)


steps = {
    "create": create,
    "rename": lambda index: os.rename(f"file-{index}", f"renamed-{index}"),
    "delete": lambda index: os.unlink(f"renamed-{index}"),
}


def worst():
    longest = 0.0
    while not select.select([sys.stdin], [], [], 0.002)[0]:
        for call in (lambda: create(0), lambda: os.stat("file-0"), lambda: os.unlink("file-0")):
            began = time.monotonic()
            call()
            longest = max(longest, time.monotonic() - began)
    return longest


if work == "worst":
    print(worst())
else:
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    for number in range(count):
        steps[work](number)
    print(began, time.monotonic())
