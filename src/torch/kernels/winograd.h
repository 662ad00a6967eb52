// What the kernels of Winograd convolutions, compiled for each kind of processor, share with those who call them.
#pragma once
#include "convolution.h"

namespace winograd {

using convolution::Convolution;

// Some tiles of those that are in memory together: `all`, from number `begin` on. `first` counts from there.
struct Some {
  int64_t begin, all, first, tiles;
};

// What there is for one side of the convolution's kernel and one kind of number (`void`: fp32 or bf16). Tiles are numbered
// through all pictures. Scratch is the caller's, a piece for each thread.
struct Kernels {
  int64_t taps;    // side of the convolution's kernel; 0 after the last
  int64_t lanes;   // channels and outputs must be multiples of it
  int64_t least;   // channels and outputs that it is good for
  int64_t points;  // products of a tile in one direction
  int64_t tile;    // outputs of a tile in one direction
  int64_t bytes;   // of a transformed number

  // y, in some tiles, from x and transformed weights.
  int64_t (*forward_scratch)(const Convolution &, int64_t tiles);
  void (*forward)(const Convolution &, const void *x, const void *u, const void *bias, void *y, int64_t first_tile, int64_t tiles,
                  void *scratch);

  // The same in three steps, for tiles whose transforms are in memory together (bytes of them for the products, and of the products'
  // sums): the transform of some tiles (scratch: a pixel of x), the products of a point for some tiles, and y in some tiles.
  int64_t (*operands)(const Convolution &, int64_t all);
  int64_t (*sums)(const Convolution &, int64_t all);
  void (*step_in)(const Convolution &, const void *x, void *operands, const Some &, void *scratch);
  void (*step_products)(const Convolution &, const void *operands, const void *u, void *sums, const Some &, int64_t point);
  void (*step_out)(const Convolution &, const void *sums, const void *bias, void *y, const Some &);

  // The transform of some outputs' weights (outputs × taps × taps × channels), points² · outputs · channels transformed numbers in all, for
  // the way forward; and for the way back, which is a convolution with the kernel turned around, of outputs into channels.
  void (*weights)(int64_t outputs, int64_t channels, const void *w, void *u, int64_t first, int64_t count);
  void (*weights_turned)(int64_t outputs, int64_t channels, const void *w, void *u, int64_t first, int64_t count);

  // The weights' gradient: its transform (points² × outputs × channels sums over all tiles), one row of points and a block of
  // outputs and channels at a time; then some outputs' gradient from it.
  int64_t (*gradient_scratch)(int64_t outputs, int64_t channels);
  void (*gradient)(const Convolution &, const void *x, const void *dy, float *du, int64_t row, int64_t first_output,
                   int64_t outputs, int64_t first_channel, int64_t channels, void *scratch);
  void (*gradient_of_weights)(int64_t outputs, int64_t channels, const float *du, void *dw, int64_t first, int64_t count);
};

}  // namespace winograd
