// Convolutions of stride 1 with fewer multiplications (Winograd 1980; Lavin & Gray 2016), forward and back: what is done on
// which thread. The arithmetic is in kernels/winograd.cpp.
#include "convolution.h"
#include "kernels/tiling.h"
#include "kernels/winograd.h"
#include "shim.h"

#include <algorithm>
#include <limits>

#if defined(__x86_64__)
extern const winograd::Kernels winograd_pairs[], winograd_wide[], winograd_avx512[], winograd_avx2[];
#endif

namespace {

using convolution::Convolution;
using convolution::Group;
using winograd::Kernels;
using Whole = convolution::Whole<Kernels>;

// What a thread keeps of transformed tiles should fit into its own cache.
constexpr int64_t kTileBytes = 512 << 10;
// What goes through the steps together should find its memory in the cache that cores share.
constexpr int64_t kTogether = 32 << 20;
// Tiles of a task of products there.
constexpr int64_t kSteps = 144;
// What moving a byte of transforms there costs, in bytes of weights that are read again: it is written, which reads it too, and read,
// and all wait for the last between two steps.
constexpr int64_t kMoved = 5;
// Convolutions with fewer pairs of a channel in and one out are mostly overhead.
constexpr int64_t kLeastPairs = 1024;

// The first of some kernels for a convolution of a group, or null.
const Kernels *first_for(const Kernels *all, int64_t taps, int64_t channels, int64_t outputs) {
  for (const Kernels *k = all; k->taps; k++) {
    const bool whole = channels % k->lanes == 0 && outputs % k->lanes == 0;
    const bool enough = std::min(channels, outputs) >= k->least && channels * outputs >= kLeastPairs;
    if (k->taps == taps && whole && enough) return k;
  }
  return nullptr;
}

// The kernels for a convolution of a group, or null where there are none for it on this processor.
const Kernels *kernels_for(at::ScalarType kind, int64_t taps, int64_t channels, int64_t outputs) {
#if defined(__x86_64__)
  const auto first = [&](const Kernels *all) { return first_for(all, taps, channels, outputs); };
  switch (processor_for(kind)) {
    case Processor::kPairs: {  // what they have no way for is widened
      const Kernels *pairs = first(winograd_pairs);
      return pairs ? pairs : first(winograd_wide);
    }
    case Processor::kWide: return first(winograd_wide);
    case Processor::kAvx512: return first(winograd_avx512);
    case Processor::kAvx2: return first(winograd_avx2);
    case Processor::kTiles: case Processor::kTilesInSoftware: case Processor::kOther: break;
  }
#endif
  return nullptr;
}

// Products of a tile.
int64_t points_of(const Kernels &k) { return k.points * k.points; }

// The most tiles of a task that keeps their transforms to itself.
int64_t block_of_tiles(const Kernels &k, const Convolution &c, int64_t tiles) {
  const int64_t fitting = kTileBytes / (points_of(k) * c.channels * k.bytes), shared = pieces(tiles, 2 * at::get_num_threads());
  return pieces(std::min(std::max<int64_t>(fitting, 24), shared), 6) * 6;
}

// Every task has some tiles of a kind from beginning to end, and goes through all of the transformed weights.
void in_one(const Kernels &k, const Convolution &c, const Tiling &tiling, const void *u, const Group &g) {
  const int64_t most = block_of_tiles(k, c, tiling.all());
  int64_t blocks[kKinds], before[kKinds + 1] = {};  // tiles of a task of a kind; tasks before it
  for (int kind = 0; kind < kKinds; kind++) {
    const int64_t tiles = tiling.tiles[kind];
    blocks[kind] = tiles ? pieces(pieces(tiles, pieces(tiles, most)), 6) * 6 : 1;
    before[kind + 1] = before[kind] + pieces(tiles, blocks[kind]);
  }
  for_each_task(before[kKinds], k.forward_scratch(c, most), [&](int64_t task, void *scratch) {
    const auto kind = std::upper_bound(before, before + kKinds, task) - before - 1;
    const int64_t first = tiling.begin[kind] + (task - before[kind]) * blocks[kind];
    k.forward(c, g.from, u, g.bias, g.to, first, std::min(blocks[kind], tiling.begin[kind + 1] - first), scratch);
  });
}

// Tiles that go through the steps together.
int64_t tiles_together(const Kernels &k, const Convolution &c, int64_t tiles) {
  const int64_t fitting = std::max<int64_t>(kTogether / (k.operands(c, 1) + k.sums(c, 1)), kSteps);
  return pieces(tiles, pieces(tiles, fitting));
}

// Step by step, the transforms of many tiles in memory: the transformed weights are gone through once for all of them.
void in_steps(const Kernels &k, const Convolution &c, const Tiling &tiling, const void *u, const Group &g) {
  const int64_t tiles = tiling.all(), together = tiles_together(k, c, tiles), points = points_of(k), threads = at::get_num_threads();
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

// Which of the two waits less for memory.
bool better_in_steps(const Kernels &k, const Convolution &c, int64_t tiles, int64_t u_bytes) {
  const int64_t in_one = pieces(tiles, block_of_tiles(k, c, tiles)), in_steps = pieces(tiles, tiles_together(k, c, tiles));
  return u_bytes * (in_one - in_steps) > kMoved * (k.operands(c, tiles) + k.sums(c, tiles));
}

// `to` = the convolution of `from`, by the weights' own transform or by the turned one.
void convolve(const Whole &all, const Convolution &c, bool turned, const at::Tensor &from, const at::Tensor &weight,
              const at::Tensor *bias, const at::Tensor &to) {
  const Kernels &k = *all.kernels;
  const Tiling tiling(c, k.tile);
  const auto transformed = at::empty({points_of(k) * c.channels * c.outputs * k.bytes}, at::kByte);
  const auto way = better_in_steps(k, c, tiling.all(), transformed.numel()) ? in_steps : in_one;
  for (int64_t group = 0; group < all.groups; group++) {
    const int64_t outputs = all.group.outputs, piece = 16;
    for_each_task(pieces(outputs, piece), 0, [&](int64_t task, void *) {
      (turned ? k.weights_turned : k.weights)(outputs, all.group.channels,
                                              numbers(weight, group * all.weights()),
                                              transformed.mutable_data_ptr(), task * piece,
                                              std::min(piece, outputs - task * piece));
    });
    way(k, c, tiling, transformed.const_data_ptr(), convolution::group_of(c, group, from, bias, to));
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
  const auto sums = at::empty({points_of(k) * c.outputs * c.channels}, at::kFloat);
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
                            numbers_of(to, group * all.weights()), task * piece,
                            std::min(piece, c.outputs - task * piece));
    });
  }
}

struct Winograd {
  static constexpr auto kName = "winograd";
  static constexpr auto kernels_for = ::kernels_for;
  static constexpr auto convolve = ::convolve;
  static constexpr auto weight_gradient = ::weight_gradient;
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
  GUARD(*out = new at::Tensor(convolution::apply<Winograd>(*x, *weight, *bias, padding, groups)))
}
}
