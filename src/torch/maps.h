// Channels-innermost maps, for those who compute convolutions.
#pragma once
#include <ATen/core/Tensor.h>

// Memory for maps of the kind of `like`, channels innermost, that remembers no way back.
at::Tensor maps_like(const at::Tensor &like, int64_t pictures, int64_t channels, int64_t height, int64_t width);

// Sums over all pictures and pixels of channels-innermost maps, in fp32, rounded to their kind at the end: the gradient of a convolution's
// bias. Any number of threads gives the same bits.
at::Tensor sum_over_pixels(const at::Tensor &maps);
