// What all kernels of convolutions are told of one.
#pragma once
#include <cstdint>

namespace convolution {

// A convolution of stride 1 over channels-innermost maps, or one group of it.
struct Convolution {
  int64_t pictures, channels, height, width;
  int64_t outputs, out_height, out_width;
  int64_t padding, taps;        // on each side; of a side of the kernel
  int64_t in_pixel, out_pixel;  // numbers from a pixel to the next: the channels of all groups
};

}  // namespace convolution
