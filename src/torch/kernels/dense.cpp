// Dense layers for one kind of processor (vector.h says how it is compiled). The weights are read where they lie: what is packed
// are the few rows of a batch, and a piece of the weights in a core's cache.
#include "dense.h"

#include "product.h"
#include "vector.h"

namespace {

// Units of the sum that are gone through at once: a panel of them stays in a core's second cache.
constexpr int64_t kDepth = 768;
// Outputs that share such a piece.
constexpr int64_t kShared = 48;
// Outputs of a piece of the weights that is packed for the inputs' gradient, and its panels.
constexpr int64_t kPiece = 256, kPanels = 4;
// Steps that they are asked for ahead.
constexpr int64_t kAhead = 8;

// Whether memory holds units as products take them.
constexpr bool kAsUnits = sizeof(Number) * kUnit == sizeof(uint32_t);

INLINE int64_t whole_lanes(int64_t columns) { return (columns + kLanes - 1) / kLanes * kLanes; }

// A panel's columns.
INLINE int64_t columns_from(int64_t column, int64_t all) { return least(kPanel, all - column); }

// Units of numbers that follow one another.
INLINE uint32_t unit_at(const Number *p) {
  uint32_t unit = 0;
  constexpr int widened = int(sizeof(uint32_t) - sizeof(Number) * kUnit);  // bf16 is the upper half of fp32
  __builtin_memcpy((char *)&unit + widened, p, sizeof(Number) * kUnit);
  return unit;
}

// Rows of numbers as rows of units that products can take: themselves, or widened into `to`.
struct Units {
  const uint32_t *first;
  int64_t row;
};
INLINE Units units_of(const Number *from, int64_t rows, int64_t from_row, int64_t numbers, [[maybe_unused]] uint32_t *to) {
  if constexpr (kAsUnits) {
    return {(const uint32_t *)from, from_row / kUnit};
  } else {
    for (int64_t row = 0; row < rows; row++) {
      for (int64_t i = 0; i < numbers; i += kLanes) store((float *)to + row * numbers + i, load(from + row * from_row + i));
    }
    return {to, numbers};
  }
}
// Bytes for such rows.
INLINE int64_t units_scratch(int64_t rows, int64_t numbers) { return kAsUnits ? 0 : rows * numbers * sizeof(uint32_t); }

int64_t packed(int64_t columns, int64_t depth) { return whole_lanes(columns) * depth * sizeof(uint32_t); }

void pack_rows(const void *x, int64_t rows, int64_t inputs, void *to, int64_t first, int64_t units) {
  const int64_t depth = inputs / kUnit, all = whole_lanes(rows);
  for (int64_t panel = 0; panel < all; panel += kPanel) {
    const int64_t columns = columns_from(panel, all);
    auto *here = (uint32_t *)to + panel * depth;
    for (int64_t unit = first; unit < first + units; unit++) {
      for (int64_t i = 0; i < columns; i++) {
        here[unit * columns + i] = panel + i < rows ? unit_at((const Number *)x + (panel + i) * inputs + unit * kUnit) : 0;
      }
    }
  }
}

int64_t forward_scratch(int64_t rows) {
  return kShared * whole_lanes(rows) * sizeof(float) + units_scratch(kShared, kDepth * kUnit);
}

void forward(const void *x, const void *w, const void *bias, void *y, int64_t rows, int64_t inputs, int64_t outputs, int64_t first,
             int64_t count, void *scratch) {
  const int64_t depth = inputs / kUnit, all = whole_lanes(rows);
  auto *sums = (float *)scratch;  // outputs × rows
  auto *widened = (uint32_t *)(sums + kShared * all);
  for (int64_t output = first; output < first + count; output += kShared) {
    const int64_t high = least(kShared, first + count - output);
    for (int64_t step = 0; step < depth; step += kDepth) {
      const int64_t steps = least(kDepth, depth - step);
      const auto a = units_of((const Number *)w + output * inputs + step * kUnit, high, inputs, steps * kUnit, widened);
      for (int64_t panel = 0; panel < all; panel += kPanel) {
        const int64_t columns = columns_from(panel, all);
        const auto *b = (const uint32_t *)x + panel * depth + step * columns;
        panel_product(high, columns, a.first, a.row, 1, b, steps, sums + panel, all, step > 0);
      }
    }
    for (int64_t row = 0; row < rows; row++) {
      for (int64_t i = 0; i < high; i += kLanes) {
        float line[kLanes];
        for (int64_t j = 0; j < kLanes; j++) line[j] = sums[(i + j) * all + row];
        store((Number *)y + row * outputs + output + i, add(load(line), load((const Number *)bias + output + i)));
      }
    }
  }
}

int64_t inputs_scratch(int64_t rows) {
  return (kPiece / kUnit * 4 + rows * 4) * kPanel * kPanels + units_scratch(rows, kPiece);
}

void inputs_gradient(const void *dy, const void *w, void *dx, int64_t rows, int64_t inputs, int64_t outputs, int64_t first,
                     int64_t count, void *scratch) {
  auto *panel = (uint32_t *)scratch;
  auto *sums = (float *)(panel + kPiece / kUnit * kPanel * kPanels);
  auto *widened = (uint32_t *)(sums + rows * kPanel * kPanels);
  for (int64_t input = first; input < first + count; input += kPanel * kPanels) {
    const int64_t width = least(kPanel * kPanels, first + count - input);
    for (int64_t output = 0; output < outputs; output += kPiece) {
      const int64_t steps = least(kPiece, outputs - output) / kUnit;
      for (int64_t step = 0; step < steps; step++) {
        const auto *from = (const Number *)w + (output + step * kUnit) * inputs + input;
        // Pieces of rows lie far apart, and no prefetcher of the hardware follows them.
        for (int64_t i = 0; i < width * kUnit; i += 64 / int64_t(sizeof(Number))) {
          const auto *ahead = from + kAhead * kUnit * inputs;
          _mm_prefetch((const char *)(ahead + (i < width ? i : inputs + i - width)), _MM_HINT_T0);
        }
        for (int64_t i = 0; i < width; i += kLanes) {
          const int64_t at = i / kPanel * kPanel, columns = columns_from(at, width);
          const Vector both[2] = {load(from + i), load(from + (kUnit - 1) * inputs + i)};
          store_units(panel + at * steps + step * columns + (i - at), both);
        }
      }
      const auto a = units_of((const Number *)dy + output, rows, outputs, steps * kUnit, widened);
      for (int64_t at = 0; at < width; at += kPanel) {
        panel_product(rows, columns_from(at, width), a.first, a.row, 1, panel + at * steps, steps, sums + at, width, output > 0);
      }
    }
    for (int64_t row = 0; row < rows; row++) {
      for (int64_t i = 0; i < width; i += kLanes) store((Number *)dx + row * inputs + input + i, load(sums + row * width + i));
    }
  }
}

void pack_columns(const void *x, int64_t rows, int64_t columns, void *to, int64_t first, int64_t count) {
  const int64_t depth = (rows + kUnit - 1) / kUnit;
  for (int64_t step = 0; step < depth; step++) {
    const auto *from = (const Number *)x + step * kUnit * columns;
    const bool whole = step * kUnit + kUnit <= rows;
    for (int64_t i = first; i < first + count; i += kLanes) {
      const int64_t at = i / kPanel * kPanel;
      const Vector both[2] = {load(from + i), whole ? load(from + (kUnit - 1) * columns + i) : zero()};
      store_units((uint32_t *)to + at * depth + step * columns_from(at, columns) + (i - at), both);
    }
  }
}

void weights_gradient(const void *dy, const void *x, void *dw, int64_t rows, int64_t inputs, int64_t outputs, int64_t first,
                      int64_t count) {
  const int64_t depth = (rows + kUnit - 1) / kUnit;
  float sums[kHigh * kPanel];
  for (int64_t output = first; output < first + count; output += kHigh) {
    for (int64_t input = 0; input < inputs; input += kPanel) {
      const int64_t columns = columns_from(input, inputs);
      for (int64_t done = 0, high; output + done < least(first + count, output + kHigh); done += high) {
        // Rows of the product that lie in one panel.
        const int64_t at = output + done, panel = at / kPanel * kPanel, wide = columns_from(panel, outputs);
        high = least(least(kHigh - done, first + count - at), panel + wide - at);
        panel_product(high, columns, (const uint32_t *)dy + panel * depth + (at - panel), 1, wide,
                      (const uint32_t *)x + input * depth, depth, sums, columns, false);
        for (int64_t i = 0; i < high; i++) {
          for (int64_t j = 0; j < columns; j += kLanes) {
            past((Number *)dw + (at + i) * inputs + input + j, load(sums + i * columns + j));
          }
        }
      }
    }
  }
  _mm_sfence();  // what went past the caches is there for all threads
}

}  // namespace

extern const dense::Kernels DENSE_NAME;
// Made when compiling: at the start of a program on another processor nothing of this file may run.
constinit const dense::Kernels DENSE_NAME = {kLanes, kPanel, kShared, kUnit, packed, pack_rows, forward_scratch, forward, inputs_scratch,
                                             inputs_gradient, pack_columns, pack_columns, weights_gradient};
