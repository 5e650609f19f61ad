// SPDX-License-Identifier: Apache-2.0
/**
 * The system packages that Gemel needs, each with the reason, in the order in which a person would ask.
 *
 * One table, because the set-up script prints it, installs from it, and docs/dependencies.md is held against
 * it by the architecture test. `neededBy` says what stops working without the package:
 *   build  compiling the native parts; without it nothing works
 *   run    a node that protects virtual machines (and therefore the lab)
 *   test   the lab's guest, the checks and the test suites
 *   bench  only the rivals and tools of `npm run bench`
 * The lab's guest kernel is not here: it is unpacked, never installed (test/lab/guest/kernel.ts).
 */

/** @typedef {{ name: string, why: string, neededBy: "build" | "run" | "test" | "bench" }} SystemPackage */

/** @type {readonly SystemPackage[]} */
export const systemPackages = [
  { name: "build-essential", why: "compiler and make for the native parts", neededBy: "build" },
  { name: "python3", why: "node-gyp, which drives that compiler, is written in it", neededBy: "build" },
  { name: "pkg-config", why: "finds the libraries below for node-gyp", neededBy: "build" },
  {
    name: "libfuse3-dev",
    why: "the mount speaks FUSE through libfuse's low-level interface",
    neededBy: "build",
  },
  { name: "liburing-dev", why: "the mirror process does all its I/O on one io_uring", neededBy: "build" },
  { name: "libvirt-dev", why: "@unraid/libvirt is compiled against libvirt", neededBy: "build" },

  { name: "libvirt-daemon-system", why: "the hypervisor service that runs the guests", neededBy: "run" },
  { name: "libvirt-clients", why: "virsh, for what the libvirt binding lacks", neededBy: "run" },
  { name: "qemu-system-x86", why: "runs the guests", neededBy: "run" },
  {
    name: "qemu-utils",
    why: "qemu-img reads the sizes and formats of disks before they are moved",
    neededBy: "run",
  },
  { name: "ovmf", why: "UEFI firmware for guests, secure boot included", neededBy: "run" },
  { name: "swtpm", why: "a TPM for guests; its state is replicated with them", neededBy: "run" },
  { name: "swtpm-tools", why: "makes that TPM at a guest's first start", neededBy: "run" },
  {
    name: "fuse3",
    why: "mount options and fusermount3, to leave a mount when its process is gone",
    neededBy: "run",
  },
  { name: "openssl", why: "issues the cluster's certificates", neededBy: "run" },
  { name: "iproute2", why: "the lab's networks; addresses of a node", neededBy: "run" },
  { name: "nftables", why: "one-way cuts and delays in the lab", neededBy: "run" },
  { name: "procps", why: "sysctl and ps for the doctor and the lab", neededBy: "run" },
  { name: "e2fsprogs", why: "mkfs.ext4 for the disks of the lab's hosts", neededBy: "run" },
  { name: "attr", why: "getfattr and setfattr: a kept copy loses its identity", neededBy: "run" },

  { name: "busybox-static", why: "the user space of the lab's guest", neededBy: "test" },
  { name: "cpio", why: "packs the guest's initramfs", neededBy: "test" },
  { name: "zstd", why: "reads the compressed modules of newer guest kernels", neededBy: "test" },
  { name: "xz-utils", why: "reads the compressed modules of some guest kernels", neededBy: "test" },
  { name: "xfsprogs", why: "a lab host on a file system with reflinks", neededBy: "test" },
  { name: "btrfs-progs", why: "a lab host on btrfs (npm run lab -- up --fs btrfs)", neededBy: "test" },
  { name: "acl", why: "tests compare access control lists through the mount", neededBy: "test" },
  { name: "tcpdump", why: "a capture of the data link proves that it is encrypted", neededBy: "test" },
  { name: "iputils-ping", why: "lab hosts see each other", neededBy: "test" },
  { name: "apparmor", why: "apparmor_parser checks what is shipped for libvirt's profile", neededBy: "test" },
  {
    name: "tpm2-tools",
    why: "reads a TPM's state as a guest would, where the guest's host is gone",
    neededBy: "test",
  },
  { name: "cmake", why: "builds the C++ unit tests, plain and under sanitizers", neededBy: "test" },
  {
    name: "libssl-dev",
    why: "the C++ tests run outside Node, which brings OpenSSL to the addon",
    neededBy: "test",
  },
  { name: "clang", why: "fuzzing (libFuzzer) and the sanitizers", neededBy: "test" },
  { name: "clang-format", why: "`npm run check` holds the C++ format", neededBy: "test" },
  {
    name: "chromium",
    why: "a real browser for the console's tests, pictures and figures",
    neededBy: "test",
  },
  {
    name: "fonts-nanum",
    why: "a VM's name in Hangul is letters in those pictures, not boxes",
    neededBy: "test",
  },
  { name: "nginx-light", why: "the console's test behind a reverse proxy", neededBy: "test" },
  { name: "git", why: "`npm run check` looks at the files that git tracks", neededBy: "test" },

  { name: "fio", why: "measures disks, mounts and rivals alike", neededBy: "bench" },
  { name: "glusterfs-server", why: "a rival in the benchmark: replica 2", neededBy: "bench" },
];
