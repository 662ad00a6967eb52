// The tiles of Winograd convolutions: their transforms, where their pixels lie, and which of them there are.
#pragma once
#include "tiling.h"
#include "vector.h"
#include "ways.h"

namespace {

using convolution::Convolution;

// out = M in, for a constant M: `step_in` and `step_out` vectors from one to the next.
template <const auto &M>
INLINE void times(const Vector *in, int step_in, Vector *out, int step_out) {
#pragma GCC unroll 16
  for (int i = 0; i < M.rows; i++) {
    Vector sum = zero();
    bool begun = false;
#pragma GCC unroll 16
    for (int j = M.columns - 1; j >= 0; j--) {  // the highest factor is 1 in every row of B, but for short tiles
      const float factor = M.at[i][j];
      const Vector x = in[j * step_in];
      if (factor == 0) continue;
      if (!begun) {
        sum = factor == 1 ? x : factor == -1 ? subtract(zero(), x) : multiply(all(factor), x);
      } else {
        sum = factor == 1 ? add(sum, x) : factor == -1 ? subtract(sum, x) : multiply_add(all(factor), x, sum);
      }
      begun = true;
    }
    out[i * step_out] = sum;
  }
}

// out = M in Nᵀ.
template <const auto &M, const auto &N>
INLINE void both_sides(const Vector *in, Vector *out) {
  Vector half[M.rows * N.columns];
#pragma GCC unroll 16
  for (int j = 0; j < N.columns; j++) times<M>(in + j, N.columns, half + j, N.columns);
#pragma GCC unroll 16
  for (int i = 0; i < M.rows; i++) times<N>(half + i * N.columns, 1, out + i * N.rows, 1);
}

// Calls `work` with the directions of a tile, its kind, the range of it counted from the first of the kind, and where in `range` it
// begins, for each kind of which there are some.
template <typename F, typename Work>
INLINE void for_each_kind(const Tiling &tiling, Range range, const Work &work) {
  const auto of = [&]<typename Rows, typename Columns>(int kind) __attribute__((always_inline)) {
    const Range some = tiling.of(kind).within(range);
    const int64_t first = tiling.begin[kind];
    if (some.size() > 0) work.template operator()<Rows, Columns>(kind, Range{some.begin - first, some.end - first}, some.begin - range.begin);
  };
  using Short = typename F::Short;
  of.template operator()<Short, F>(0);
  of.template operator()<F, F>(1);
  of.template operator()<F, Short>(2);
  of.template operator()<Short, Short>(3);
}

// The pixels of a tile of `high` × `wide` whose first is at (top, left): `none` where there is no such pixel.
template <int high, int wide>
INLINE void pixels(const Number *maps, const Number *none, int64_t height, int64_t width, int64_t pixel, const Place &at,
                   const Number **out) {
  for (int64_t i = 0; i < high; i++) {
    for (int64_t j = 0; j < wide; j++) {
      const int64_t row = at.top + i, column = at.left + j;
      const bool inside = row >= 0 && row < height && column >= 0 && column < width;
      out[i * wide + j] = inside ? maps + ((at.picture * height + row) * width + column) * pixel : none;
    }
  }
}

// Asks for a line of memory of each of the next tile's pixels, channels from `channel` on, once for all channels that it has: pixels lie
// apart, and no prefetcher of the hardware follows them.
template <int count>
INLINE void ask_for(const Number *const (&pixels)[count], int64_t channel) {
  if (channel * sizeof(Number) % 64) return;
  for (int i = 0; i < count; i++) _mm_prefetch((const char *)(pixels[i] + channel), _MM_HINT_T1);
}

// Lines of memory apart, so that what is written for all points at once does not fall into one set of the cache.
INLINE int64_t spread(int64_t numbers, int64_t size) {
  const int64_t line = 64 / size;
  const int64_t lines = (numbers + line - 1) / line;
  return (lines | 1) * line;
}

}  // namespace
