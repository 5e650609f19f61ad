# SPDX-License-Identifier: Apache-2.0
# The addon of the mirror process. OpenSSL is node's own: its headers are beside node's, its symbols come from the
# process (an addon linked with -lssl would bind to them anyway), so neither libssl nor libcrypto is linked.
{
    "targets": [
        {
            "target_name": "gemel",
            "sources": [
                "addon.cc",
                "guest_process.cc",
                "<!@(sh -c 'ls base/*.cc store/*.cc wire/*.cc engine/*.cc front/fuse/*.cc control/*.cc 2>/dev/null; true')",
            ],
            "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
            "cflags!": ["-fno-exceptions"],
            "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=c++17", "-std=gnu++14"],
            "cflags_cc": [
                "-std=c++20",
                "-fexceptions",
                "-O2",
                "-g",
                "-Wall",
                "-Wextra",
                "-Wconversion",
                "-Werror",
                # Headers of others are not ours to judge.
                "-isystem <!(node -p \"require('path').resolve(require('node-addon-api').include_dir)\")",
                "<!@(pkg-config --cflags fuse3 liburing)",
            ],
            "libraries": ["<!@(pkg-config --libs fuse3 liburing)"],
        },
    ],
}
