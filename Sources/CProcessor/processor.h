#pragma once
// What Swift has no words for: what the compiler was told of the processor, a hint to its cache, and roots of whole vectors.

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

/// `SIMD16<Float>` as C knows it.
typedef float filterscope_vector __attribute__((ext_vector_type(16)));

/// The square root of each lane, correctly rounded, in one or two instructions: Swift's `squareRoot()` takes lane after lane.
static inline filterscope_vector filterscope_square_roots(filterscope_vector values) {
    return __builtin_elementwise_sqrt(values);
}
