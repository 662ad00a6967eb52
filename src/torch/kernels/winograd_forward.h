// A Winograd convolution forward, and its inputs' gradient, which is one of outputs.
#pragma once
#include "product.h"
#include "winograd.h"
#include "winograd_tiles.h"

namespace {

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
    for_each_kind<F>(tiling, tiles, [&]<typename Rows, typename Columns>(int kind, Range some, int64_t at) {
      transform_kind<Rows, Columns, passing>(c, tiling, kind, some, x, none, v + at * c.channels, v_point);
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
    for_each_kind<F>(tiling, tiles, [&]<typename Rows, typename Columns>(int kind, Range some, int64_t at) {
      back_kind<Rows, Columns>(c, tiling, kind, some, m + at * columns, m_point, bias, columns, y);
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
        if (some.size() == 0) continue;
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
    if (tiles.size() == 0) return;
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

}  // namespace
