// Matrix products of small blocks, their sums in registers.
#pragma once
#include "vector.h"

namespace {

// out (high × wide vectors) = or += a b. `a`: units, from row to row and along the sum; `b`: rows of units, one for each
// step along the sum.
template <int high, int wide>
INLINE void product(const uint32_t *a, int64_t a_row, int64_t a_step, const uint32_t *b, int64_t b_step, int64_t depth,
                    float *out, int64_t out_row, bool more) {
  Vector sum[high][wide];
#pragma GCC unroll 16
  for (int i = 0; i < high; i++) {
#pragma GCC unroll 4
    for (int j = 0; j < wide; j++) sum[i][j] = more ? load(out + i * out_row + j * kLanes) : zero();
  }
  for (int64_t step = 0; step < depth; step++) {
    Vector row[wide];
#pragma GCC unroll 4
    for (int j = 0; j < wide; j++) row[j] = load((const float *)b + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < high; i++) {
#pragma GCC unroll 4
      for (int j = 0; j < wide; j++) sum[i][j] = dot(sum[i][j], a[i * a_row], row[j]);
    }
    a += a_step;
    b += b_step;
  }
#pragma GCC unroll 16
  for (int i = 0; i < high; i++) {
#pragma GCC unroll 4
    for (int j = 0; j < wide; j++) store(out + i * out_row + j * kLanes, sum[i][j]);
  }
}

// The same for `rows` rows, `high` at the most.
template <int high, int wide>
INLINE void last_rows(int64_t rows, const uint32_t *a, int64_t a_row, int64_t a_step, const uint32_t *b, int64_t depth, float *out,
                      int64_t out_row, bool more) {
  if (rows == high) return product<high, wide>(a, a_row, a_step, b, wide * kLanes, depth, out, out_row, more);
  if constexpr (high > 1) last_rows<high - 1, wide>(rows, a, a_row, a_step, b, depth, out, out_row, more);
}

// And for any number of rows: the fewer columns there are, the more rows fit into the registers.
template <int wide>
void rows_of_product(int64_t rows, const uint32_t *a, int64_t a_row, int64_t a_step, const uint32_t *b, int64_t depth,
                     float *out, int64_t out_row, bool more) {
  constexpr int high = wide == 1 ? kHigh * kWide / 2 : kHigh * kWide / wide;
  for (; rows >= high; rows -= high) {
    product<high, wide>(a, a_row, a_step, b, wide * kLanes, depth, out, out_row, more);
    a += high * a_row;
    out += high * out_row;
  }
  if (rows > 0) last_rows<high - 1, wide>(rows, a, a_row, a_step, b, depth, out, out_row, more);
}

// A product with a panel: up to kPanel columns.
void panel_product(int64_t rows, int64_t columns, const uint32_t *a, int64_t a_row, int64_t a_step, const uint32_t *b,
                   int64_t depth, float *out, int64_t out_row, bool more) {
  switch (columns / kLanes) {
#if defined(__AVX512F__)
    case 4: return rows_of_product<4>(rows, a, a_row, a_step, b, depth, out, out_row, more);
    case 3: return rows_of_product<3>(rows, a, a_row, a_step, b, depth, out, out_row, more);
#endif
    case 2: return rows_of_product<2>(rows, a, a_row, a_step, b, depth, out, out_row, more);
    case 1: return rows_of_product<1>(rows, a, a_row, a_step, b, depth, out, out_row, more);
  }
}

}  // namespace
