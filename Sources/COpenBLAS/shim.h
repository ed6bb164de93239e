// What the engine takes from OpenBLAS and from the processor, as Swift can import it.
#pragma once
#include <cblas.h>
#include <immintrin.h>
#include <stdint.h>

// Exported by every OpenBLAS, missing from some versions of its header.
char *openblas_get_corename(void);
char *openblas_get_config(void);
void openblas_set_num_threads(int count);

// Flush-to-zero and denormals-are-zero of the calling thread: bits 15 and 6 of MXCSR.
static inline void retort_flush_subnormals(void) { _mm_setcsr(_mm_getcsr() | 0x8040); }
static inline unsigned retort_floating_point_control(void) { return _mm_getcsr(); }
static inline void retort_set_floating_point_control(unsigned bits) { _mm_setcsr(bits); }


// Tells the processor that the caller is spinning.
static inline void retort_pause(void) { _mm_pause(); }

// Calls a line of memory into the second cache; an address that is not there is passed over.
static inline void retort_prefetch(const float *address) {
  _mm_prefetch((const char *)address, _MM_HINT_T1);
}

// What a vector kernel cannot say in Swift: loads and stores of the first `count` of sixteen values (all
// of them if there are more; what lies beyond is neither read nor written), and comparisons as bits.
typedef float retort_vector __attribute__((vector_size(64)));     // SIMD16<Float>
typedef uint32_t retort_words __attribute__((vector_size(64)));   // SIMD16<UInt32>

#define RETORT_INLINE static inline __attribute__((always_inline))

typedef float retort_singles __attribute__((vector_size(32)));    // SIMD8<Float>
typedef double retort_doubles __attribute__((vector_size(64)));   // SIMD8<Double>

RETORT_INLINE retort_doubles retort_widen(retort_singles values) {
  return __builtin_convertvector(values, retort_doubles);
}

// Each value rounded to the nearest float.
RETORT_INLINE retort_singles retort_narrow(retort_doubles values) {
  return __builtin_convertvector(values, retort_singles);
}

#if defined(__AVX512F__)

RETORT_INLINE __mmask16 retort_first(int32_t count) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm512_cmpgt_epi32_mask(_mm512_set1_epi32(count), lanes);
}

// Lanes beyond hold those of `filler`.
RETORT_INLINE retort_vector retort_load(const float *from, int32_t count, retort_vector filler) {
  return (retort_vector)_mm512_mask_loadu_ps((__m512)filler, retort_first(count), from);
}

RETORT_INLINE void retort_store(retort_vector values, float *to, int32_t count) {
  _mm512_mask_storeu_ps(to, retort_first(count), (__m512)values);
}

// Bit i is 1 where a[i] < limit.
RETORT_INLINE uint16_t retort_bits_below(retort_words a, uint32_t limit) {
  return _mm512_cmplt_epu32_mask((__m512i)a, _mm512_set1_epi32((int)limit));
}

#elif defined(__AVX2__)

RETORT_INLINE __m256i retort_first(int32_t count) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lanes);
}

RETORT_INLINE retort_vector retort_load(const float *from, int32_t count, retort_vector filler) {
  union { retort_vector all; __m256 half[2]; } values = { filler };
  for (int i = 0; i < 2; i++) {
    const __m256i first = retort_first(count - 8 * i);
    values.half[i] = _mm256_blendv_ps(
        values.half[i], _mm256_maskload_ps(from + 8 * i, first), _mm256_castsi256_ps(first));
  }
  return values.all;
}

RETORT_INLINE void retort_store(retort_vector values, float *to, int32_t count) {
  union { retort_vector all; __m256 half[2]; } parts = { values };
  for (int i = 0; i < 2; i++) {
    _mm256_maskstore_ps(to + 8 * i, retort_first(count - 8 * i), parts.half[i]);
  }
}

RETORT_INLINE uint16_t retort_bits_below(retort_words a, uint32_t limit) {
  union { retort_words all; __m256i half[2]; } parts = { a };
  // The processor compares signed numbers: both sides move down by half the range.
  const __m256i sign = _mm256_set1_epi32((int)0x80000000u);
  const __m256i moved = _mm256_xor_si256(_mm256_set1_epi32((int)limit), sign);
  unsigned bits = 0;
  for (int i = 0; i < 2; i++) {
    const __m256i below = _mm256_cmpgt_epi32(moved, _mm256_xor_si256(parts.half[i], sign));
    bits |= (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(below)) << (8 * i);
  }
  return (uint16_t)bits;
}

#endif
