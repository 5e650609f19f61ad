// SPDX-License-Identifier: Apache-2.0
// libfuse's low-level interface in the version that we speak, and the kernel's own structures for what
// libfuse 3.14 cannot say (FOPEN_PARALLEL_DIRECT_WRITES in the answer to an open).
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
