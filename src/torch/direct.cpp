// Convolutions of stride 1 by tiles (AMX), forward and back: what is done on which thread. The arithmetic is in kernels/direct_tiles.cpp.
#include "convolution.h"
#include "kernels/direct.h"
#include "shim.h"

#include <algorithm>

#if defined(__x86_64__)
extern const direct::Kernels direct_tiles, direct_software;
#endif

namespace {

using convolution::Convolution;
using convolution::Group;
using direct::Kernels;
using Whole = convolution::Whole<Kernels>;

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
  const Kernels *all = nullptr;
  switch (processor_for(kind)) {
    case Processor::kTiles: all = &direct_tiles; break;
    case Processor::kTilesInSoftware: all = &direct_software; break;
    default: break;
  }
  const bool there = all && taps > 0 && channels > 0 && outputs > 0;
  if (there && channels % all->step == 0 && outputs % all->step == 0) return all;
#endif
  return nullptr;
}

at::Tensor bytes(int64_t size) { return at::empty({size}, at::kByte); }

at::Tensor pack_weights(const Kernels &k, const Convolution &c, bool turned, const uint8_t *weight) {
  auto packed = bytes(k.packed(c));
  for_each_task(c.outputs / k.step, 0, [&](int64_t block, void *) {
    (turned ? k.pack_turned : k.pack)(c, weight, packed.mutable_data_ptr(), block, 1);
  });
  return packed;
}

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
    (c.pictures < kMany ? convolve_few : convolve_many)(k, c, weights.const_data_ptr(), convolution::group_of(c, group, from, bias, to));
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

struct Direct {
  static constexpr auto kName = "direct";
  static constexpr auto kernels_for = ::kernels_for;
  static constexpr auto convolve = ::convolve;
  static constexpr auto weight_gradient = ::weight_gradient;
};

}  // namespace

extern "C" {

// Whether there is a kernel for a convolution of stride 1 over channels-innermost maps of bf16 on this processor.
bool shim_direct_fits(int64_t kernel, int64_t channels, int64_t outputs) {
  return kernels_for(at::kBFloat16, kernel, channels, outputs) != nullptr;
}

char *shim_direct(const at::Tensor *x, const at::Tensor *weight, const at::Tensor *bias, int64_t padding, int64_t groups,
                  at::Tensor **out) {
  GUARD(*out = new at::Tensor(convolution::apply<Direct>(*x, *weight, *bias, padding, groups)))
}
}
