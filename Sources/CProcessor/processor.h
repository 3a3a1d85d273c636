#pragma once
// What Swift has no words for: what the compiler was told of the processor, and a hint to its cache.

// Whether the code that includes this may use 32 registers of 512 bits.
#ifdef __AVX512F__
#define FILTERSCOPE_WIDE_REGISTERS 1
#else
#define FILTERSCOPE_WIDE_REGISTERS 0
#endif

/// Asks for the cache line at `address`, which need not be readable. It changes nothing but time.
static inline void filterscope_prefetch(const void *address) {
    __builtin_prefetch(address);
}
