#pragma once
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/// Has the allocator take address space for each core at once: glibc's takes it page by page, each by a call of its own.
static inline void cmalloc_reserve(void) {
#ifdef __GLIBC__
    mallopt(M_TOP_PAD, 64 << 20);
#endif
}

/// Has the processor fetch `lines` times 64 bytes of memory from `address` on while it does something else.
static inline void cmalloc_prefetch(const void *address, int lines) {
    for (int line = 0; line < lines; line++) __builtin_prefetch((const char *)address + 64 * line);
}
