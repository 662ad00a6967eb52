// The gradient of a convolution's weights, a sum over pictures and pixels.
#pragma once
#include "direct.h"
#include "direct_weights.h"
#include "tiles.h"

namespace {

// A tile has one pixel of kDeep pictures, so that a tap only takes another tile, and none is multiplied
// that lies outside. Packed maps: kDeep pictures, then kSide channels, then pixels.

int64_t packed_maps(int64_t pictures, int64_t pixels, int64_t channels) {
  return pieces(pictures, kDeep) * (channels / kSide) * pixels * kTileBytes;
}

template <bool turned>
INLINE void pack_any(const Number *maps, int64_t pictures, int64_t pixels, int64_t channels, int64_t pixel, uint8_t *packed,
                     int64_t first_pixel, int64_t count) {
  for (int64_t first = 0; first < pictures; first += kDeep) {
    for (int64_t at = first_pixel; at < first_pixel + count; at++) {
      for (int64_t channel = 0; channel < channels; channel += kSide) {
        auto *to = packed + ((first / kDeep * (channels / kSide) + channel / kSide) * pixels + at) * kTileBytes;
        // kDeep pictures are more places than prefetchers of the hardware follow: the next pixel's lines are asked for, and its tile's.
        if (channel % kDeep == 0) {
          const auto *next = maps + (first * pixels + at + 1) * pixel + channel;
          for (int64_t i = 0; i < least(kDeep, pictures - first); i++) _mm_prefetch((const char *)(next + i * pixels * pixel), _MM_HINT_T1);
        }
        for (int i = 0; i < kSide; i++) __builtin_prefetch(to + kTileBytes + i * 64, 1);
        __m512i rows[kSide];
        for (int64_t i = 0; i < kSide; i++) {
          const int64_t picture = first + 2 * i;
          const auto *from = maps + (picture * pixels + at) * pixel + channel;
          rows[i] = picture + 1 < pictures ? pairs(from, from + pixels * pixel)
                    : picture < pictures   ? _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from))
                                           : _mm512_setzero_si512();
        }
        if (turned) turn(rows);
        for (int i = 0; i < kSide; i++) _mm512_store_si512(to + i * 64, rows[i]);
      }
    }
  }
}

void pack_maps(const void *maps, int64_t pictures, int64_t pixels, int64_t channels, int64_t pixel, void *packed, int64_t first_pixel,
               int64_t count) {
  pack_any<false>((const Number *)maps, pictures, pixels, channels, pixel, (uint8_t *)packed, first_pixel, count);
}

void pack_maps_turned(const void *maps, int64_t pictures, int64_t pixels, int64_t channels, int64_t pixel, void *packed,
                      int64_t first_pixel, int64_t count) {
  pack_any<true>((const Number *)maps, pictures, pixels, channels, pixel, (uint8_t *)packed, first_pixel, count);
}

// Taps of a row that are summed at once, and blocks of kSide channels of a task.
constexpr int kTaps = 3, kBlocks = 2;
// What is gone through for all taps should stay in a core's second cache.
constexpr int64_t kStay = 1200 << 10;

INLINE int64_t sums_of(const Convolution &c, int64_t blocks) { return blocks * taps_of(c) * kBlocks * kTile; }

int64_t gradient_scratch(const Convolution &c, int64_t blocks) { return sums_of(c, blocks) * sizeof(float); }

// One pixel of x, and the newest of y that it touches: `at`. A pixel of y comes once, and stays in its register for `taps` pixels of x.
template <int taps, int phase>
INLINE void pixel(const uint8_t *dy, const uint8_t *x, int64_t at, int64_t width) {
  constexpr int b = 6 + phase % 2, a[3] = {3 + phase, 3 + (phase + taps - 1) % taps, 3 + (phase + 2 * taps - 2) % taps};
  const auto inside = [&](int64_t i) { return uint64_t(i) < uint64_t(width); };
  load_tile<b>(x);
  if (inside(at)) load_tile<a[0]>(dy + at * kTileBytes), dot<0, a[0], b>();
  if constexpr (taps > 1) {
    if (inside(at - 1)) dot<1, a[1], b>();
  }
  if constexpr (taps > 2) {
    if (inside(at - 2)) dot<2, a[2], b>();
  }
}

// A line of x with a line of y, whose newest pixel at the first of x is `at`.
template <int taps>
INLINE void line_of_taps(const uint8_t *dy, const uint8_t *x, int64_t at, int64_t width, int64_t count) {
  // Those that came before.
  const auto before = [&]<int back>() __attribute__((always_inline)) {
    if constexpr (back < taps) {
      if (uint64_t(at - back) < uint64_t(width)) load_tile<3 + taps - back>(dy + (at - back) * kTileBytes);
    }
  };
  before.template operator()<1>();
  before.template operator()<2>();
  for (int64_t i = 0; i < count;) {
    pixel<taps, 0>(dy, x + i * kTileBytes, at + i, width);
    if (++i == count) break;
    if constexpr (taps > 1) {
      pixel<taps, 1>(dy, x + i * kTileBytes, at + i, width);
      if (++i == count) break;
    }
    if constexpr (taps > 2) {
      pixel<taps, 2>(dy, x + i * kTileBytes, at + i, width);
      ++i;
    }
  }
}

// Some lines of y with those of x that a row of the kernel puts to them: adds to the sums of some taps, from `tap` on.
template <int taps>
INLINE void lines_of_taps(const Convolution &c, const uint8_t *dy, const uint8_t *x, int64_t first, int64_t end, int64_t tap_row,
                          int64_t tap, float *sums) {
  constexpr int64_t apart = kBlocks * kTile;
  load_tile<0>(sums);
  if constexpr (taps > 1) load_tile<1>(sums + apart);
  if constexpr (taps > 2) load_tile<2>(sums + 2 * apart);
  const int64_t shift = tap_row - c.padding;
  for (int64_t line = first > -shift ? first : -shift; line < least(end, c.height - shift); line++) {
    line_of_taps<taps>(dy + line * c.out_width * kTileBytes, x + (line + shift) * c.width * kTileBytes, c.padding - tap, c.out_width,
                       c.width);
  }
  store_tile<0>(sums);
  if constexpr (taps > 1) store_tile<1>(sums + apart);
  if constexpr (taps > 2) store_tile<2>(sums + 2 * apart);
}

void gradient(const Convolution &c, const void *x, const void *dy, void *dw, int64_t first_block, int64_t blocks, int64_t channel_block,
              void *scratch) {
  auto *sums = (float *)scratch;
  for (int64_t i = 0; i < sums_of(c, blocks); i += kSide) _mm512_store_ps(sums + i, _mm512_setzero_ps());
  const Tiles tiles({kSide, kSide, kSide, kSide, kSide, kSide, kSide, kSide});
  const int64_t x_plane = c.height * c.width * kTileBytes, y_plane = c.out_height * c.out_width * kTileBytes, taps = taps_of(c);
  const int64_t channels = least(kBlocks, c.channels / kSide - channel_block * kBlocks);
  const int64_t line_bytes = (c.width * kBlocks + c.out_width * blocks) * kTileBytes;
  const int64_t lines = kStay / line_bytes > 1 ? kStay / line_bytes : 1;
  for (int64_t group = 0; group * kDeep < c.pictures; group++) {
    const auto *x_here = (const uint8_t *)x + (group * (c.channels / kSide) + channel_block * kBlocks) * x_plane;
    const auto *y_here = (const uint8_t *)dy + (group * (c.outputs / kSide) + first_block) * y_plane;
    for (int64_t from = 0; from < c.out_height; from += lines) {
      const int64_t end = least(from + lines, c.out_height);
      for (int64_t row = 0; row < c.taps; row++) {
        for (int64_t tap = 0; tap < c.taps; tap += kTaps) {
          for (int64_t block = 0; block < blocks; block++) {
            for (int64_t channel = 0; channel < channels; channel++) {
              const auto *y = y_here + block * y_plane, *in = x_here + channel * x_plane;
              float *to = sums + ((block * taps + row * c.taps + tap) * kBlocks + channel) * kTile;
              switch (least(kTaps, c.taps - tap)) {
                case 3: lines_of_taps<3>(c, y, in, from, end, row, tap, to); break;
                case 2: lines_of_taps<2>(c, y, in, from, end, row, tap, to); break;
                case 1: lines_of_taps<1>(c, y, in, from, end, row, tap, to); break;
              }
            }
          }
        }
      }
    }
  }
  for (int64_t block = 0; block < blocks; block++) {
    for (int64_t i = 0; i < kSide; i++) {
      auto *to = (Number *)dw + ((first_block + block) * kSide + i) * taps * c.channels + channel_block * kBlocks * kSide;
      for (int64_t tap = 0; tap < taps; tap++) {
        for (int64_t channel = 0; channel < channels; channel++) {
          const float *from = sums + ((block * taps + tap) * kBlocks + channel) * kTile + i * kSide;
          _mm256_storeu_si256((__m256i *)(to + tap * c.channels + channel * kSide), narrow(_mm512_load_ps(from)));
        }
      }
    }
  }
}

}  // namespace
