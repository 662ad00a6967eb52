// Convolutions of stride 1 with fewer multiplications (Winograd 1980; Lavin & Gray 2016), forward and back: what is done on
// which thread. The arithmetic is in kernels/winograd.cpp.
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/winograd.h"
#include "maps.h"
#include "shim.h"
#include "tasks.h"

#include <algorithm>
#include <limits>

#if defined(__x86_64__)
extern const winograd::Kernels winograd_pairs[], winograd_wide[], winograd_avx512[], winograd_avx2[];
#endif

namespace {

using winograd::Convolution;
using winograd::Kernels;

// What a thread keeps of transformed tiles should fit into its own cache.
constexpr int64_t kTileBytes = 512 << 10;
// What goes through the steps together should find its memory in the cache that cores share.
constexpr int64_t kTogether = 32 << 20;
// Tiles of a task of products there.
constexpr int64_t kSteps = 144;
// How often transforms are moved there: written, which reads them too, and read.
constexpr int64_t kMoved = 3;
// Convolutions with fewer pairs of a channel in and one out are mostly overhead.
constexpr int64_t kLeastPairs = 1024;

// The kernels for a convolution of a group, or null where there are none for it on this processor.
const Kernels *kernels_for(at::ScalarType kind, int64_t taps, int64_t channels, int64_t outputs) {
#if defined(__x86_64__)
  const Kernels *all = nullptr;
  switch (processor_for(kind)) {
    case Processor::kPairs: all = winograd_pairs; break;
    case Processor::kWide: all = winograd_wide; break;
    case Processor::kAvx512: all = winograd_avx512; break;
    case Processor::kAvx2: all = winograd_avx2; break;
    case Processor::kTiles: case Processor::kOther: break;
  }
  for (const Kernels *k = all; k && k->taps; k++) {
    const bool whole = channels % k->lanes == 0 && outputs % k->lanes == 0;
    const bool enough = std::min(channels, outputs) >= k->least && channels * outputs >= kLeastPairs;
    if (k->taps == taps && whole && enough) return k;
  }
#endif
  return nullptr;
}

// A convolution with all its groups.
struct Whole {
  const Kernels *kernels;
  Convolution group;  // each of them
  int64_t groups;
  int64_t taps() const { return kernels->taps * kernels->taps; }
  int64_t points() const { return kernels->points * kernels->points; }
};

Whole whole_of(at::IntArrayRef x, at::IntArrayRef w, at::ScalarType kind, int64_t padding, int64_t groups) {
  TORCH_CHECK(x.size() == 4 && w.size() == 4 && groups > 0 && x[1] == w[1] * groups && w[0] % groups == 0 && w[2] == w[3],
              "winograd: pictures and weights do not fit");
  const auto *kernels = kernels_for(kind, w[2], w[1], w[0] / groups);
  const int64_t height = x[2] + 2 * padding - w[2] + 1, width = x[3] + 2 * padding - w[3] + 1;
  TORCH_CHECK(kernels && padding >= 0 && padding < w[2] && height > 0 && width > 0, "winograd: no kernel for this convolution");
  return {kernels, {x[0], w[1], x[2], x[3], w[0] / groups, height, width, padding, x[1], w[0]}, groups};
}

// Where a group's numbers begin.
struct Group {
  const uint8_t *from, *bias;
  uint8_t *to;
};

// Tiles of a task that keeps their transforms to itself.
int64_t block_of_tiles(const Kernels &k, const Convolution &c, int64_t tiles) {
  const int64_t fitting = kTileBytes / (k.points * k.points * c.channels * k.bytes), shared = pieces(tiles, 2 * at::get_num_threads());
  return pieces(std::min(std::max<int64_t>(fitting, 24), shared), 6) * 6;
}

// Every task has some tiles from beginning to end, and goes through all of the transformed weights.
void in_one(const Kernels &k, const Convolution &c, int64_t tiles, const void *u, const Group &g) {
  const int64_t block = block_of_tiles(k, c, tiles);
  for_each_task(pieces(tiles, block), k.forward_scratch(c, block), [&](int64_t task, void *scratch) {
    k.forward(c, g.from, u, g.bias, g.to, task * block, std::min(block, tiles - task * block), scratch);
  });
}

// Tiles that go through the steps together.
int64_t tiles_together(const Kernels &k, const Convolution &c, int64_t tiles) {
  const int64_t fitting = std::max<int64_t>(kTogether / (k.operands(c, 1) + k.sums(c, 1)), kSteps);
  return pieces(tiles, pieces(tiles, fitting));
}

// Step by step, the transforms of many tiles in memory: the transformed weights are gone through as often as there are manys.
void in_steps(const Kernels &k, const Convolution &c, int64_t tiles, const void *u, const Group &g) {
  const int64_t together = tiles_together(k, c, tiles), points = k.points * k.points, threads = at::get_num_threads();
  const auto operands = at::empty({k.operands(c, together)}, at::kByte), sums = at::empty({k.sums(c, together)}, at::kByte);
  for (int64_t begin = 0; begin < tiles; begin += together) {
    const int64_t all = std::min(together, tiles - begin), few = pieces(all, 8 * threads);
    const int64_t many = std::min(kSteps, pieces(all, pieces(32 * threads, points)));
    const auto some = [&](int64_t piece, int64_t task) {
      return winograd::Some{begin, all, task * piece, std::min(piece, all - task * piece)};
    };
    for_each_task(pieces(all, few), c.channels * k.bytes, [&](int64_t task, void *scratch) {
      k.step_in(c, g.from, operands.mutable_data_ptr(), some(few, task), scratch);
    });
    for_each_task(points * pieces(all, many), 0, [&](int64_t task, void *) {
      k.step_products(c, operands.const_data_ptr(), u, sums.mutable_data_ptr(), some(many, task / points), task % points);
    });
    for_each_task(pieces(all, few), 0,
                  [&](int64_t task, void *) { k.step_out(c, sums.const_data_ptr(), g.bias, g.to, some(few, task)); });
  }
}

// Which of the two moves less memory.
bool better_in_steps(const Kernels &k, const Convolution &c, int64_t tiles, int64_t u_bytes) {
  const int64_t in_one = pieces(tiles, block_of_tiles(k, c, tiles)), in_steps = pieces(tiles, tiles_together(k, c, tiles));
  return u_bytes * (in_one - in_steps) > kMoved * (k.operands(c, tiles) + k.sums(c, tiles));
}

// `to` = the convolution of `from`, by the weights' own transform or by the turned one.
void convolve(const Whole &all, const Convolution &c, bool turned, const at::Tensor &from, const at::Tensor &weight,
              const at::Tensor *bias, const at::Tensor &to) {
  const Kernels &k = *all.kernels;
  const int64_t tiles = c.pictures * pieces(c.out_width, k.tile) * pieces(c.out_height, k.tile);
  const auto transformed = at::empty({all.points() * c.channels * c.outputs * k.bytes}, at::kByte);
  const auto way = better_in_steps(k, c, tiles, transformed.numel()) ? in_steps : in_one;
  for (int64_t group = 0; group < all.groups; group++) {
    const int64_t outputs = all.group.outputs, piece = 16;
    for_each_task(pieces(outputs, piece), 0, [&](int64_t task, void *) {
      (turned ? k.weights_turned : k.weights)(outputs, all.group.channels,
                                              numbers(weight, group * outputs * all.taps() * all.group.channels),
                                              transformed.mutable_data_ptr(), task * piece,
                                              std::min(piece, outputs - task * piece));
    });
    way(k, c, tiles, transformed.const_data_ptr(),
        {numbers(from, group * c.channels), bias ? numbers(*bias, group * c.outputs) : nullptr, numbers_of(to, group * c.outputs)});
  }
}

// Outputs and channels of a task of the weights' gradient. Large blocks transform less often, small ones keep all threads at
// work: transforming a channel takes the time of some 42 products, an output of some 26.
struct Block {
  int64_t outputs, channels;
};

Block block_of(const Whole &all) {
  constexpr int64_t step = 64, most_outputs = 384, most_channels = 192;
  const int64_t threads = at::get_num_threads();
  Block best{};
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int64_t outputs = step; outputs <= most_outputs; outputs += step) {
    for (int64_t channels = step; channels <= most_channels; channels += step) {
      const Block block{std::min(outputs, all.group.outputs), std::min(channels, all.group.channels)};
      const int64_t tasks =
          all.kernels->points * pieces(all.group.outputs, block.outputs) * pieces(all.group.channels, block.channels);
      const int64_t time = pieces(tasks, threads) * (block.outputs + 42) * (block.channels + 26);
      if (time < least) least = time, best = block;
    }
  }
  return best;
}

void weight_gradient(const Whole &all, const at::Tensor &x, const at::Tensor &gradient, const at::Tensor &to) {
  const Kernels &k = *all.kernels;
  const Convolution &c = all.group;
  const auto sums = at::empty({all.points() * c.outputs * c.channels}, at::kFloat);
  const Block block = block_of(all);
  const int64_t down = pieces(c.outputs, block.outputs), across = pieces(c.channels, block.channels), piece = 16;
  for (int64_t group = 0; group < all.groups; group++) {
    for_each_task(k.points * down * across, k.gradient_scratch(block.outputs, block.channels), [&](int64_t task, void *scratch) {
      const int64_t output = task / across % down * block.outputs, channel = task % across * block.channels;
      k.gradient(c, numbers(x, group * c.channels), numbers(gradient, group * c.outputs), sums.mutable_data_ptr<float>(),
                 task / (across * down), output, std::min(block.outputs, c.outputs - output), channel,
                 std::min(block.channels, c.channels - channel), scratch);
    });
    for_each_task(pieces(c.outputs, piece), 0, [&](int64_t task, void *) {
      k.gradient_of_weights(c.outputs, c.channels, sums.const_data_ptr<float>(),
                            numbers_of(to, group * c.outputs * all.taps() * c.channels), task * piece,
                            std::min(piece, c.outputs - task * piece));
    });
  }
}

at::Tensor convolution(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, const Whole &all) {
  const Convolution &c = all.group;
  auto y = maps_like(x, c.pictures, c.out_pixel, c.out_height, c.out_width);
  convolve(all, c, false, x, weight, &bias, y);
  return y;
}

struct Winograd : torch::autograd::Function<Winograd> {
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
      // The same with the kernel turned around, from outputs to channels.
      const Convolution back{c.pictures, c.outputs, c.out_height, c.out_width, c.channels, c.height, c.width,
                             all.kernels->taps - 1 - c.padding, c.out_pixel, c.in_pixel};
      for_x = maps_like(x, c.pictures, c.in_pixel, c.height, c.width);
      convolve(all, back, true, gradient, weight, nullptr, for_x);
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

// Whether there is a kernel for a convolution of stride 1 over channels-innermost maps on this processor, and how it goes about
// it. `bytes` a number: 4 are fp32, 2 bf16.
bool shim_winograd_way(int64_t bytes, int64_t kernel, int64_t channels, int64_t outputs, int64_t *tile, int64_t *points) {
  const Kernels *kernels = kernels_for(bytes == 4 ? at::kFloat : at::kBFloat16, kernel, channels, outputs);
  if (kernels) *tile = kernels->tile, *points = kernels->points;
  return kernels;
}

char *shim_winograd(const at::Tensor *x, const at::Tensor *weight, const at::Tensor *bias, int64_t padding, int64_t groups,
                    at::Tensor **out) {
  GUARD(const auto kind = x->scalar_type();
        TORCH_CHECK(x->is_cpu() && weight->is_cpu() && bias->is_cpu() && weight->scalar_type() == kind &&
                        bias->scalar_type() == kind && bias->dim() == 1 && weight->dim() == 4 &&
                        bias->size(0) == weight->size(0) && bias->is_contiguous(),
                    "winograd: wants pictures, weights and biases of one kind on the CPU");
        const auto input = x->contiguous(at::MemoryFormat::ChannelsLast);
        const auto kernel = weight->contiguous(at::MemoryFormat::ChannelsLast);
        const bool learns = x->requires_grad() || weight->requires_grad() || bias->requires_grad();
        if (at::GradMode::is_enabled() && learns) {
          *out = new at::Tensor(Winograd::apply(input, kernel, *bias, padding, groups));
        } else {
          *out = new at::Tensor(convolution(input, kernel, *bias, whole_of(input.sizes(), kernel.sizes(), kind, padding, groups)));
        })
}
}
