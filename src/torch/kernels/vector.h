// Registers of numbers on the processor that a file is compiled for. Files that include this are compiled once for each kind of
// processor, with its flags, and include nothing but intrinsics beside: an inline function of a library that was compiled so could
// be chosen for the whole program.
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "turn.h"

namespace {

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

// A unit is 32 bits of the operands of a product: an fp32 number, or two of bf16 that follow one another in the sum. Numbers are what
// memory holds, operands what products take: bf16 that is widened is summed in fp32.
#if defined(KERNELS_PAIRS)
using Number = uint16_t;
using Operand = uint16_t;
constexpr int kUnit = 2;
INLINE Vector dot(Vector sum, uint32_t a, Vector b) {
  return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32(int(a)), (__m512bh)b);
}
INLINE __m256i narrow(Vector v) { return (__m256i)_mm512_cvtneps_pbh(v); }
#else
#if defined(KERNELS_WIDE)
using Number = uint16_t;
// Rounds to the nearest, to even between two, as the processors that do it by themselves.
INLINE __m256i narrow(Vector v) {
  const __m512i bits = _mm512_castps_si512(v), last = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(last, _mm512_set1_epi32(0x7fff)));
  const __mmask16 no_number = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_blend_epi32(no_number, rounded, _mm512_set1_epi32(0x7fc00000)), 16));
}
#else
using Number = float;
#endif
using Operand = float;
constexpr int kUnit = 1;
INLINE Vector dot(Vector sum, uint32_t a, Vector b) {
  float x;
  __builtin_memcpy(&x, &a, 4);
  return multiply_add(all(x), b, sum);
}
#endif

// Past the caches, into memory that nothing reads soon.
#if defined(KERNELS_PAIRS) || defined(KERNELS_WIDE)
INLINE Vector load(const uint16_t *p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}
INLINE void store(uint16_t *p, Vector v) { _mm256_storeu_si256((__m256i *)p, narrow(v)); }
INLINE void past(uint16_t *p, Vector v) { _mm256_stream_si256((__m256i *)p, narrow(v)); }
#endif
#if defined(__AVX512F__)
INLINE void past(float *p, Vector v) { _mm512_stream_ps(p, v); }
#else
INLINE void past(float *p, Vector v) { _mm256_stream_ps(p, v); }
#endif

template <bool passing, typename T>
INLINE void put(T *p, Vector v) {
  if constexpr (passing) {
    past(p, v);
  } else {
    store(p, v);
  }
}

// Units of `kUnit` vectors; past the caches if so wished.
template <bool passing = false>
INLINE void store_units(uint32_t *p, const Vector *v) {
#if defined(KERNELS_PAIRS)
  const __m512i low = _mm512_cvtepu16_epi32(narrow(v[0])), high = _mm512_cvtepu16_epi32(narrow(v[1]));
  const Vector units = _mm512_castsi512_ps(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
#else
  const Vector units = v[0];
#endif
  put<passing>((float *)p, units);
}

INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

}  // namespace
