// What convolutions do to channels-innermost maps beside multiplying.
#include "maps.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "shim.h"
#include "tasks.h"

namespace {

// Sums over some pixels, for every channel.
template <typename T>
ALWAYS_INLINE void sum_pixels(const T *__restrict from, int64_t count, int64_t channels, float *__restrict sums) {
  for (int64_t i = 0; i < count; i++) {
    for (int64_t c = 0; c < channels; c++) sums[c] += widen(from[i * channels + c]);
  }
}

#define SUM(T) (const T *from, int64_t count, int64_t channels, float *sums)
FOR_EACH_PROCESSOR(void, sum_f32, sum_pixels, float, SUM(float), (from, count, channels, sums))
FOR_EACH_PROCESSOR(void, sum_bf16, sum_pixels, bf16, SUM(bf16), (from, count, channels, sums))

}  // namespace

at::Tensor maps_like(const at::Tensor &like, int64_t pictures, int64_t channels, int64_t height, int64_t width) {
  return at::empty({pictures, channels, height, width}, like.options().requires_grad(false), at::MemoryFormat::ChannelsLast);
}

// Over each picture, then over the pictures, in order.
at::Tensor sum_over_pixels(const at::Tensor &maps) {
  const int64_t pictures = maps.size(0), channels = maps.size(1), count = maps.size(2) * maps.size(3);
  const auto sums = at::zeros({pictures, channels}, at::kFloat);
  auto *to = sums.mutable_data_ptr<float>();
  for_each_task(pictures, 0, [&](int64_t picture, void *) {
    const auto *from = numbers(maps, picture * count * channels);
    auto *here = to + picture * channels;
    if (maps.scalar_type() == at::kFloat) {
      sum_f32()(reinterpret_cast<const float *>(from), count, channels, here);
    } else {
      sum_bf16()(reinterpret_cast<const bf16 *>(from), count, channels, here);
    }
  });
  return sums.sum(0).to(maps.scalar_type());
}
