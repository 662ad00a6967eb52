// Convolutions by tiles of bf16 (AMX), by definition: no multiplication is saved, but they are done as fast as tiles are.
#include "direct.h"

#include "tiles.h"

namespace {

using direct::Convolution;

INLINE int64_t taps_of(const Convolution &c) { return c.taps * c.taps; }

// --- weights ------------------------------------------------------------------------------------------------------------
// Packed in blocks of outputs; in each a tile for every kDeep channels and every tap.

INLINE int64_t block_bytes(const Convolution &c) { return pieces(c.channels, kDeep) * taps_of(c) * kTileBytes; }

int64_t packed(const Convolution &c) { return pieces(c.outputs, kSide) * block_bytes(c); }

// The numbers of kDeep channels, of those that there are.
INLINE __m512i deep(const Number *p, int64_t there) {
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
          rows[i] = deep((const Number *)w + ((block * kSide + i) * taps + tap) * c.channels + channel, c.channels - channel);
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

// --- forward ------------------------------------------------------------------------------------------------------------

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

// --- forward, of a few pictures: a tile has some pixels of a line of one picture ---------------------------------------------

// Pixels of a line that are a tile's rows: a line is one or more of these.
struct Cut {
  int64_t parts, even, odd;  // even and odd ones may have different lengths, where there are two
  INLINE explicit Cut(int64_t width) : parts(pieces(width, kSide)), even(pieces(width, parts)), odd(parts == 2 ? width - even : even) {}
  INLINE int64_t rows(int64_t part) const { return part % 2 ? odd : even; }
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
        _mm512_store_si512(here + side + i * 64, deep(from + i * c.in_pixel + channel, c.channels - channel));
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

// --- forward, of many pictures: a tile has one pixel of kSide pictures ---------------------------------------------------
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
        _mm512_store_si512(to + (deep * pixels + at) * kTileBytes, ::deep(from + deep * kDeep, channels - deep * kDeep));
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

// --- the gradient of the weights ----------------------------------------------------------------------------------------
// A sum over pictures and pixels. A tile has one pixel of kDeep pictures, so that a tap only takes another tile, and none is multiplied
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

extern const direct::Kernels direct_tiles;
// Made when compiling: at the start of a program on another processor nothing of this file may run.
constinit const direct::Kernels direct_tiles = {kSide, packed, pack, pack_turned, forward_scratch, forward, packed_pixels, pack_pixels, forward_many, packed_maps, pack_maps,
                                               pack_maps_turned, gradient_scratch, gradient};
