// Registers of numbers on the processor that a file is compiled for. Files that include this are compiled once for each kind of
// processor, with its flags, and include nothing but intrinsics beside: an inline function of a library that was compiled so could
// be chosen for the whole program.
#pragma once
#include <immintrin.h>

#include <cstdint>

namespace {

#define INLINE inline __attribute__((always_inline))

#if defined(__AVX512F__)
constexpr int kLanes = 16, kWide = 4, kHigh = 6;  // the accumulators of a product: kHigh × kWide registers
using Vector = __m512;
INLINE Vector zero() { return _mm512_setzero_ps(); }
INLINE Vector load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void store(float *p, Vector v) { _mm512_storeu_ps(p, v); }
INLINE Vector all(float x) { return _mm512_set1_ps(x); }
INLINE Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
INLINE Vector subtract(Vector a, Vector b) { return _mm512_sub_ps(a, b); }
INLINE Vector multiply(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
INLINE Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
#else
constexpr int kLanes = 8, kWide = 2, kHigh = 6;
using Vector = __m256;
INLINE Vector zero() { return _mm256_setzero_ps(); }
INLINE Vector load(const float *p) { return _mm256_loadu_ps(p); }
INLINE void store(float *p, Vector v) { _mm256_storeu_ps(p, v); }
INLINE Vector all(float x) { return _mm256_set1_ps(x); }
INLINE Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
INLINE Vector subtract(Vector a, Vector b) { return _mm256_sub_ps(a, b); }
INLINE Vector multiply(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
INLINE Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
#endif

constexpr int kPanel = kLanes * kWide;  // columns of a product that are done together

// 32 bits of the operands of a product: a number, or two of bf16 that follow one another in the sum.
#if defined(KERNELS_BF16)
using Number = uint16_t;
constexpr int kUnit = 2;
INLINE Vector load(const Number *p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}
INLINE void store(Number *p, Vector v) { _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(v)); }
INLINE void store_units(uint32_t *p, const Vector *v) {
  const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(v[0]));
  const __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(v[1]));
  _mm512_storeu_si512(p, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}
INLINE Vector dot(Vector sum, uint32_t a, Vector b) {
  return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32(int(a)), (__m512bh)b);
}
#else
using Number = float;
constexpr int kUnit = 1;
INLINE void store_units(uint32_t *p, const Vector *v) { store((float *)p, v[0]); }
INLINE Vector dot(Vector sum, uint32_t a, Vector b) {
  float x;
  __builtin_memcpy(&x, &a, 4);
  return multiply_add(all(x), b, sum);
}
#endif

INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

}  // namespace
