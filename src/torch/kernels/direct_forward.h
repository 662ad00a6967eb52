// A convolution forward. Of a few pictures, a tile has some pixels of a line of one; of many, one pixel of kSide of them.
#pragma once
#include "direct.h"
#include "direct_weights.h"
#include "tiles.h"

namespace {

// What a tile of sums becomes, and where it goes: `pixel` numbers from row to row.
struct Finish {
  const Number *bias;
  int64_t pixel;

  template <int tile>
  INLINE void operator()(float *sums, Number *y, int64_t rows, int64_t output) const {
    store_tile<tile>(sums);
    const __m512 add = bias ? widen(bias + output) : _mm512_setzero_ps();
    for (int64_t row = 0; row < rows; row++) {
      _mm256_storeu_si256((__m256i *)(y + row * pixel + output), narrow(_mm512_add_ps(_mm512_load_ps(sums + row * kSide), add)));
    }
  }
};

// --- a few pictures -----------------------------------------------------------------------------------------------------

// Pixels of a line that are a tile's rows: a line is one or more of these.
struct Cut {
  int64_t parts, even, odd;  // even and odd ones may have different lengths, where there are two
  INLINE explicit Cut(int64_t width) : parts(pieces(width, kSide)), even(pieces(width, parts)), odd(parts == 2 ? width - even : even) {}
  // The last part begins where it has as many as the others, and does some over again.
  INLINE int64_t first(int64_t part, int64_t width) const { return parts == 2 ? part * even : least(part * even, width - even); }
};

// Parts, and blocks of outputs, that are computed at once: four tiles of sums, as many loads as products.
constexpr int kParts = 2, kBlocksAtOnce = 2;

INLINE int64_t padded_width(const Convolution &c) { return c.width + 2 * c.padding; }
// Bytes of kDeep channels of a line, and of all lines.
INLINE int64_t line_bytes(const Convolution &c) { return padded_width(c) * 64; }
INLINE int64_t plane_bytes(const Convolution &c, int64_t pictures) { return pictures * c.height * line_bytes(c); }

int64_t forward_scratch(const Convolution &c, int64_t pictures) {
  return pieces(c.channels, kDeep) * plane_bytes(c, pictures) + kTileBytes;
}

// The pictures' lines with zeros on both sides, kDeep channels at a time.
void pad(const Convolution &c, const Number *x, int64_t pictures, uint8_t *to) {
  const int64_t plane = plane_bytes(c, pictures), side = c.padding * 64;
  for (int64_t line = 0; line < pictures * c.height; line++) {
    const auto *from = x + line * c.width * c.in_pixel;
    for (int64_t channel = 0; channel < c.channels; channel += kDeep) {
      auto *here = to + channel / kDeep * plane + line * line_bytes(c);
      for (int64_t i = 0; i < side; i += 64) {
        _mm512_store_si512(here + i, _mm512_setzero_si512());
        _mm512_store_si512(here + side + c.width * 64 + i, _mm512_setzero_si512());
      }
      for (int64_t i = 0; i < c.width; i++) {
        _mm512_store_si512(here + side + i * 64, some_channels(from + i * c.in_pixel + channel, c.channels - channel));
      }
    }
  }
}

// The taps of one row of the kernel, for those parts that `mask` has and the two blocks of outputs. Loads stand together: so they cost
// least where the core is shared (docs/PERFORMANCE.md).
template <int mask>
INLINE void row_of_taps(const uint8_t *const *x, const uint8_t *w, const uint8_t *next_w, int64_t taps) {
  for (int64_t tap = 0; tap < taps; tap++) {
    load_tile<4>(w + tap * kTileBytes), load_tile<5>(next_w + tap * kTileBytes);
    if constexpr (mask & 1) load_tile<6>(x[0] + tap * 64);
    if constexpr (mask & 2) load_tile<7>(x[1] + tap * 64);
    if constexpr (mask & 1) dot<0, 6, 4>(), dot<1, 6, 5>();
    if constexpr (mask & 2) dot<2, 7, 4>(), dot<3, 7, 5>();
  }
}

void forward(const Convolution &c, const void *x, const void *packed, const void *bias, void *y, int64_t first_picture,
             int64_t pictures, int64_t first_block, int64_t blocks, void *scratch) {
  auto *sums = (float *)scratch;
  const auto *padded = (const uint8_t *)scratch + kTileBytes;
  pad(c, (const Number *)x + first_picture * c.height * c.width * c.in_pixel, pictures, (uint8_t *)padded);
  const Cut cut(c.out_width);
  const auto even = uint8_t(cut.even), odd = uint8_t(cut.odd);
  const Tiles tiles({even, even, odd, odd, kSide, kSide, even, odd});
  const Finish finish{(const Number *)bias, c.out_pixel};
  const int64_t plane = plane_bytes(c, pictures), parts = pictures * c.out_height * cut.parts;
  auto *to = (Number *)y + first_picture * c.out_height * c.out_width * c.out_pixel;
  for (int64_t block = first_block; block < first_block + blocks; block += kBlocksAtOnce) {
    const bool both = block + 1 < first_block + blocks;
    const auto *weights = (const uint8_t *)packed + block * block_bytes(c), *next = both ? weights + block_bytes(c) : weights;
    for (int64_t first = 0; first < parts; first += kParts) {
      const uint8_t *from[kParts];
      Number *out[kParts] = {};
      int64_t top[kParts];
      for (int64_t i = 0; i < kParts; i++) {
        const int64_t part = first + i, line = part / cut.parts, picture = line / c.out_height;
        if (part >= parts) {
          top[i] = -2 * c.taps, from[i] = padded;  // no row of the kernel falls on a line
          continue;
        }
        top[i] = line % c.out_height - c.padding;
        const int64_t left = cut.first(part % cut.parts, c.out_width);
        from[i] = padded + (picture * c.height + top[i]) * line_bytes(c) + left * 64;
        out[i] = to + (line * c.out_width + left) * c.out_pixel;
      }
      clear_tile<0>(), clear_tile<1>(), clear_tile<2>(), clear_tile<3>();
      int64_t at = 0;
      for (int64_t deep = 0; deep * kDeep < c.channels; deep++) {
        for (int64_t row = 0; row < c.taps; row++, at += c.taps * kTileBytes) {
          int mask = 0;
          const uint8_t *here[kParts];
          for (int i = 0; i < kParts; i++) {
            mask |= (uint64_t(top[i] + row) < uint64_t(c.height)) << i;
            here[i] = from[i] + deep * plane + row * line_bytes(c);
          }
          switch (mask) {
            case 1: row_of_taps<1>(here, weights + at, next + at, c.taps); break;
            case 2: row_of_taps<2>(here, weights + at, next + at, c.taps); break;
            case 3: row_of_taps<3>(here, weights + at, next + at, c.taps); break;
          }
        }
      }
      const int64_t output = block * kSide;
      if (out[0]) finish.operator()<0>(sums, out[0], cut.even, output);
      if (out[0] && both) finish.operator()<1>(sums, out[0], cut.even, output + kSide);
      if (out[1]) finish.operator()<2>(sums, out[1], cut.odd, output);
      if (out[1] && both) finish.operator()<3>(sums, out[1], cut.odd, output + kSide);
    }
  }
}

// --- many pictures ------------------------------------------------------------------------------------------------------
// No row is empty, and what lies outside is not multiplied. A pixel's tile serves all taps of a row of the kernel.

int64_t packed_pixels(int64_t pictures, int64_t pixels, int64_t channels) {
  return pieces(pictures, kSide) * pieces(channels, kDeep) * pixels * kTileBytes;
}

void pack_pixels(const void *maps, int64_t pictures, int64_t pixels, int64_t channels, int64_t pixel, void *packed, int64_t first_pixel,
                 int64_t count) {
  const int64_t deeps = pieces(channels, kDeep);
  for (int64_t picture = 0; picture < pictures; picture++) {
    auto *to = (uint8_t *)packed + picture / kSide * deeps * pixels * kTileBytes + picture % kSide * 64;
    for (int64_t at = first_pixel; at < first_pixel + count; at++) {
      const auto *from = (const Number *)maps + (picture * pixels + at) * pixel;
      for (int64_t deep = 0; deep < deeps; deep++) {
        _mm512_store_si512(to + (deep * pixels + at) * kTileBytes, some_channels(from + deep * kDeep, channels - deep * kDeep));
      }
    }
  }
}

// Pixels of a line of y that are computed at once, and taps of a row that are at hand for them: with a pixel of x, eight registers.
constexpr int kAcross = 4, kTapsAtOnce = 3;

// Some taps of a row of the kernel for `n` pixels of y: `x` is the first pixel that they touch, `left` where it lies in its line.
template <int taps, int n>
INLINE void taps_of_pixels(const uint8_t *x, const uint8_t *w, int64_t left, int64_t width) {
  load_tile<4>(w);
  if constexpr (taps > 1) load_tile<5>(w + kTileBytes);
  if constexpr (taps > 2) load_tile<6>(w + 2 * kTileBytes);
  const auto pixel = [&]<int i>() __attribute__((always_inline)) {
    if constexpr (i < n + taps - 1) {
      if (uint64_t(left + i) >= uint64_t(width)) return;
      load_tile<7>(x + i * kTileBytes);
      if constexpr (i < n) dot<i, 7, 4>();
      if constexpr (taps > 1 && i >= 1 && i - 1 < n) dot<i - 1, 7, 5>();
      if constexpr (taps > 2 && i >= 2 && i - 2 < n) dot<i - 2, 7, 6>();
    }
  };
  pixel.template operator()<0>(), pixel.template operator()<1>(), pixel.template operator()<2>();
  pixel.template operator()<3>(), pixel.template operator()<4>(), pixel.template operator()<5>();
}

// The sums of `n` pixels of y: over all channels and all taps, which begin at (top, left) of x.
template <int n>
void sums_of_pixels(const Convolution &c, const uint8_t *x, const uint8_t *w, int64_t top, int64_t left) {
  clear_tile<0>(), clear_tile<1>(), clear_tile<2>(), clear_tile<3>();
  const int64_t first = top < 0 ? -top : 0, end = least(c.taps, c.height - top), pixels = c.height * c.width;
  for (int64_t deep = 0; deep * kDeep < c.channels; deep++) {
    for (int64_t row = first; row < end; row++) {
      const auto *line = x + (deep * pixels + (top + row) * c.width + left) * kTileBytes;
      const auto *weights = w + (deep * c.taps + row) * c.taps * kTileBytes;
      for (int64_t tap = 0; tap < c.taps; tap += kTapsAtOnce) {
        const auto *from = line + tap * kTileBytes, *by = weights + tap * kTileBytes;
        switch (least(kTapsAtOnce, c.taps - tap)) {
          case 3: taps_of_pixels<3, n>(from, by, left + tap, c.width); break;
          case 2: taps_of_pixels<2, n>(from, by, left + tap, c.width); break;
          case 1: taps_of_pixels<1, n>(from, by, left + tap, c.width); break;
        }
      }
    }
  }
}

void forward_many(const Convolution &c, const void *x, const void *packed, const void *bias, void *y, int64_t group,
                  int64_t first_line, int64_t lines, int64_t first_block, int64_t blocks, void *scratch) {
  const int64_t first_picture = group * kSide, pixels = c.out_height * c.out_width;
  const auto rows = uint8_t(least(kSide, c.pictures - first_picture));
  const Tiles tiles({rows, rows, rows, rows, kSide, kSide, kSide, rows});
  const Finish finish{(const Number *)bias, pixels * c.out_pixel};
  const auto *from = (const uint8_t *)x + group * pieces(c.channels, kDeep) * c.height * c.width * kTileBytes;
  auto *sums = (float *)scratch;
  const int64_t parts = pieces(c.out_width, kAcross);
  for (int64_t block = first_block; block < first_block + blocks; block++) {
    const auto *weights = (const uint8_t *)packed + block * block_bytes(c);
    for (int64_t line = first_line; line < first_line + lines; line++) {
      for (int64_t part = 0; part < parts; part++) {
        const int64_t column = c.out_width * part / parts, n = c.out_width * (part + 1) / parts - column;
        const int64_t top = line - c.padding, left = column - c.padding;
        auto *to = (Number *)y + (first_picture * pixels + line * c.out_width + column) * c.out_pixel;
        switch (n) {
          case 4: sums_of_pixels<4>(c, from, weights, top, left); break;
          case 3: sums_of_pixels<3>(c, from, weights, top, left); break;
          case 2: sums_of_pixels<2>(c, from, weights, top, left); break;
          case 1: sums_of_pixels<1>(c, from, weights, top, left); break;
        }
        finish.operator()<0>(sums, to, rows, block * kSide);
        if (n > 1) finish.operator()<1>(sums, to + c.out_pixel, rows, block * kSide);
        if (n > 2) finish.operator()<2>(sums, to + 2 * c.out_pixel, rows, block * kSide);
        if (n > 3) finish.operator()<3>(sums, to + 3 * c.out_pixel, rows, block * kSide);
      }
    }
  }
}

}  // namespace
