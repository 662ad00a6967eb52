// Convolutions of stride 1 over channels-innermost maps, with their way back, whichever kernels do them.
#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <type_traits>

#include "kernels/convolution.h"
#include "maps.h"
#include "tasks.h"

namespace convolution {

// A convolution with all its groups.
template <typename Kernels>
struct Whole {
  const Kernels *kernels;
  Convolution group;  // each of them
  int64_t groups;
  int64_t taps() const { return group.taps * group.taps; }
  int64_t weights() const { return group.outputs * taps() * group.channels; }  // of a group
  // The way back of a group is one with the kernel turned around, from outputs to channels.
  Convolution back() const {
    const Convolution &c = group;
    return {c.pictures, c.outputs, c.out_height, c.out_width, c.channels, c.height, c.width, c.taps - 1 - c.padding, c.taps, c.out_pixel,
            c.in_pixel};
  }
};

// Where the numbers of a group begin.
struct Group {
  const uint8_t *from, *bias;
  uint8_t *to;
};
inline Group group_of(const Convolution &c, int64_t group, const at::Tensor &from, const at::Tensor *bias, const at::Tensor &to) {
  return {numbers(from, group * c.channels), bias ? numbers(*bias, group * c.outputs) : nullptr, numbers_of(to, group * c.outputs)};
}

// `By` names what does it:
//   kName;
//   kernels_for(kind, taps, channels, outputs), null where there are none for such a group on this processor;
//   convolve(whole, c, turned, from, weight, bias, to): `c` is the group's convolution, or its way back with `turned` weights;
//   weight_gradient(whole, x, gradient, to).
template <typename By>
auto whole_of(at::IntArrayRef x, at::IntArrayRef w, at::ScalarType kind, int64_t padding, int64_t groups) {
  TORCH_CHECK(x.size() == 4 && w.size() == 4 && x[0] > 0 && groups > 0 && x[1] == w[1] * groups && w[0] % groups == 0 && w[2] == w[3], By::kName,
              ": pictures and weights do not fit");
  const auto *kernels = By::kernels_for(kind, w[2], w[1], w[0] / groups);
  const int64_t height = x[2] + 2 * padding - w[2] + 1, width = x[3] + 2 * padding - w[3] + 1;
  TORCH_CHECK(kernels && padding >= 0 && padding < w[2] && height > 0 && width > 0, By::kName, ": no kernel for this convolution");
  const Convolution group{x[0], w[1], x[2], x[3], w[0] / groups, height, width, padding, w[2], x[1], w[0]};
  return Whole<std::remove_cvref_t<decltype(*kernels)>>{kernels, group, groups};
}

template <typename By>
at::Tensor forward(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, int64_t padding, int64_t groups) {
  const auto whole = whole_of<By>(x.sizes(), weight.sizes(), x.scalar_type(), padding, groups);
  const Convolution &c = whole.group;
  auto y = maps_like(x, c.pictures, c.out_pixel, c.out_height, c.out_width);
  By::convolve(whole, c, false, x, weight, &bias, y);
  return y;
}

template <typename By>
struct Function : torch::autograd::Function<Function<By>> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const at::Tensor &bias, int64_t padding, int64_t groups) {
    context->save_for_backward({x, weight});
    context->saved_data["padding"] = padding;
    context->saved_data["groups"] = groups;
    return convolution::forward<By>(x, weight, bias, padding, groups);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1];
    const auto gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const auto whole = whole_of<By>(x.sizes(), weight.sizes(), x.scalar_type(), context->saved_data["padding"].toInt(),
                                    context->saved_data["groups"].toInt());
    const Convolution &c = whole.group;
    at::Tensor for_x, for_weight, for_bias;
    if (context->needs_input_grad(0)) {
      for_x = maps_like(x, c.pictures, c.in_pixel, c.height, c.width);
      By::convolve(whole, whole.back(), true, gradient, weight, nullptr, for_x);
    }
    if (context->needs_input_grad(1)) {
      for_weight = at::empty(weight.sizes(), weight.options().requires_grad(false), at::MemoryFormat::ChannelsLast);
      By::weight_gradient(whole, x, gradient, for_weight);
    }
    if (context->needs_input_grad(2)) for_bias = sum_over_pixels(gradient);
    return {for_x, for_weight, for_bias, at::Tensor(), at::Tensor()};
  }
};

// With a way back where one is wanted.
template <typename By>
at::Tensor apply(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, int64_t padding, int64_t groups) {
  const auto kind = x.scalar_type();
  TORCH_CHECK(x.is_cpu() && weight.is_cpu() && bias.is_cpu() && weight.scalar_type() == kind && bias.scalar_type() == kind &&
                  bias.dim() == 1 && weight.dim() == 4 && bias.size(0) == weight.size(0) && bias.is_contiguous(),
              By::kName, ": wants pictures, weights and biases of one kind on the CPU");
  const auto input = x.contiguous(at::MemoryFormat::ChannelsLast), kernel = weight.contiguous(at::MemoryFormat::ChannelsLast);
  const bool learns = x.requires_grad() || weight.requires_grad() || bias.requires_grad();
  return at::GradMode::is_enabled() && learns ? Function<By>::apply(input, kernel, bias, padding, groups)
                                              : forward<By>(input, kernel, bias, padding, groups);
}

}  // namespace convolution
