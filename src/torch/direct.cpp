// Convolutions of stride 1 by tiles (AMX), forward and back: what is done on which thread. The arithmetic is in kernels/direct_tiles.cpp.
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/direct.h"
#include "maps.h"
#include "shim.h"
#include "tasks.h"

#include <algorithm>

#if defined(__x86_64__)
extern const direct::Kernels direct_tiles;
#endif

namespace {

using direct::Convolution;
using direct::Kernels;

// Tasks for each thread, so that one whose core is shared keeps the others waiting a short while only.
constexpr int64_t kTasks = 4;
// What a task keeps of its pictures should leave room for weights in a core's second cache.
constexpr int64_t kPictureBytes = 800 << 10;
// From so many pictures on a tile has pixels of different pictures.
constexpr int64_t kMany = 8;
// Pixels that a task packs.
constexpr int64_t kPixels = 16;

// The kernels for a convolution of a group, or null where there are none for it on this processor.
const Kernels *kernels_for(at::ScalarType kind, int64_t taps, int64_t channels, int64_t outputs) {
#if defined(__x86_64__)
  const Kernels &k = direct_tiles;
  if (processor_for(kind) == Processor::kTiles && kind == at::kBFloat16 && taps > 0 && channels > 0 && outputs > 0 &&
      channels % k.step == 0 && outputs % k.step == 0) {
    return &k;
  }
#endif
  return nullptr;
}

// A convolution with all its groups.
struct Whole {
  const Kernels *kernels;
  Convolution group;  // each of them
  int64_t groups;
  int64_t taps() const { return group.taps * group.taps; }
  int64_t weights() const { return group.outputs * taps() * group.channels; }
  // The same with the kernel turned around, from outputs to channels.
  Convolution back() const {
    const Convolution &c = group;
    return {c.pictures, c.outputs, c.out_height, c.out_width, c.channels, c.height, c.width, c.taps - 1 - c.padding, c.taps, c.out_pixel,
            c.in_pixel};
  }
};

Whole whole_of(at::IntArrayRef x, at::IntArrayRef w, at::ScalarType kind, int64_t padding, int64_t groups) {
  TORCH_CHECK(x.size() == 4 && w.size() == 4 && groups > 0 && x[1] == w[1] * groups && w[0] % groups == 0 && w[2] == w[3],
              "direct: pictures and weights do not fit");
  const auto *kernels = kernels_for(kind, w[2], w[1], w[0] / groups);
  const int64_t height = x[2] + 2 * padding - w[2] + 1, width = x[3] + 2 * padding - w[3] + 1;
  TORCH_CHECK(kernels && padding >= 0 && padding < w[2] && height > 0 && width > 0, "direct: no kernel for this convolution");
  return {kernels, {x[0], w[1], x[2], x[3], w[0] / groups, height, width, padding, w[2], x[1], w[0]}, groups};
}

at::Tensor bytes(int64_t size) { return at::empty({size}, at::kByte); }

at::Tensor pack_weights(const Kernels &k, const Convolution &c, bool turned, const uint8_t *weight) {
  auto packed = bytes(k.packed(c));
  for_each_task(c.outputs / k.step, 0, [&](int64_t block, void *) {
    (turned ? k.pack_turned : k.pack)(c, weight, packed.mutable_data_ptr(), block, 1);
  });
  return packed;
}

// Where a group's numbers begin.
struct Group {
  const uint8_t *from, *bias;
  uint8_t *to;
};

// A task has some pictures; where there are few pictures, some of the outputs.
void convolve_few(const Kernels &k, const Convolution &c, const void *weights, const Group &g) {
  const int64_t blocks = c.outputs / k.step, wanted = kTasks * at::get_num_threads();
  const int64_t fitting = std::max<int64_t>(1, kPictureBytes / k.forward_scratch(c, 1));
  const int64_t pictures = std::min(fitting, pieces(c.pictures, wanted)), down = pieces(c.pictures, pictures);
  const int64_t piece = pieces(pieces(blocks, std::min(blocks, pieces(wanted, down))), 2) * 2, across = pieces(blocks, piece);
  for_each_task(down * across, k.forward_scratch(c, pictures), [&](int64_t task, void *scratch) {
    const int64_t first = task / across * pictures, block = task % across * piece;
    k.forward(c, g.from, weights, g.bias, g.to, first, std::min(pictures, c.pictures - first), block,
              std::min(piece, blocks - block), scratch);
  });
}

// A task has some lines of a group of pictures; where there are few groups, some of the outputs.
void convolve_many(const Kernels &k, const Convolution &c, const void *weights, const Group &g) {
  const int64_t pixels = c.height * c.width, groups = pieces(c.pictures, k.step);
  const auto packed = bytes(k.packed_pixels(c.pictures, pixels, c.channels));
  for_each_task(pieces(pixels, kPixels), 0, [&](int64_t task, void *) {
    k.pack_pixels(g.from, c.pictures, pixels, c.channels, c.in_pixel, packed.mutable_data_ptr(), task * kPixels,
                  std::min(kPixels, pixels - task * kPixels));
  });
  const int64_t line_bytes = k.packed_pixels(1, c.width, c.channels), fitting = kPictureBytes / line_bytes - (c.taps - 1);
  const int64_t strips = pieces(c.out_height, std::max<int64_t>(fitting, 1)), lines = pieces(c.out_height, strips);
  const int64_t down = pieces(c.out_height, lines), blocks = c.outputs / k.step, wanted = kTasks * at::get_num_threads();
  const int64_t piece = pieces(blocks, std::min(blocks, pieces(wanted, groups * down))), across = pieces(blocks, piece);
  for_each_task(groups * down * across, 1024, [&](int64_t task, void *scratch) {
    const int64_t block = task % across * piece, line = task / across % down * lines;
    k.forward_many(c, packed.const_data_ptr(), weights, g.bias, g.to, task / (across * down), line,
                   std::min(lines, c.out_height - line), block, std::min(piece, blocks - block), scratch);
  });
}

// `to` = the convolution `c` of `from`, by the weights as they are or turned around.
void convolve(const Whole &all, const Convolution &c, bool turned, const at::Tensor &from, const at::Tensor &weight, const at::Tensor *bias,
              const at::Tensor &to) {
  const Kernels &k = *all.kernels;
  for (int64_t group = 0; group < all.groups; group++) {
    const auto weights = pack_weights(k, c, turned, numbers(weight, group * all.weights()));
    (c.pictures < kMany ? convolve_few : convolve_many)(
        k, c, weights.const_data_ptr(),
        {numbers(from, group * c.channels), bias ? numbers(*bias, group * c.outputs) : nullptr, numbers_of(to, group * c.outputs)});
  }
}

void weight_gradient(const Whole &all, const at::Tensor &x, const at::Tensor &gradient, const at::Tensor &to) {
  const Kernels &k = *all.kernels;
  const Convolution &c = all.group;
  const int64_t in_pixels = c.height * c.width, out_pixels = c.out_height * c.out_width;
  const auto by_channels = bytes(k.packed_maps(c.pictures, in_pixels, c.channels));
  const auto by_outputs = bytes(k.packed_maps(c.pictures, out_pixels, c.outputs));
  const int64_t blocks = c.outputs / k.step, across = pieces(c.channels, 2 * k.step);
  int64_t piece = std::min<int64_t>(4, blocks);
  while (piece > 1 && pieces(blocks, piece) * across < kTasks * at::get_num_threads()) piece /= 2;
  const int64_t down = pieces(blocks, piece), in_tasks = pieces(in_pixels, kPixels);
  const int64_t out_tasks = pieces(out_pixels, kPixels);
  for (int64_t group = 0; group < all.groups; group++) {
    for_each_task(in_tasks + out_tasks, 0, [&](int64_t task, void *) {
      if (task < in_tasks) {
        k.pack_maps(numbers(x, group * c.channels), c.pictures, in_pixels, c.channels, c.in_pixel, by_channels.mutable_data_ptr(),
                    task * kPixels, std::min(kPixels, in_pixels - task * kPixels));
      } else {
        const int64_t first = (task - in_tasks) * kPixels;
        k.pack_maps_turned(numbers(gradient, group * c.outputs), c.pictures, out_pixels, c.outputs, c.out_pixel,
                           by_outputs.mutable_data_ptr(), first, std::min(kPixels, out_pixels - first));
      }
    });
    for_each_task(down * across, k.gradient_scratch(c, piece), [&](int64_t task, void *scratch) {
      const int64_t block = task % down * piece;
      k.gradient(c, by_channels.const_data_ptr(), by_outputs.const_data_ptr(), numbers_of(to, group * all.weights()), block,
                 std::min(piece, blocks - block), task / down, scratch);
    });
  }
}

at::Tensor convolution(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, const Whole &all) {
  const Convolution &c = all.group;
  auto y = maps_like(x, c.pictures, c.out_pixel, c.out_height, c.out_width);
  convolve(all, c, false, x, weight, &bias, y);
  return y;
}

struct Direct : torch::autograd::Function<Direct> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const at::Tensor &bias, int64_t padding, int64_t groups) {
    context->save_for_backward({x, weight});
    context->saved_data["padding"] = padding;
    context->saved_data["groups"] = groups;
    return convolution(x, weight, bias, whole_of(x.sizes(), weight.sizes(), x.scalar_type(), padding, groups));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1];
    const auto gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const Whole all = whole_of(x.sizes(), weight.sizes(), x.scalar_type(), context->saved_data["padding"].toInt(),
                               context->saved_data["groups"].toInt());
    const Convolution &c = all.group;
    at::Tensor for_x, for_weight, for_bias;
    if (context->needs_input_grad(0)) {
      for_x = maps_like(x, c.pictures, c.in_pixel, c.height, c.width);
      convolve(all, all.back(), true, gradient, weight, nullptr, for_x);
    }
    if (context->needs_input_grad(1)) {
      for_weight = at::empty(weight.sizes(), weight.options().requires_grad(false), at::MemoryFormat::ChannelsLast);
      weight_gradient(all, x, gradient, for_weight);
    }
    if (context->needs_input_grad(2)) for_bias = sum_over_pixels(gradient);
    return {for_x, for_weight, for_bias, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

extern "C" {

// Whether there is a kernel for a convolution of stride 1 over channels-innermost maps of bf16 on this processor.
bool shim_direct_fits(int64_t kernel, int64_t channels, int64_t outputs) {
  return kernels_for(at::kBFloat16, kernel, channels, outputs) != nullptr;
}

char *shim_direct(const at::Tensor *x, const at::Tensor *weight, const at::Tensor *bias, int64_t padding, int64_t groups,
                  at::Tensor **out) {
  GUARD(const auto kind = x->scalar_type();
        TORCH_CHECK(x->is_cpu() && weight->is_cpu() && bias->is_cpu() && weight->scalar_type() == kind &&
                        bias->scalar_type() == kind && bias->dim() == 1 && weight->dim() == 4 &&
                        bias->size(0) == weight->size(0) && bias->is_contiguous(),
                    "direct: wants pictures, weights and biases of one kind on the CPU");
        const auto input = x->contiguous(at::MemoryFormat::ChannelsLast);
        const auto kernel = weight->contiguous(at::MemoryFormat::ChannelsLast);
        const bool learns = x->requires_grad() || weight->requires_grad() || bias->requires_grad();
        if (at::GradMode::is_enabled() && learns) {
          *out = new at::Tensor(Direct::apply(input, kernel, *bias, padding, groups));
        } else {
          *out = new at::Tensor(convolution(input, kernel, *bias, whole_of(input.sizes(), kernel.sizes(), kind, padding, groups)));
        })
}
}
