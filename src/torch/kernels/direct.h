// What the kernels of convolutions by tiles (AMX) share with those who call them.
#pragma once
#include "convolution.h"

namespace direct {

using convolution::Convolution;

// All numbers are bf16 but sums, which are fp32. Scratch and what is packed begin at a line of memory.
struct Kernels {
  int64_t step;  // channels and outputs must be multiples of it

  // Packs the weights of some outputs (outputs × taps² × channels), counted in blocks of `step`, for the ways forward.
  int64_t (*packed)(const Convolution &);
  void (*pack)(const Convolution &, const void *w, void *packed, int64_t first_block, int64_t blocks);
  // Packs those of some channels for the way back, which is a convolution of outputs into channels with the kernel turned around: `c` is
  // that one, whose outputs are the channels.
  void (*pack_turned)(const Convolution &c, const void *w, void *packed, int64_t first_block, int64_t blocks);
  // y of some pictures and some blocks of outputs, best an even number of them.
  int64_t (*forward_scratch)(const Convolution &, int64_t pictures);
  void (*forward)(const Convolution &, const void *x, const void *packed, const void *bias, void *y, int64_t first_picture,
                  int64_t pictures, int64_t first_block, int64_t blocks, void *scratch);

  // The same for many pictures, in groups of `step`: from some of their pixels packed, each pixel of a group together, to some lines.
  // Scratch is a kilobyte.
  int64_t (*packed_pixels)(int64_t pictures, int64_t pixels, int64_t channels);
  void (*pack_pixels)(const void *maps, int64_t pictures, int64_t pixels, int64_t channels, int64_t pixel, void *packed, int64_t first_pixel,
                      int64_t count);
  void (*forward_many)(const Convolution &, const void *packed_x, const void *packed, const void *bias, void *y, int64_t group,
                       int64_t first_line, int64_t lines, int64_t first_block, int64_t blocks, void *scratch);

  // Packs maps for the weights' gradient, which is a sum over pictures: some of their pixels, each pixel of all pictures together.
  int64_t (*packed_maps)(int64_t pictures, int64_t pixels, int64_t channels);
  void (*pack_maps)(const void *maps, int64_t pictures, int64_t pixels, int64_t channels, int64_t pixel, void *packed, int64_t first_pixel,
                    int64_t count);
  void (*pack_maps_turned)(const void *maps, int64_t pictures, int64_t pixels, int64_t channels, int64_t pixel, void *packed,
                           int64_t first_pixel, int64_t count);
  // The gradient (outputs × taps² × channels), of some outputs in blocks of a step and of a block of two steps of channels, from x packed
  // and y's gradient packed and turned.
  int64_t (*gradient_scratch)(const Convolution &, int64_t blocks);
  void (*gradient)(const Convolution &, const void *x, const void *dy, void *dw, int64_t first_block, int64_t blocks, int64_t channel_block,
                   void *scratch);
};

}  // namespace direct
