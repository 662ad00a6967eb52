// The gradient of a Winograd convolution's weights.
#pragma once
#include "product.h"
#include "winograd_tiles.h"

namespace {

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
      for_each_kind<F>(tiling, units, [&]<typename Rows, typename Columns>(int kind, Range some, int64_t step) {
        if (row < Rows::points) operands_of_kind<Rows, Columns>(c, tiling, kind, some, block, step);
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

}  // namespace
