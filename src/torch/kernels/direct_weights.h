// A convolution's weights as tiles: in blocks of outputs, in each a tile for every kDeep channels and every tap.
#pragma once
#include "direct.h"
#include "tiles.h"

namespace {

using direct::Convolution;

INLINE int64_t taps_of(const Convolution &c) { return c.taps * c.taps; }

INLINE int64_t block_bytes(const Convolution &c) { return pieces(c.channels, kDeep) * taps_of(c) * kTileBytes; }

int64_t packed(const Convolution &c) { return pieces(c.outputs, kSide) * block_bytes(c); }

// The numbers of kDeep channels, of those that there are.
INLINE __m512i some_channels(const Number *p, int64_t there) {
  return there >= kDeep ? _mm512_loadu_si512(p) : _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)p));
}

void pack(const Convolution &c, const void *w, void *packed, int64_t first_block, int64_t blocks) {
  const int64_t taps = taps_of(c);
  for (int64_t block = first_block; block < first_block + blocks; block++) {
    auto *to = (uint8_t *)packed + block * block_bytes(c);
    for (int64_t channel = 0; channel < c.channels; channel += kDeep) {
      for (int64_t tap = 0; tap < taps; tap++, to += kTileBytes) {
        __m512i rows[kSide];
        for (int i = 0; i < kSide; i++) {
          rows[i] = some_channels((const Number *)w + ((block * kSide + i) * taps + tap) * c.channels + channel, c.channels - channel);
        }
        turn(rows);
        for (int i = 0; i < kSide; i++) _mm512_store_si512(to + i * 64, rows[i]);
      }
    }
  }
}

void pack_turned(const Convolution &c, const void *w, void *packed, int64_t first_block, int64_t blocks) {
  const int64_t taps = taps_of(c), channels = c.outputs, outputs = c.channels;
  for (int64_t block = first_block; block < first_block + blocks; block++) {
    auto *to = (uint8_t *)packed + block * block_bytes(c);
    for (int64_t output = 0; output < outputs; output += kDeep) {
      for (int64_t tap = taps - 1; tap >= 0; tap--, to += kTileBytes) {
        const int64_t rows = least(kSide, (outputs - output) / 2);
        const auto *from = (const Number *)w + (output * taps + tap) * channels + block * kSide;
        for (int64_t i = 0; i < kSide; i++) {
          const auto *row = from + 2 * i * taps * channels;
          _mm512_store_si512(to + i * 64, i < rows ? pairs(row, row + taps * channels) : _mm512_setzero_si512());
        }
      }
    }
  }
}

}  // namespace
