// Tile registers (AMX) of 16 × 16 sums and of bf16 operands. What includes this is compiled for processors that have them, and includes
// nothing of a library (vector.h says why).
#pragma once
#include <immintrin.h>

#include <cstdint>

#include "turn.h"

namespace {

using Number = uint16_t;  // bf16

// A tile of operands is kSide rows of 64 bytes: kDeep numbers that follow one another in the sum, or kSide pairs of them.
constexpr int kSide = 16, kDeep = 32, kTileBytes = 1024;
constexpr int kTile = kSide * kSide;  // sums

#if defined(TILES_IN_SOFTWARE)
// What tile registers do, on processors that have none: so that these, too, can test what is done with them.
thread_local struct alignas(64) {
  uint32_t units[8][kSide][kSide];
  uint8_t rows[8];
} registers;

class Tiles {
 public:
  INLINE explicit Tiles(const uint8_t (&rows)[8]) {
    for (int i = 0; i < 8; i++) registers.rows[i] = rows[i];
  }
  INLINE ~Tiles() {}
  Tiles(const Tiles &) = delete;
  Tiles &operator=(const Tiles &) = delete;
};

template <int to, int a, int b>
INLINE void dot() {
  for (int i = 0; i < registers.rows[to]; i++) {
    __m512 sum = _mm512_load_ps(registers.units[to][i]);
    for (int k = 0; k < kSide; k++) {
      const auto pairs = (__m512bh)_mm512_load_si512(registers.units[b][k]);
      sum = _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32(int(registers.units[a][i][k])), pairs);
    }
    _mm512_store_ps(registers.units[to][i], sum);
  }
}
template <int to>
INLINE void load_tile(const void *from, int64_t row_bytes = 64) {
  for (int i = 0; i < kSide; i++) {
    const auto *row = (const uint8_t *)from + i * row_bytes;
    _mm512_store_si512(registers.units[to][i], i < registers.rows[to] ? _mm512_loadu_si512(row) : _mm512_setzero_si512());
  }
}
template <int from>
INLINE void store_tile(void *to, int64_t row_bytes = 64) {
  for (int i = 0; i < registers.rows[from]; i++) {
    _mm512_storeu_si512((uint8_t *)to + i * row_bytes, _mm512_load_si512(registers.units[from][i]));
  }
}
template <int to>
INLINE void clear_tile() {
  for (int i = 0; i < kSide; i++) _mm512_store_si512(registers.units[to][i], _mm512_setzero_si512());
}
#else
// What the tile registers hold while it lives: rows of each of the eight; all are 64 bytes wide.
class Tiles {
 public:
  INLINE explicit Tiles(const uint8_t (&rows)[8]) {
    struct alignas(64) {
      uint8_t palette = 1, start = 0, reserved[14] = {};
      uint16_t bytes[16] = {};
      uint8_t rows[16] = {};
    } config;
    for (int i = 0; i < 8; i++) config.bytes[i] = 64, config.rows[i] = rows[i];
    asm volatile("ldtilecfg %0" ::"m"(config));  // GCC 12's intrinsic says of 8 bytes alone that they are read
  }
  // Whatever the thread does next need not keep eight kilobytes of registers.
  INLINE ~Tiles() { asm volatile("tilerelease"); }
  Tiles(const Tiles &) = delete;
  Tiles &operator=(const Tiles &) = delete;
};

// Sums of register `to` += the operands of register `a` times those of register `b`. (GCC's own intrinsics take no template's number.)
template <int to, int a, int b>
INLINE void dot() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(to), "i"(a), "i"(b));
}
template <int to>
INLINE void load_tile(const void *from, int64_t row_bytes = 64) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(row_bytes), "i"(to) : "memory");
}
template <int from>
INLINE void store_tile(void *to, int64_t row_bytes = 64) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(row_bytes), "i"(from) : "memory");
}
template <int to>
INLINE void clear_tile() {
  asm volatile("tilezero %%tmm%c0" ::"i"(to));
}
#endif

INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t pieces(int64_t all, int64_t piece) { return (all + piece - 1) / piece; }

INLINE __m512 widen(const Number *p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}
INLINE __m256i narrow(__m512 v) { return (__m256i)_mm512_cvtneps_pbh(v); }
INLINE __m512i narrow(__m512 low, __m512 high) { return (__m512i)_mm512_cvtne2ps_pbh(high, low); }

// Sixteen pairs of which the first of each comes from `a` and the second from `b`.
INLINE __m512i pairs(const Number *a, const Number *b) {
  const __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)a));
  const __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)b));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

}  // namespace
