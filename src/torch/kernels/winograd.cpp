// Winograd convolutions for one kind of processor (vector.h says how it is compiled).
#include "winograd.h"

#include "product.h"
#include "vector.h"
#include "ways.h"

namespace {

using winograd::Convolution;

// out = M in, for a constant M: `step_in` and `step_out` vectors from one to the next.
template <const auto &M, int rows, int columns>
INLINE void times(const Vector *in, int step_in, Vector *out, int step_out) {
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) {
    Vector sum = zero();
    bool begun = false;
#pragma GCC unroll 16
    for (int j = columns - 1; j >= 0; j--) {  // the highest factor is 1 in every row of B
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

// out = M in Mᵀ.
template <const auto &M, int rows, int columns>
INLINE void both_sides(const Vector *in, Vector *out) {
  Vector half[rows * columns];
#pragma GCC unroll 16
  for (int j = 0; j < columns; j++) times<M, rows, columns>(in + j, columns, half + j, columns);
#pragma GCC unroll 16
  for (int i = 0; i < rows; i++) times<M, rows, columns>(half + i * columns, 1, out + i * rows, 1);
}

// --- tiles --------------------------------------------------------------------------------------------------------------

// Where a tile lies.
struct Place {
  int64_t picture, top, left;
};

template <typename F>
INLINE Place place_of(const Convolution &c, int64_t index) {
  const int64_t across = (c.out_width + F::tile - 1) / F::tile, down = (c.out_height + F::tile - 1) / F::tile;
  return {index / (across * down), index / across % down * F::tile, index % across * F::tile};
}

// The pixels of a tile of `side` × `side` whose first is at (top, left): `none` where there is no such pixel.
template <int side>
INLINE void pixels(const Number *maps, const Number *none, int64_t height, int64_t width, int64_t pixel, int64_t picture,
                   int64_t top, int64_t left, const Number **out) {
  for (int64_t i = 0; i < side; i++) {
    for (int64_t j = 0; j < side; j++) {
      const int64_t row = top + i, column = left + j;
      const bool inside = row >= 0 && row < height && column >= 0 && column < width;
      out[i * side + j] = inside ? maps + ((picture * height + row) * width + column) * pixel : none;
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

  template <bool passing>
  static void transform(const Convolution &c, const Number *x, const Number *none, int64_t first, int64_t tiles, Operand *v,
                        int64_t v_point) {
    const Number *pixels_of[2][F::inputs * F::inputs];  // of a tile and of the next
    const auto point_to = [&](int64_t t) {
      const Place at = place_of<F>(c, first + t);
      pixels<F::inputs>(x, none, c.height, c.width, c.in_pixel, at.picture, at.top - c.padding, at.left - c.padding, pixels_of[t % 2]);
    };
    point_to(0);
    for (int64_t t = 0; t < tiles; t++) {
      if (t + 1 < tiles) point_to(t + 1);
      const auto &from = pixels_of[t % 2], &next = pixels_of[t + 1 < tiles ? (t + 1) % 2 : t % 2];
      for (int64_t channel = 0; channel < c.channels; channel += kLanes) {
        ask_for(next, channel);
        Vector d[F::inputs * F::inputs], m[PP];
#pragma GCC unroll 128
        for (int i = 0; i < F::inputs * F::inputs; i++) d[i] = load(from[i] + channel);
        both_sides<F::B, P, F::inputs>(d, m);
        Operand *to = v + t * c.channels + channel;
#pragma GCC unroll 128
        for (int p = 0; p < PP; p++) put<passing>(to + p * v_point, m[p]);
      }
    }
  }

  static void back(const Convolution &c, const float *m, int64_t m_point, const Number *bias, int64_t columns, Number *y,
                   int64_t first, int64_t tiles) {
    for (int64_t t = 0; t < tiles; t++) {
      const Place at = place_of<F>(c, first + t);
      for (int64_t column = 0; column < columns; column += kLanes) {
        Vector from[PP], to[F::tile * F::tile];
        const float *here = m + t * columns + column;
#pragma GCC unroll 128
        for (int p = 0; p < PP; p++) from[p] = load(here + p * m_point);
        both_sides<F::A, F::tile, P>(from, to);
        const Vector add_on = bias ? load(bias + column) : zero();
        for (int i = 0; i < F::tile; i++) {
          for (int j = 0; j < F::tile; j++) {
            const int64_t row = at.top + i, line = at.left + j;
            if (row >= c.out_height || line >= c.out_width) continue;
            store(y + ((at.picture * c.out_height + row) * c.out_width + line) * c.out_pixel + column,
                  add(to[i * F::tile + j], add_on));
          }
        }
      }
    }
  }

  static void run(const Convolution &c, const void *x, const void *u, const void *bias, void *y, int64_t first, int64_t tiles,
                  void *scratch) {
    auto *v = (Operand *)scratch;
    const int64_t v_point = spread(tiles * c.channels, sizeof(Operand));
    auto *none = (Number *)(v + v_point * PP);
    for (int64_t i = 0; i < c.channels; i++) none[i] = 0;
    auto *m = (float *)(((uintptr_t)(none + c.channels) + 63) / 64 * 64);
    const int64_t m_point = spread(tiles * kPanel, sizeof(float));
    transform<false>(c, (const Number *)x, none, first, tiles, v, v_point);
    const int64_t depth = c.channels / kUnit;
    const auto *panel = (const uint32_t *)u;
    for (int64_t output = 0; output < c.outputs; output += kPanel) {
      const int64_t columns = least(kPanel, c.outputs - output);
      for (int p = 0; p < PP; p++) {
        panel_product(tiles, columns, (const uint32_t *)(v + p * v_point), depth, 1, panel, depth, m + p * m_point, columns,
                      false);
        panel += depth * columns;
      }
      back(c, m, m_point, bias ? (const Number *)bias + output : nullptr, columns, (Number *)y + output, first, tiles);
    }
  }

  // The same in three steps, each for `all` tiles whose operands are in memory.
  static int64_t operands_point(const Convolution &c, int64_t all) { return spread(all * c.channels, sizeof(Operand)); }
  static int64_t sums_point(const Convolution &c, int64_t all) { return spread(all * c.outputs, sizeof(float)); }
  static int64_t operands(const Convolution &c, int64_t all) { return operands_point(c, all) * PP * sizeof(Operand); }
  static int64_t sums(const Convolution &c, int64_t all) { return sums_point(c, all) * PP * sizeof(float); }

  static void step_in(const Convolution &c, const void *x, void *v, const winograd::Some &some, void *scratch) {
    auto *none = (Number *)scratch;
    for (int64_t i = 0; i < c.channels; i++) none[i] = 0;
    // Whole lines of memory go past the caches, which do not hold them all.
    constexpr bool passing = kLanes * sizeof(Operand) == 64;
    transform<passing>(c, (const Number *)x, none, some.begin + some.first, some.tiles, (Operand *)v + some.first * c.channels,
                       operands_point(c, some.all));
    _mm_sfence();
  }

  static void step_products(const Convolution &c, const void *v, const void *u, void *m, const winograd::Some &some, int64_t point) {
    const int64_t depth = c.channels / kUnit;
    const auto *a = (const uint32_t *)((const Operand *)v + point * operands_point(c, some.all) + some.first * c.channels);
    auto *to = (float *)m + point * sums_point(c, some.all) + some.first * c.outputs;
    for (int64_t output = 0; output < c.outputs; output += kPanel) {
      const int64_t columns = least(kPanel, c.outputs - output);
      const auto *panel = (const uint32_t *)u + (output * PP + point * columns) * depth;
      panel_product(some.tiles, columns, a, depth, 1, panel, depth, to + output, c.outputs, false);
    }
  }

  static void step_out(const Convolution &c, const void *m, const void *bias, void *y, const winograd::Some &some) {
    back(c, (const float *)m + some.first * c.outputs, sums_point(c, some.all), (const Number *)bias, c.outputs, (Number *)y,
         some.begin + some.first, some.tiles);
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
            both_sides<F::G, P, F::taps>(from, m[k]);
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
          both_sides<F::G, P, F::taps>(from, m[k]);
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

template <typename F>
struct Gradient {
  static constexpr int P = F::points, PP = P * P, taps = F::taps * F::taps;
  static constexpr auto AT = turned(F::A);
  static constexpr auto GT = turned(F::G);

  static int64_t scratch(int64_t outputs, int64_t channels) {
    const int64_t depth = kTiles / kUnit;
    return (spread(depth * outputs, 4) + spread(depth * channels, 4)) * P * 4 + (outputs > channels ? outputs : channels) * 4 + 128;
  }

  // Row `row` of M in Mᵀ.
  template <const auto &M, int rows, int columns>
  static INLINE void row_of(int row, const Number *const *from, int64_t at, Vector *out) {
    Vector half[columns];
#pragma GCC unroll 16
    for (int j = 0; j < columns; j++) half[j] = zero();
#pragma GCC unroll 16
    for (int i = 0; i < columns; i++) {
      const float factor = M.at[row][i];
      if (factor == 0) continue;
      const Vector factors = all(factor);
#pragma GCC unroll 16
      for (int j = 0; j < columns; j++) half[j] = multiply_add(factors, load(from[i * columns + j] + at), half[j]);
    }
    times<M, rows, columns>(half, 1, out, 1);
  }

  // The pixels of the tiles of a unit of the sum; of those that are beyond the last, none.
  struct Pixels {
    const Number *in[kUnit][F::inputs * F::inputs], *out[kUnit][F::tile * F::tile];
  };

  // Products of outputs and channels, in the points of one row, summed over all tiles, for some outputs and channels.
  static void run(const Convolution &c, const void *x, const void *dy, float *du, int64_t row, int64_t first_output,
                  int64_t outputs, int64_t first_channel, int64_t channels, void *scratch) {
    constexpr int64_t depth = kTiles / kUnit;
    auto *none = (Number *)scratch;
    const int64_t most = outputs > channels ? outputs : channels;
    for (int64_t i = 0; i < most; i++) none[i] = 0;
    auto *m = (uint32_t *)(((uintptr_t)(none + most) + 63) / 64 * 64);
    const int64_t m_point = spread(depth * outputs, 4), v_point = spread(depth * channels, 4);
    auto *v = m + m_point * P;
    const int64_t across = (c.out_width + F::tile - 1) / F::tile, down = (c.out_height + F::tile - 1) / F::tile;
    const int64_t tiles = c.pictures * across * down;
    const auto *x_here = (const Number *)x + first_channel;
    const auto *dy_here = (const Number *)dy + first_output;
    for (int64_t first = 0; first < tiles; first += kTiles) {
      const int64_t steps = (least(kTiles, tiles - first) + kUnit - 1) / kUnit;
      Pixels pixels_of[2];  // of a step and of the next
      const auto point_to = [&](int64_t step) {
        for (int k = 0; k < kUnit; k++) {
          const int64_t index = first + step * kUnit + k;
          const Place at = place_of<F>(c, index);
          const int64_t height = index < tiles ? c.height : 0, out_height = index < tiles ? c.out_height : 0;
          auto &[in, out] = pixels_of[step % 2];
          pixels<F::inputs>(x_here, none, height, c.width, c.in_pixel, at.picture, at.top - c.padding, at.left - c.padding, in[k]);
          pixels<F::tile>(dy_here, none, out_height, c.out_width, c.out_pixel, at.picture, at.top, at.left, out[k]);
        }
      };
      point_to(0);
      for (int64_t step = 0; step < steps; step++) {
        point_to(step + 1);
        const auto &[in, out] = pixels_of[step % 2];
        const Pixels &next = pixels_of[(step + 1) % 2];
        for (int64_t i = 0; i < outputs; i += kLanes) {
          Vector points[kUnit][P];
          for (int k = 0; k < kUnit; k++) {
            ask_for(next.out[k], i);
            row_of<AT, P, F::tile>(row, out[k], i, points[k]);
          }
          for (int p = 0; p < P; p++) {
            const Vector both[2] = {points[0][p], points[kUnit - 1][p]};
            store_units(m + p * m_point + step * outputs + i, both);
          }
        }
        for (int64_t i = 0; i < channels; i += kLanes) {
          const int64_t panel = i / kPanel * kPanel, columns = least(kPanel, channels - panel);
          Vector points[kUnit][P];
          for (int k = 0; k < kUnit; k++) {
            ask_for(next.in[k], i);
            row_of<F::B, P, F::inputs>(row, in[k], i, points[k]);
          }
          for (int p = 0; p < P; p++) {
            const Vector both[2] = {points[0][p], points[kUnit - 1][p]};
            store_units(v + p * v_point + panel * depth + step * columns + (i - panel), both);
          }
        }
      }
      for (int p = 0; p < P; p++) {
        for (int64_t i = 0; i < channels; i += kPanel) {
          const int64_t columns = least(kPanel, channels - i);
          float *to = du + ((row * P + p) * c.outputs + first_output) * c.channels + first_channel + i;
          panel_product(outputs, columns, m + p * m_point, 1, outputs, v + p * v_point + i * depth, steps, to, c.channels,
                        first > 0);
        }
      }
    }
  }

  static void finish(int64_t outputs, int64_t channels, const float *du, void *dw, int64_t first, int64_t count) {
    for (int64_t output = first; output < first + count; output++) {
      for (int64_t channel = 0; channel < channels; channel += kLanes) {
        Vector m[PP], out[taps];
#pragma GCC unroll 128
        for (int p = 0; p < PP; p++) m[p] = load(du + (p * outputs + output) * channels + channel);
        both_sides<GT, F::taps, P>(m, out);
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
