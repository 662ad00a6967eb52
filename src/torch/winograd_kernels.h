// What the kernels of Winograd convolutions, compiled for each kind of processor, share with those who call them.
#pragma once
#include <cstdint>

namespace winograd {

// A convolution of stride 1 over channels-innermost maps, or one of its groups.
struct Convolution {
  int64_t pictures, channels, height, width;      // in
  int64_t outputs, out_height, out_width;         // out
  int64_t padding;
  int64_t in_pixel, out_pixel;                    // numbers from a pixel to the next: the channels of all groups
};

// The kernels for one side of the convolution's kernel and one kind of number. Numbers of either kind are `void`.
struct Kernels {
  int64_t taps;             // side of the convolution's kernel; 0 after the last
  int64_t lanes;            // channels in and out must be multiples of it
  int64_t points;           // products for a tile, in one direction
  int64_t tile;             // outputs of a tile, in one direction
  int64_t unit;             // numbers in 32 bits: 2 of bf16, 1 of fp32
  int64_t (*forward_scratch)(const Convolution &, int64_t tiles);
  void (*forward)(const Convolution &, const void *x, const void *u, const void *bias, void *y, int64_t first, int64_t tiles,
                  void *scratch);
  void (*weights)(int64_t outputs, int64_t channels, const void *w, void *u, int64_t first, int64_t count);
  void (*weights_turned)(int64_t outputs, int64_t channels, const void *w, void *u, int64_t first, int64_t count);
  int64_t (*gradient_scratch)(int64_t outputs, int64_t channels);
  void (*gradient)(const Convolution &, const void *x, const void *dy, float *du, int64_t row, int64_t first_output,
                   int64_t outputs, int64_t first_channel, int64_t channels, void *scratch);
  void (*gradient_of_weights)(int64_t outputs, int64_t channels, const float *du, void *dw, int64_t first, int64_t count);
};

}  // namespace winograd
