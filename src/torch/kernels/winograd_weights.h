// The transform of a Winograd convolution's weights.
#pragma once
#include "winograd_tiles.h"

namespace {

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

}  // namespace
