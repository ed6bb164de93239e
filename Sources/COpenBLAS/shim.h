// What the engine takes from OpenBLAS and from the processor, as Swift can import it.
#pragma once
#include <cblas.h>
#include <stdint.h>
#include <xmmintrin.h>

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
