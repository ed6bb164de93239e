// What the engine takes from OpenBLAS and from the processor, as Swift can import it.
#pragma once
#include <cblas.h>
#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xmmintrin.h>

// Exported by every OpenBLAS, missing from some versions of its header.
char *openblas_get_corename(void);
char *openblas_get_config(void);
void openblas_set_num_threads(int count);

// Flush-to-zero and denormals-are-zero of the calling thread: bits 15 and 6 of MXCSR.
static inline void retort_flush_subnormals(void) { _mm_setcsr(_mm_getcsr() | 0x8040); }
static inline unsigned retort_floating_point_control(void) { return _mm_getcsr(); }
static inline void retort_set_floating_point_control(unsigned bits) { _mm_setcsr(bits); }

// Sleeps while *word == expected; wakes up to count sleepers. Spurious returns are allowed.
static inline void retort_futex_wait(const uint32_t *word, uint32_t expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, (void *)0, (void *)0, 0);
}
static inline void retort_futex_wake(const uint32_t *word, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, (void *)0, (void *)0, 0);
}
static inline void retort_pause(void) { _mm_pause(); }
