// Dense layers by tiles of bf16 (AMX). The weights are read where they lie: forward they are a tile's operand as they are, and for the
// inputs' gradient a piece of them is paired in a core's cache. What is packed beside are the few rows of a batch.
#include "dense.h"

#include "tiles.h"

namespace {

// Outputs or inputs that are done at once: two tiles.
constexpr int64_t kBoth = 2 * kSide;
// Tiles along the sum that stay in a core's first cache where several rows of tiles need them.
constexpr int64_t kStay = 16;
// Lines of memory that the weights are asked for ahead: they lie in rows far apart, and no prefetcher of the hardware follows so many.
constexpr int64_t kAhead = 12;
// Outputs and inputs of a piece of the weights that is paired for the inputs' gradient; rows of it that it is asked for ahead.
constexpr int64_t kPieceOutputs = 256, kPieceInputs = 256, kRowsAhead = 16;

// Two by two tiles of sums: registers 0 to 3; operands in 4 and 5 (down), 6 and 7 (across). `down` and `across` skip from a tile to the
// next in the sum, and `second_…` to the second.
INLINE void load_sums(const float *sums, bool more) {
  if (more) {
    load_tile<0>(sums), load_tile<1>(sums + kTile), load_tile<2>(sums + 2 * kTile), load_tile<3>(sums + 3 * kTile);
  } else {
    clear_tile<0>(), clear_tile<1>(), clear_tile<2>(), clear_tile<3>();
  }
}
INLINE void store_sums(float *sums) {
  store_tile<0>(sums), store_tile<1>(sums + kTile), store_tile<2>(sums + 2 * kTile), store_tile<3>(sums + 3 * kTile);
}
INLINE void four_dots() { dot<0, 4, 6>(), dot<1, 4, 7>(), dot<2, 5, 6>(), dot<3, 5, 7>(); }

constexpr uint8_t kAll[8] = {kSide, kSide, kSide, kSide, kSide, kSide, kSide, kSide};

INLINE __m512i line_of(const Number *p, bool there) { return there ? _mm512_loadu_si512(p) : _mm512_setzero_si512(); }

// Tiles of so many columns, two tiles together, and units of 32 bits along the sum.
int64_t packed(int64_t columns, int64_t depth) {
  return pieces(columns, kBoth) * kBoth * pieces(depth, kSide) * kSide * 4;
}

// Rows × inputs as tiles of pairs: two tiles of rows, then the inputs, then the tiles of the two.
void pack_rows(const void *x, int64_t rows, int64_t inputs, void *to, int64_t first, int64_t units) {
  const int64_t steps = inputs / kDeep;
  for (int64_t step = first / kSide; step < pieces(first + units, kSide); step++) {
    for (int64_t row = 0; row < pieces(rows, kBoth) * kBoth; row += kSide) {
      auto *here = (uint8_t *)to + ((row / kBoth * steps + step) * 2 + row / kSide % 2) * kTileBytes;
      __m512i lines[kSide];
      for (int64_t i = 0; i < kSide; i++) lines[i] = line_of((const Number *)x + (row + i) * inputs + step * kDeep, row + i < rows);
      turn(lines);
      for (int i = 0; i < kSide; i++) _mm512_store_si512(here + i * 64, lines[i]);
    }
  }
}

int64_t forward_scratch(int64_t rows) { return pieces(rows, kBoth) * 4 * kTile * sizeof(float); }

void forward(const void *x, const void *w, const void *bias, void *y, int64_t rows, int64_t inputs, int64_t outputs, int64_t first,
             int64_t count, void *scratch) {
  const int64_t steps = inputs / kDeep, across = pieces(rows, kBoth), stay = across > 1 ? kStay : steps;
  const Tiles tiles(kAll);
  for (int64_t output = first; output < first + count; output += kBoth) {
    for (int64_t from = 0; from < steps; from += stay) {
      for (int64_t pair = 0; pair < across; pair++) {
        auto *sums = (float *)scratch + pair * 4 * kTile;
        load_sums(sums, from > 0);
        for (int64_t step = from; step < least(from + stay, steps); step++) {
          const auto *a = (const Number *)w + output * inputs + step * kDeep;
          const auto *b = (const uint8_t *)x + (pair * steps + step) * 2 * kTileBytes;
          if (pair == 0) {
            for (int64_t i = 0; i < kBoth; i++) _mm_prefetch((const char *)(a + i * inputs + kAhead * kDeep), _MM_HINT_T1);
          }
          load_tile<4>(a, inputs * 2), load_tile<6>(b), load_tile<7>(b + kTileBytes), load_tile<5>(a + kSide * inputs, inputs * 2);
          four_dots();
        }
        store_sums(sums);
      }
    }
    // Outputs × rows, turned.
    for (int64_t row = 0; row < rows; row += kSide) {
      __m512i low[kSide], high[kSide];
      const float *from = (const float *)scratch + (row / kBoth * 4 + row / kSide % 2) * kTile;
      for (int i = 0; i < kSide; i++) low[i] = _mm512_load_si512(from + i * kSide), high[i] = _mm512_load_si512(from + 2 * kTile + i * kSide);
      turn(low), turn(high);
      const __m512 add_low = widen((const Number *)bias + output), add_high = widen((const Number *)bias + output + kSide);
      for (int64_t i = 0; i < least(kSide, rows - row); i++) {
        const __m512 a = _mm512_add_ps(_mm512_castsi512_ps(low[i]), add_low), b = _mm512_add_ps(_mm512_castsi512_ps(high[i]), add_high);
        _mm512_storeu_si512((Number *)y + (row + i) * outputs + output, narrow(a, b));
      }
    }
  }
}

// Of a piece: the paired weights, the rows' gradient, and sums.
int64_t inputs_scratch(int64_t rows) {
  const int64_t wide = pieces(rows, kBoth) * kBoth;
  return kPieceOutputs * kPieceInputs * 2 + wide * kPieceOutputs * 2 + wide * kPieceInputs * int64_t(sizeof(float));
}

// Two rows of kBoth numbers as two rows of pairs.
INLINE void pair_up(const Number *first, const Number *second, uint8_t *to, uint8_t *next) {
  const __m512i a = _mm512_loadu_si512(first), b = _mm512_loadu_si512(second);
  alignas(64) static constexpr uint16_t kOrder[32] = {0, 32, 1, 33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
                                                      8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
  const __m512i low = _mm512_load_si512(kOrder), high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
  _mm512_store_si512(to, _mm512_permutex2var_epi16(a, low, b));
  _mm512_store_si512(next, _mm512_permutex2var_epi16(a, high, b));
}

void inputs_gradient(const void *dy, const void *w, void *dx, int64_t rows, int64_t inputs, int64_t outputs, int64_t first,
                     int64_t count, void *scratch) {
  const int64_t across = pieces(rows, kBoth);
  auto *weights = (uint8_t *)scratch;
  auto *gradient = weights + kPieceOutputs * kPieceInputs * 2;
  auto *sums = (float *)(gradient + across * kBoth * kPieceOutputs * 2);
  const Tiles tiles(kAll);
  for (int64_t input = first; input < first + count; input += kPieceInputs) {
    const int64_t width = least(kPieceInputs, first + count - input);
    for (int64_t output = 0; output < outputs; output += kPieceOutputs) {
      const int64_t steps = least(kPieceOutputs, outputs - output) / kDeep;
      for (int64_t step = 0; step < steps; step++) {
        for (int64_t i = 0; i < kSide; i++) {
          const auto *from = (const Number *)w + (output + step * kDeep + 2 * i) * inputs + input;
          for (int64_t column = 0; column < width; column += kBoth) {
            _mm_prefetch((const char *)(from + kRowsAhead * inputs + column), _MM_HINT_T0);
            _mm_prefetch((const char *)(from + (kRowsAhead + 1) * inputs + column), _MM_HINT_T0);
            auto *to = weights + (column / kBoth * steps + step) * 2 * kTileBytes + i * 64;
            pair_up(from + column, from + inputs + column, to, to + kTileBytes);
          }
        }
        for (int64_t row = 0; row < across * kBoth; row++) {
          auto *to = gradient + ((row / kBoth * steps + step) * 2 + row / kSide % 2) * kTileBytes + row % kSide * 64;
          _mm512_store_si512(to, line_of((const Number *)dy + row * outputs + output + step * kDeep, row < rows));
        }
      }
      for (int64_t pair = 0; pair < across; pair++) {
        for (int64_t column = 0; column < width; column += kBoth) {
          auto *here = sums + (pair * (kPieceInputs / kBoth) + column / kBoth) * 4 * kTile;
          load_sums(here, output > 0);
          for (int64_t step = 0; step < steps; step++) {
            const auto *a = gradient + (pair * steps + step) * 2 * kTileBytes;
            const auto *b = weights + (column / kBoth * steps + step) * 2 * kTileBytes;
            load_tile<4>(a), load_tile<6>(b), load_tile<7>(b + kTileBytes), load_tile<5>(a + kTileBytes);
            four_dots();
          }
          store_sums(here);
        }
      }
    }
    for (int64_t row = 0; row < rows; row++) {
      for (int64_t column = 0; column < width; column += kBoth) {
        const float *from = sums + (row / kBoth * (kPieceInputs / kBoth) + column / kBoth) * 4 * kTile +
                            row / kSide % 2 * 2 * kTile + row % kSide * kSide;
        _mm512_storeu_si512((Number *)dx + row * inputs + input + column, narrow(_mm512_load_ps(from), _mm512_load_ps(from + kTile)));
      }
    }
  }
}

// Tiles of pairs of rows, or of their turn: two tiles of columns, then the rows, then the tiles of the two.
template <bool turned>
INLINE void pack_any(const Number *x, int64_t rows, int64_t columns, uint8_t *to, int64_t first, int64_t count) {
  const int64_t steps = pieces(rows, kDeep);
  for (int64_t step = 0; step < steps; step++) {
    for (int64_t column = first; column < first + count; column += kSide) {
      auto *here = to + ((column / kBoth * steps + step) * 2 + column / kSide % 2) * kTileBytes;
      __m512i lines[kSide];
      for (int64_t i = 0; i < kSide; i++) {
        const int64_t row = step * kDeep + 2 * i;
        const auto *from = x + row * columns + column;
        lines[i] = row + 1 < rows ? pairs(from, from + columns)
                   : row < rows   ? _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from))
                                  : _mm512_setzero_si512();
      }
      if (turned) turn(lines);
      for (int i = 0; i < kSide; i++) _mm512_store_si512(here + i * 64, lines[i]);
    }
  }
}

void pack_inputs(const void *x, int64_t rows, int64_t columns, void *to, int64_t first, int64_t count) {
  pack_any<false>((const Number *)x, rows, columns, (uint8_t *)to, first, count);
}

void pack_outputs(const void *dy, int64_t rows, int64_t columns, void *to, int64_t first, int64_t count) {
  pack_any<true>((const Number *)dy, rows, columns, (uint8_t *)to, first, count);
}

void weights_gradient(const void *dy, const void *x, void *dw, int64_t rows, int64_t inputs, int64_t outputs, int64_t first,
                      int64_t count) {
  const int64_t steps = pieces(rows, kDeep);
  alignas(64) float sums[4 * kTile];
  const Tiles tiles(kAll);
  for (int64_t output = first; output < first + count; output += kBoth) {
    for (int64_t input = 0; input < inputs; input += kBoth) {
      clear_tile<0>(), clear_tile<1>(), clear_tile<2>(), clear_tile<3>();
      for (int64_t step = 0; step < steps; step++) {
        const auto *a = (const uint8_t *)dy + (output / kBoth * steps + step) * 2 * kTileBytes;
        const auto *b = (const uint8_t *)x + (input / kBoth * steps + step) * 2 * kTileBytes;
        load_tile<4>(a), load_tile<6>(b), load_tile<7>(b + kTileBytes), load_tile<5>(a + kTileBytes);
        four_dots();
      }
      store_sums(sums);
      for (int64_t i = 0; i < kBoth; i++) {
        const float *from = sums + i / kSide * 2 * kTile + i % kSide * kSide;
        // Past the caches: nothing reads it before the optimizer does.
        _mm512_stream_si512((__m512i *)((Number *)dw + (output + i) * inputs + input),
                            narrow(_mm512_load_ps(from), _mm512_load_ps(from + kTile)));
      }
    }
  }
  _mm_sfence();  // what went past the caches is there for all threads
}

}  // namespace

extern const dense::Kernels DENSE_NAME;
// Made when compiling: at the start of a program on another processor nothing of this file may run.
constinit const dense::Kernels DENSE_NAME = {kBoth, kBoth, 2 * kBoth, 2, packed, pack_rows, forward_scratch, forward, inputs_scratch,
                                                   inputs_gradient, pack_inputs, pack_outputs, weights_gradient};
