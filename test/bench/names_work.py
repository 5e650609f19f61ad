# SPDX-License-Identifier: Apache-2.0
"""`python3 names_work.py WORK DIR COUNT`: COUNT changes of names in DIR,; prints the seconds they took."""
import os
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
began = time.monotonic()
for number in range(count):
    steps[work](number)
print(time.monotonic() - began)
