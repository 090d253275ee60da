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
