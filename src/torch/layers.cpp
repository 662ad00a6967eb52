// Layers that go faster than libtorch's own on the CPU: ReLU after max-pooling in one pass, and the blocks of pixels that turn
// a convolution with a stride over few channels into one without over more. Every function catches what C++ throws and returns its text.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include "shim.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <vector>

namespace {

// What a max-pool over channels-innermost maps works on.
struct Pool {
  int64_t pictures, channels, height, width, out_height, out_width, kernel, stride;
};

constexpr uint8_t kNone = 255;

// Calls `work` for blocks of channels, as its template argument says how many. A loop of a fixed length over local arrays is
// done in registers; over arrays as long as the channels are, compilers left it scalar: 18 times as slow.
template <typename Work>
ALWAYS_INLINE void for_each_block(int64_t channels, const Work &work) {
  int64_t c = 0;
  for (; c + 32 <= channels; c += 32) work(std::integral_constant<int64_t, 32>(), c);
  for (; c + 8 <= channels; c += 8) work(std::integral_constant<int64_t, 8>(), c);
  for (; c < channels; c++) work(std::integral_constant<int64_t, 1>(), c);
}

// Some channels of one output. The bits of numbers are compared as whole numbers of their size: from 0 up these are in the same order,
// and what is below 0 stays below it. So bf16 is not widened, and registers hold twice as many.
template <int64_t block, typename Bits>
ALWAYS_INLINE void pool_block(const Bits *__restrict x, Bits *__restrict y, uint8_t *__restrict index, int64_t kernel,
                              int64_t channels, int64_t line) {
  constexpr auto infinity = Bits(sizeof(Bits) == 2 ? 0x7f80 : 0x7f800000), all_but_sign = std::numeric_limits<Bits>::max();
  Bits best[block] = {}, place[block], tap = 0;
  for (int64_t c = 0; c < block; c++) place[c] = kNone;
  for (int64_t row = 0; row < kernel; row++) {
    for (int64_t column = 0; column < kernel; column++, tap++) {
      const Bits *from = x + row * line + column * channels;
#pragma omp simd
      for (int64_t c = 0; c < block; c++) {
        const Bits size = from[c] & all_but_sign;
        const bool no_number = size > infinity;
        const Bits value = no_number ? size : from[c];
        const bool more = (value > best[c]) | no_number;
        best[c] = more ? value : best[c];
        place[c] = more ? tap : place[c];
      }
    }
  }
  for (int64_t c = 0; c < block; c++) y[c] = best[c];
  if (index) {
    for (int64_t c = 0; c < block; c++) index[c] = uint8_t(place[c]);
  }
}

// One line of outputs of one picture: max(0, greatest of the window) and which of the window it was, the first of equals,
// as PyTorch chooses. Not a number stays not a number.
template <typename Bits>
ALWAYS_INLINE void pool_line(const Bits *__restrict x, Bits *__restrict y, uint8_t *__restrict index, const Pool &p) {
  const int64_t kernel = p.kernel, channels = p.channels, line = p.width * channels, out_width = p.out_width;
  for (int64_t column = 0; column < out_width; column++) {
    const int64_t in = column * p.stride * channels, out = column * channels;
    // What the next line of outputs adds to its windows here: prefetchers of the hardware follow no windows (docs/PERFORMANCE.md).
    for (int64_t row = kernel; row < kernel + p.stride; row++) {
      const auto *ahead = reinterpret_cast<const char *>(x + row * line + in);
      for (int64_t byte = 0; byte < p.stride * channels * int64_t(sizeof(Bits)); byte += 64) __builtin_prefetch(ahead + byte, 0, 2);
    }
    for_each_block(channels, [&](auto block, int64_t c) __attribute__((always_inline)) {
      pool_block<block>(x + in + c, y + out + c, index ? index + out + c : nullptr, kernel, channels, line);
    });
  }
}

// One line of inputs of one picture: each gets the gradients of the windows that chose it, summed in the order of the
// windows.
template <typename T>
ALWAYS_INLINE void pool_line_back(const T *__restrict gradient, const uint8_t *__restrict index, T *__restrict out,
                                  int64_t row, const Pool &p, float *__restrict sum) {
  const auto first = [&](int64_t at) { return at < p.kernel ? 0 : (at - p.kernel) / p.stride + 1; };
  const int64_t top = first(row), bottom = std::min(p.out_height - 1, row / p.stride);
  for (int64_t column = 0; column < p.width; column++) {
    const int64_t left = first(column), right = std::min(p.out_width - 1, column / p.stride);
    for (int64_t c = 0; c < p.channels; c++) sum[c] = 0;
    for (int64_t oh = top; oh <= bottom; oh++) {
      for (int64_t ow = left; ow <= right; ow++) {
        const auto tap = uint8_t((row - oh * p.stride) * p.kernel + column - ow * p.stride);
        const int64_t at = (oh * p.out_width + ow) * p.channels;
        const T *g = gradient + at;
        const uint8_t *chosen = index + at;
        for (int64_t c = 0; c < p.channels; c++) {
          const float value = widen(g[c]);
          sum[c] += chosen[c] == tap ? value : 0.0f;
        }
      }
    }
    for (int64_t c = 0; c < p.channels; c++) out[c] = narrow_to<T>(sum[c]);
    out += p.channels;
  }
}

#define POOL(T) (const T *x, T *y, uint8_t *index, const Pool &p)
#define POOL_BACK(T) (const T *gradient, const uint8_t *index, T *out, int64_t row, const Pool &p, float *sum)
FOR_EACH_PROCESSOR(void, pool_f32, pool_line, int32_t, POOL(int32_t), (x, y, index, p))
FOR_EACH_PROCESSOR(void, pool_bf16, pool_line, int16_t, POOL(int16_t), (x, y, index, p))
FOR_EACH_PROCESSOR(void, pool_back_f32, pool_line_back, float, POOL_BACK(float), (gradient, index, out, row, p, sum))
FOR_EACH_PROCESSOR(void, pool_back_bf16, pool_line_back, bf16, POOL_BACK(bf16), (gradient, index, out, row, p, sum))

template <typename T, typename Kernel>
void pool_all(Kernel kernel, const at::Tensor &x, const at::Tensor &y, const at::Tensor *index, const Pool &p) {
  const auto *from = static_cast<const T *>(x.data_ptr());
  auto *to = static_cast<T *>(y.data_ptr());
  auto *places = index ? static_cast<uint8_t *>(index->data_ptr()) : nullptr;
  const int64_t line = p.out_width * p.channels;
  at::parallel_for(0, p.pictures * p.out_height, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t picture = i / p.out_height, row = i % p.out_height;
      kernel(from + (picture * p.height + row * p.stride) * p.width * p.channels, to + i * line,
             places ? places + i * line : nullptr, p);
    }
  });
}

template <typename T, typename Kernel>
void pool_all_back(Kernel kernel, const at::Tensor &gradient, const at::Tensor &index, const at::Tensor &out, const Pool &p) {
  const auto *from = static_cast<const T *>(gradient.data_ptr());
  const auto *places = static_cast<const uint8_t *>(index.data_ptr());
  auto *to = static_cast<T *>(out.data_ptr());
  const int64_t maps = p.out_height * p.out_width * p.channels;
  at::parallel_for(0, p.pictures * p.height, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> sum(p.channels);
    for (int64_t i = begin; i < end; i++) {
      const int64_t picture = i / p.height;
      kernel(from + picture * maps, places + picture * maps, to + i * p.width * p.channels, i % p.height, p, sum.data());
    }
  });
}

at::Tensor innermost_channels(at::IntArrayRef sizes, const at::Tensor &like) {
  return at::empty(sizes, like.options(), at::MemoryFormat::ChannelsLast);
}

Pool pool_of(const at::Tensor &x, int64_t kernel, int64_t stride) {
  TORCH_CHECK(x.dim() == 4 && x.is_cpu() && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
                  (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16),
              "pool_relu: wants four dimensions, channels innermost, of fp32 or bf16, on the CPU");
  TORCH_CHECK(kernel > 0 && stride > 0 && kernel * kernel < kNone && x.size(2) >= kernel && x.size(3) >= kernel,
              "pool_relu: a window of ", kernel, " does not fit");
  const auto places = [&](int64_t size) { return (size - kernel) / stride + 1; };
  return Pool{x.size(0), x.size(1), x.size(2), x.size(3), places(x.size(2)), places(x.size(3)), kernel, stride};
}

at::Tensor pool_relu(const at::Tensor &x, const Pool &p, const at::Tensor *index) {
  auto y = innermost_channels({p.pictures, p.channels, p.out_height, p.out_width}, x);
  if (x.scalar_type() == at::kFloat) {
    pool_all<int32_t>(pool_f32(), x, y, index, p);
  } else {
    pool_all<int16_t>(pool_bf16(), x, y, index, p);
  }
  return y;
}

struct PoolRelu : torch::autograd::Function<PoolRelu> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, int64_t kernel, int64_t stride) {
    const Pool p = pool_of(x, kernel, stride);
    auto index = at::empty({p.pictures, p.out_height, p.out_width, p.channels}, x.options().dtype(at::kByte));
    context->save_for_backward({index});
    context->saved_data["sizes"] = x.sizes().vec();
    context->saved_data["window"] = std::vector<int64_t>{kernel, stride};
    return pool_relu(x, p, &index);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    const auto index = context->get_saved_variables()[0];
    const auto gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const auto window = context->saved_data["window"].toIntVector();
    auto out = innermost_channels(context->saved_data["sizes"].toIntVector(), gradient);
    const Pool p = pool_of(out, window[0], window[1]);
    if (out.scalar_type() == at::kFloat) {
      pool_all_back<float>(pool_back_f32(), gradient, index, out, p);
    } else {
      pool_all_back<bf16>(pool_back_bf16(), gradient, index, out, p);
    }
    return {out, at::Tensor(), at::Tensor()};
  }
};

// `block` × `block` pixels of every channel become channels of one pixel: what lies outside is 0. Numbers of the size of T.
template <typename T>
void space_to_depth(const at::Tensor &x, const at::Tensor &out, int64_t block, int64_t padding) {
  const int64_t channels = x.size(1), height = x.size(2), width = x.size(3), down = out.size(2), across = out.size(3);
  const auto *from = static_cast<const T *>(x.const_data_ptr());
  auto *to = static_cast<T *>(out.mutable_data_ptr());
  at::parallel_for(0, x.size(0) * down, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      for (int64_t part = 0; part < channels * block; part++) {
        const int64_t row = i % down * block + part % block - padding;
        const bool inside = row >= 0 && row < height;
        const T *line = from + ((i / down * channels + part / block) * height + (inside ? row : 0)) * width;
        T *here = to + i * across * channels * block * block + part * block;
        for (int64_t column = 0; column < across; column++, here += channels * block * block) {
          const int64_t left = column * block - padding;
          const int64_t low = std::clamp<int64_t>(-left, 0, block), high = std::clamp<int64_t>(inside ? width - left : 0, low, block);
          std::fill(here, here + low, T(0));
          std::copy_n(line + left + low, high - low, here + low);
          std::fill(here + high, here + block, T(0));
        }
      }
    }
  });
}

}  // namespace

extern "C" {

// max(0, max-pool of x), with a way back where one is wanted.
char *shim_pool_relu(const at::Tensor *x, int64_t kernel, int64_t stride, at::Tensor **out) {
  GUARD(if (at::GradMode::is_enabled() && x->requires_grad()) {
    *out = new at::Tensor(PoolRelu::apply(*x, kernel, stride));
  } else { *out = new at::Tensor(pool_relu(*x, pool_of(*x, kernel, stride), nullptr)); })
}

// pictures × (channels · block · block) × down × across, channels innermost, from pictures × channels × height × width. No way back.
char *shim_space_to_depth(const at::Tensor *x, int64_t block, int64_t padding, int64_t down, int64_t across, at::Tensor **out) {
  GUARD(at::NoGradGuard no_grad;
        TORCH_CHECK(x->dim() == 4 && x->is_cpu() && x->is_contiguous() && (x->element_size() == 2 || x->element_size() == 4) &&
                        block > 0 && padding >= 0 && down > 0 && across > 0,
                    "space_to_depth: wants contiguous pictures on the CPU");
        auto maps = innermost_channels({x->size(0), x->size(1) * block * block, down, across}, *x);
        (x->element_size() == 4 ? space_to_depth<uint32_t> : space_to_depth<uint16_t>)(*x, maps, block, padding);
        *out = new at::Tensor(maps))
}
}
