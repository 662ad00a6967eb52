// Winograd convolutions for one kind of processor (vector.h says how it is compiled).
#include "winograd.h"

#include "product.h"
#include "tiling.h"
#include "vector.h"
#include "ways.h"

namespace {

using winograd::Convolution;

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

// --- tiles --------------------------------------------------------------------------------------------------------------

// Calls `work` with the directions of a tile, its kind and a range, for each kind of which there are some in `range`.
template <typename F, typename Work>
INLINE void for_each_kind(const Tiling &tiling, Range range, const Work &work) {
  const auto of = [&]<typename Rows, typename Columns>(int kind) __attribute__((always_inline)) {
    const Range some = tiling.of(kind).within(range);
    if (some.size() > 0) work.template operator()<Rows, Columns>(kind, some);
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

template <typename F>
struct Forward {
  static constexpr int P = F::points, PP = P * P;

  static int64_t scratch(const Convolution &c, int64_t tiles) {
    return spread(tiles * c.channels, sizeof(Operand)) * PP * sizeof(Operand) + c.channels * sizeof(Number) +
           spread(tiles * kPanel, sizeof(float)) * PP * sizeof(float) + 256;
  }

  // Some tiles of a kind, counted from its first, to `v`.
  template <typename Rows, typename Columns, bool passing>
  static void transform_kind(const Convolution &c, const Tiling &tiling, int kind, Range some, const Number *x, const Number *none,
                             Operand *v, int64_t v_point) {
    constexpr int inputs = Rows::inputs * Columns::inputs;
    const Number *pixels_of[2][inputs];  // of a tile and of the next
    const auto point_to = [&](int64_t t) {
      Place at = tiling.place(kind, t);
      at.top -= c.padding, at.left -= c.padding;
      pixels<Rows::inputs, Columns::inputs>(x, none, c.height, c.width, c.in_pixel, at, pixels_of[t % 2]);
    };
    point_to(some.begin);
    for (int64_t t = some.begin; t < some.end; t++) {
      if (t + 1 < some.end) point_to(t + 1);
      const auto &from = pixels_of[t % 2], &next = pixels_of[t + 1 < some.end ? (t + 1) % 2 : t % 2];
      for (int64_t channel = 0; channel < c.channels; channel += kLanes) {
        ask_for(next, channel);
        Vector d[inputs], m[Rows::points * Columns::points];
#pragma GCC unroll 128
        for (int i = 0; i < inputs; i++) d[i] = load(from[i] + channel);
        both_sides<Rows::B, Columns::B>(d, m);
        Operand *to = v + (t - some.begin) * c.channels + channel;
#pragma GCC unroll 16
        for (int i = 0; i < Rows::points; i++) {
#pragma GCC unroll 16
          for (int j = 0; j < Columns::points; j++) put<passing>(to + (i * P + j) * v_point, m[i * Columns::points + j]);
        }
      }
    }
  }

  template <bool passing>
  static void transform(const Convolution &c, const Tiling &tiling, Range tiles, const Number *x, const Number *none, Operand *v,
                        int64_t v_point) {
    for_each_kind<F>(tiling, tiles, [&]<typename Rows, typename Columns>(int kind, Range some) {
      const int64_t first = tiling.begin[kind];
      transform_kind<Rows, Columns, passing>(c, tiling, kind, {some.begin - first, some.end - first}, x, none,
                                             v + (some.begin - tiles.begin) * c.channels, v_point);
    });
  }

  template <typename Rows, typename Columns>
  static void back_kind(const Convolution &c, const Tiling &tiling, int kind, Range some, const float *m, int64_t m_point,
                        const Number *bias, int64_t columns, Number *y) {
    for (int64_t t = some.begin; t < some.end; t++) {
      const Place at = tiling.place(kind, t);
      for (int64_t column = 0; column < columns; column += kLanes) {
        Vector from[Rows::points * Columns::points], to[Rows::tile * Columns::tile];
        const float *here = m + (t - some.begin) * columns + column;
#pragma GCC unroll 16
        for (int i = 0; i < Rows::points; i++) {
#pragma GCC unroll 16
          for (int j = 0; j < Columns::points; j++) from[i * Columns::points + j] = load(here + (i * P + j) * m_point);
        }
        both_sides<Rows::A, Columns::A>(from, to);
        const Vector add_on = bias ? load(bias + column) : zero();
        for (int i = 0; i < Rows::tile; i++) {
          for (int j = 0; j < Columns::tile; j++) {
            const int64_t row = at.top + i, line = at.left + j;
            if (row >= c.out_height || line >= c.out_width) continue;
            store(y + ((at.picture * c.out_height + row) * c.out_width + line) * c.out_pixel + column,
                  add(to[i * Columns::tile + j], add_on));
          }
        }
      }
    }
  }

  static void back(const Convolution &c, const Tiling &tiling, Range tiles, const float *m, int64_t m_point, const Number *bias,
                   int64_t columns, Number *y) {
    for_each_kind<F>(tiling, tiles, [&]<typename Rows, typename Columns>(int kind, Range some) {
      const int64_t first = tiling.begin[kind];
      back_kind<Rows, Columns>(c, tiling, kind, {some.begin - first, some.end - first}, m + (some.begin - tiles.begin) * columns, m_point,
                               bias, columns, y);
    });
  }

  // Of some tiles, those that have a product at a point.
  static Range with_point(const Tiling &tiling, int point, Range tiles) {
    return tiling.with(point / P == P - 1, point % P == P - 1).within(tiles);
  }

  static void run(const Convolution &c, const void *x, const void *u, const void *bias, void *y, int64_t first, int64_t tiles,
                  void *scratch) {
    const Tiling tiling(c, F::tile);
    const Range range{first, first + tiles};
    auto *v = (Operand *)scratch;
    const int64_t v_point = spread(tiles * c.channels, sizeof(Operand));
    auto *none = (Number *)(v + v_point * PP);
    for (int64_t i = 0; i < c.channels; i++) none[i] = 0;
    auto *m = (float *)(((uintptr_t)(none + c.channels) + 63) / 64 * 64);
    const int64_t m_point = spread(tiles * kPanel, sizeof(float));
    transform<false>(c, tiling, range, (const Number *)x, none, v, v_point);
    const int64_t depth = c.channels / kUnit;
    const auto *panel = (const uint32_t *)u;
    for (int64_t output = 0; output < c.outputs; output += kPanel) {
      const int64_t columns = least(kPanel, c.outputs - output);
      for (int p = 0; p < PP; p++, panel += depth * columns) {
        const Range some = with_point(tiling, p, range);
        const int64_t from = some.begin - first;
        panel_product(some.size(), columns, (const uint32_t *)(v + p * v_point + from * c.channels), depth, 1, panel, depth,
                      m + p * m_point + from * columns, columns, false);
      }
      back(c, tiling, range, m, m_point, bias ? (const Number *)bias + output : nullptr, columns, (Number *)y + output);
    }
  }

  // The same in three steps, each for `all` tiles whose operands are in memory.
  static int64_t operands_point(const Convolution &c, int64_t all) { return spread(all * c.channels, sizeof(Operand)); }
  static int64_t sums_point(const Convolution &c, int64_t all) { return spread(all * c.outputs, sizeof(float)); }
  static int64_t operands(const Convolution &c, int64_t all) { return operands_point(c, all) * PP * sizeof(Operand); }
  static int64_t sums(const Convolution &c, int64_t all) { return sums_point(c, all) * PP * sizeof(float); }
  static Range range_of(const winograd::Some &some) { return {some.begin + some.first, some.begin + some.first + some.tiles}; }

  static void step_in(const Convolution &c, const void *x, void *v, const winograd::Some &some, void *scratch) {
    auto *none = (Number *)scratch;
    for (int64_t i = 0; i < c.channels; i++) none[i] = 0;
    // Whole lines of memory go past the caches, which do not hold them all.
    constexpr bool passing = kLanes * sizeof(Operand) == 64;
    transform<passing>(c, Tiling(c, F::tile), range_of(some), (const Number *)x, none, (Operand *)v + some.first * c.channels,
                       operands_point(c, some.all));
    _mm_sfence();
  }

  static void step_products(const Convolution &c, const void *v, const void *u, void *m, const winograd::Some &some, int64_t point) {
    const Range tiles = with_point(Tiling(c, F::tile), int(point), range_of(some));
    const int64_t depth = c.channels / kUnit, from = tiles.begin - some.begin;
    const auto *a = (const uint32_t *)((const Operand *)v + point * operands_point(c, some.all) + from * c.channels);
    auto *to = (float *)m + point * sums_point(c, some.all) + from * c.outputs;
    for (int64_t output = 0; output < c.outputs; output += kPanel) {
      const int64_t columns = least(kPanel, c.outputs - output);
      const auto *panel = (const uint32_t *)u + (output * PP + point * columns) * depth;
      panel_product(tiles.size(), columns, a, depth, 1, panel, depth, to + output, c.outputs, false);
    }
  }

  static void step_out(const Convolution &c, const void *m, const void *bias, void *y, const winograd::Some &some) {
    back(c, Tiling(c, F::tile), range_of(some), (const float *)m + some.first * c.outputs, sums_point(c, some.all), (const Number *)bias,
         c.outputs, (Number *)y);
  }
};

// --- weights ------------------------------------------------------------------------------------------------------------

template <typename F>
struct Weights {
  static constexpr int P = F::points, PP = P * P, taps = F::taps * F::taps;
  // Transforms are larger than the caches: whole lines of memory go past them.
  static constexpr bool kWholeLines = kLanes * sizeof(uint32_t) == 64;

  // Panels of outputs `first` … of `count` (multiples of the lanes): point, then units of channels, then outputs.
  static void run(int64_t outputs, int64_t channels, const void *w, void *u, int64_t first, int64_t count) {
    const int64_t depth = channels / kUnit;
    for (int64_t output = first; output < first + count; output += kLanes) {
      const int64_t panel = output / kPanel * kPanel, columns = least(kPanel, outputs - panel);
      for (int64_t channel = 0; channel < channels; channel += kLanes) {
        // Outputs innermost, as they are stored.
        Vector rows[taps][kLanes];
        for (int i = 0; i < taps; i++) {
#pragma GCC unroll 16
          for (int j = 0; j < kLanes; j++) rows[i][j] = load((const Number *)w + ((output + j) * taps + i) * channels + channel);
          turn(rows[i]);
        }
        for (int64_t j = 0; j < kLanes; j += kUnit) {
          Vector m[kUnit][PP];
          for (int k = 0; k < kUnit; k++) {
            Vector from[taps];
#pragma GCC unroll 25
            for (int i = 0; i < taps; i++) from[i] = rows[i][j + k];
            both_sides<F::G, F::G>(from, m[k]);
          }
          auto *to = (uint32_t *)u + panel * PP * depth + (channel + j) / kUnit * columns + (output - panel);
          for (int p = 0; p < PP; p++) {
            const Vector both[2] = {m[0][p], m[kUnit - 1][p]};
            store_units<kWholeLines>(to + p * depth * columns, both);
          }
        }
      }
    }
    _mm_sfence();  // what went past the caches is there for all threads
  }

  // For the way back, where outputs come in and channels go out, and the kernel is turned around: panels of channels; point,
  // then pairs of outputs `first` … of `count`, then channels.
  static void turned_run(int64_t outputs, int64_t channels, const void *w, void *u, int64_t first, int64_t count) {
    const int64_t depth = outputs / kUnit;
    for (int64_t output = first; output < first + count; output += kUnit) {
      for (int64_t channel = 0; channel < channels; channel += kLanes) {
        const int64_t panel = channel / kPanel * kPanel, columns = least(kPanel, channels - panel);
        auto *to = (uint32_t *)u + panel * PP * depth + output / kUnit * columns + (channel - panel);
        Vector m[kUnit][PP];
        for (int k = 0; k < kUnit; k++) {
          Vector from[taps];
#pragma GCC unroll 25
          for (int i = 0; i < taps; i++) {
            from[taps - 1 - i] = load((const Number *)w + ((output + k) * taps + i) * channels + channel);
          }
          both_sides<F::G, F::G>(from, m[k]);
        }
        for (int p = 0; p < PP; p++) {
          const Vector both[2] = {m[0][p], m[kUnit - 1][p]};
          store_units<kWholeLines>(to + p * depth * columns, both);
        }
      }
    }
    _mm_sfence();
  }
};

// --- the gradient of the weights ----------------------------------------------------------------------------------------

// Tiles that are gone through at once; even.
constexpr int64_t kTiles = 192;

// What a direction of a tile has turned.
template <typename D>
struct Turned {
  static constexpr auto A = turned(D::A);
  static constexpr auto G = turned(D::G);
};

template <typename F>
struct Gradient {
  static constexpr int P = F::points, PP = P * P, taps = F::taps * F::taps;
  static constexpr int64_t kDepth = kTiles / kUnit;

  static int64_t scratch(int64_t outputs, int64_t channels) {
    return (spread(kDepth * outputs, 4) + spread(kDepth * channels, 4)) * P * 4 + (outputs > channels ? outputs : channels) * 4 + 128;
  }

  // Row `row` of M in Nᵀ.
  template <const auto &M, const auto &N>
  static INLINE void row_of(int64_t row, const Number *const *from, int64_t at, Vector *out) {
    Vector half[N.columns];
#pragma GCC unroll 16
    for (int j = 0; j < N.columns; j++) half[j] = zero();
#pragma GCC unroll 16
    for (int i = 0; i < M.columns; i++) {
      const float factor = M.at[row][i];
      if (factor == 0) continue;
      const Vector factors = all(factor);
#pragma GCC unroll 16
      for (int j = 0; j < N.columns; j++) half[j] = multiply_add(factors, load(from[i * N.columns + j] + at), half[j]);
    }
    times<N>(half, 1, out, 1);
  }

  // A block of outputs and channels: what is read of it, and the operands of its products in a row of points.
  struct Block {
    const Number *x, *dy, *none;
    int64_t row, outputs, channels;
    uint32_t *m, *v;
    int64_t m_point, v_point;
  };

  // The operands of some units of tiles of a kind, counted from its first, from `step` on.
  template <typename Rows, typename Columns>
  static void operands_of_kind(const Convolution &c, const Tiling &tiling, int kind, Range some, const Block &b, int64_t step) {
    // The pixels of a unit; of tiles that are beyond the last, none.
    struct Pixels {
      const Number *in[kUnit][Rows::inputs * Columns::inputs], *out[kUnit][Rows::tile * Columns::tile];
    } pixels_of[2];  // of a unit and of the next
    const auto point_to = [&](int64_t unit) {
      for (int64_t k = 0; k < kUnit; k++) {
        const int64_t tile = unit * kUnit + k;
        const bool there = tile < tiling.tiles[kind];
        Place at = tiling.place(kind, tile);
        auto &[in, out] = pixels_of[unit % 2];
        pixels<Rows::tile, Columns::tile>(b.dy, b.none, there ? c.out_height : 0, c.out_width, c.out_pixel, at, out[k]);
        at.top -= c.padding, at.left -= c.padding;
        pixels<Rows::inputs, Columns::inputs>(b.x, b.none, there ? c.height : 0, c.width, c.in_pixel, at, in[k]);
      }
    };
    point_to(some.begin);
    for (int64_t unit = some.begin; unit < some.end; unit++, step++) {
      point_to(unit + 1);
      const auto &[in, out] = pixels_of[unit % 2];
      const Pixels &next = pixels_of[(unit + 1) % 2];
      Vector points[kUnit][Columns::points];
      for (int64_t i = 0; i < b.outputs; i += kLanes) {
        for (int k = 0; k < kUnit; k++) {
          ask_for(next.out[k], i);
          row_of<Turned<Rows>::A, Turned<Columns>::A>(b.row, out[k], i, points[k]);
        }
        for (int p = 0; p < Columns::points; p++) {
          const Vector both[2] = {points[0][p], points[kUnit - 1][p]};
          store_units(b.m + p * b.m_point + step * b.outputs + i, both);
        }
      }
      for (int64_t i = 0; i < b.channels; i += kLanes) {
        const int64_t panel = i / kPanel * kPanel, columns = least(kPanel, b.channels - panel);
        for (int k = 0; k < kUnit; k++) {
          ask_for(next.in[k], i);
          row_of<Rows::B, Columns::B>(b.row, in[k], i, points[k]);
        }
        for (int p = 0; p < Columns::points; p++) {
          const Vector both[2] = {points[0][p], points[kUnit - 1][p]};
          store_units(b.v + p * b.v_point + panel * kDepth + step * columns + (i - panel), both);
        }
      }
    }
  }

  // Products of outputs and channels, in the points of one row, summed over all tiles, for some outputs and channels.
  static void run(const Convolution &c, const void *x, const void *dy, float *du, int64_t row, int64_t first_output,
                  int64_t outputs, int64_t first_channel, int64_t channels, void *scratch) {
    auto *none = (Number *)scratch;
    const int64_t most = outputs > channels ? outputs : channels;
    for (int64_t i = 0; i < most; i++) none[i] = 0;
    auto *m = (uint32_t *)(((uintptr_t)(none + most) + 63) / 64 * 64);
    const int64_t m_point = spread(kDepth * outputs, 4), v_point = spread(kDepth * channels, 4);
    const Block block{(const Number *)x + first_channel, (const Number *)dy + first_output, none, row, outputs, channels,
                      m, m + m_point * P, m_point, v_point};
    const Tiling tiling(c, F::tile, kUnit);
    for (int64_t first = 0; first < tiling.all(); first += kDepth) {
      const Range units = Range{first, first + kDepth}.within({0, tiling.all()});
      for_each_kind<F>(tiling, units, [&]<typename Rows, typename Columns>(int kind, Range some) {
        const int64_t begin = tiling.begin[kind];
        if (row < Rows::points) {
          operands_of_kind<Rows, Columns>(c, tiling, kind, {some.begin - begin, some.end - begin}, block, some.begin - first);
        }
      });
      for (int p = 0; p < P; p++) {
        const Range with = tiling.with(row == P - 1, p == P - 1), some = with.within(units);
        const int64_t from = some.begin - first;
        if (some.size() == 0) continue;
        for (int64_t i = 0; i < channels; i += kPanel) {
          const int64_t columns = least(kPanel, channels - i);
          float *to = du + ((row * P + p) * c.outputs + first_output) * c.channels + first_channel + i;
          panel_product(outputs, columns, m + p * m_point + from * outputs, 1, outputs,
                        block.v + p * v_point + i * kDepth + from * columns, some.size(), to, c.channels, some.begin > with.begin);
        }
      }
    }
    // Where all tiles are short, nothing was summed for their last points.
    for (int p = 0; p < P; p++) {
      if (tiling.with(row == P - 1, p == P - 1).size() > 0) continue;
      for (int64_t i = 0; i < outputs; i++) {
        float *to = du + ((row * P + p) * c.outputs + first_output + i) * c.channels + first_channel;
        for (int64_t j = 0; j < channels; j++) to[j] = 0;
      }
    }
  }

  static void finish(int64_t outputs, int64_t channels, const float *du, void *dw, int64_t first, int64_t count) {
    for (int64_t output = first; output < first + count; output++) {
      for (int64_t channel = 0; channel < channels; channel += kLanes) {
        Vector m[PP], out[taps];
#pragma GCC unroll 128
        for (int p = 0; p < PP; p++) m[p] = load(du + (p * outputs + output) * channels + channel);
        both_sides<Turned<F>::G, Turned<F>::G>(m, out);
#pragma GCC unroll 25
        for (int i = 0; i < taps; i++) store((Number *)dw + (output * taps + i) * channels + channel, out[i]);
      }
    }
  }
};

template <typename F>
constexpr winograd::Kernels kernels() {
  return {F::taps, kLanes, 16 * kUnit, F::points, F::tile, sizeof(Operand), Forward<F>::scratch, Forward<F>::run, Forward<F>::operands,
          Forward<F>::sums, Forward<F>::step_in, Forward<F>::step_products, Forward<F>::step_out, Weights<F>::run, Weights<F>::turned_run,
          Gradient<F>::scratch, Gradient<F>::run, Gradient<F>::finish};
}

}  // namespace

extern const winograd::Kernels WINOGRAD_NAME[];
// Made when compiling: at the start of a program on another processor nothing of this file may run.
#if defined(KERNELS_PAIRS)
constinit const winograd::Kernels WINOGRAD_NAME[] = {kernels<Three>(), {}};
#else
constinit const winograd::Kernels WINOGRAD_NAME[] = {kernels<Three>(), kernels<Five>(), {}};
#endif
