#pragma once
// Memory behind a descriptor, and the seals on its size: part of the C library, but Swift's Glibc module offers neither.
// Numbers from the kernel's <linux/memfd.h> and <linux/fcntl.h>.
#include <fcntl.h>

int memfd_create(const char *name, unsigned int flags);

enum { filterscope_seal_shrink = 0x2, filterscope_seal_grow = 0x4, filterscope_seal_future_write = 0x10 };

// Closed in child processes, and open to seals.
static inline int filterscope_memory(const char *name) { return memfd_create(name, 0x1 | 0x2); }
static inline int filterscope_add_seals(int descriptor, int seals) { return fcntl(descriptor, 1024 + 9, seals); }
static inline int filterscope_seals(int descriptor) { return fcntl(descriptor, 1024 + 10); }
