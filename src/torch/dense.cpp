// Dense layers whose weights are read where they lie, forward and back: what is done on which thread. libtorch's (oneDNN's) bring
// them into another layout in every step first. The arithmetic is in kernels/dense.cpp and
// kernels/dense_tiles.cpp.
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/dense.h"
#include "shim.h"
#include "tasks.h"

#if defined(__x86_64__)
extern const dense::Kernels dense_tiles, dense_software, dense_pairs, dense_wide, dense_avx512, dense_avx2;
#endif

namespace {

using dense::Kernels;

// Smaller layers are mostly overhead.
constexpr int64_t kLeast = 256;
// Inputs, and units of a row, that are a task.
constexpr int64_t kInputs = 256, kUnits = 256;

// The kernels for a layer, or null where there are none for it on this processor.
const Kernels *kernels_for(at::ScalarType kind, int64_t inputs, int64_t outputs) {
  const Kernels *kernels = nullptr;
#if defined(__x86_64__)
  switch (processor_for(kind)) {
    case Processor::kPairs: kernels = &dense_pairs; break;
    case Processor::kWide: kernels = &dense_wide; break;
    case Processor::kAvx512: kernels = &dense_avx512; break;
    case Processor::kAvx2: kernels = &dense_avx2; break;
    case Processor::kTiles: kernels = &dense_tiles; break;
    case Processor::kTilesInSoftware: kernels = &dense_software; break;
    case Processor::kOther: return nullptr;
  }
  if (inputs % kernels->lanes || outputs % kernels->lanes || inputs < kLeast || outputs < kLeast) return nullptr;
#endif
  return kernels;
}

const Kernels &kernels_of(const at::Tensor &x, const at::Tensor &weight) {
  TORCH_CHECK(x.dim() == 2 && weight.dim() == 2 && x.size(1) == weight.size(1), "dense: rows and weights do not fit");
  const auto *kernels = kernels_for(x.scalar_type(), weight.size(1), weight.size(0));
  TORCH_CHECK(kernels, "dense: no kernel for this layer");
  return *kernels;
}

at::Tensor like(const at::Tensor &t, int64_t rows, int64_t columns) {
  return at::empty({rows, columns}, t.options().requires_grad(false));
}

// Calls `work(first, count, scratch)` for pieces of `all`.
template <typename Work>
void for_pieces(int64_t all, int64_t piece, int64_t scratch_bytes, const Work &work) {
  for_each_task(pieces(all, piece), scratch_bytes, [&](int64_t task, void *scratch) {
    work(task * piece, std::min(piece, all - task * piece), scratch);
  });
}

at::Tensor layer(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias) {
  const Kernels &k = kernels_of(x, weight);
  const int64_t rows = x.size(0), inputs = x.size(1), outputs = weight.size(0), depth = inputs / k.unit;
  const auto packed = at::empty({k.packed(rows, depth)}, at::kByte);
  for_pieces(depth, kUnits, 0, [&](int64_t first, int64_t count, void *) {
    k.pack_rows(x.const_data_ptr(), rows, inputs, packed.mutable_data_ptr(), first, count);
  });
  auto y = like(x, rows, outputs);
  for_pieces(outputs, k.piece, k.forward_scratch(rows), [&](int64_t first, int64_t count, void *scratch) {
    k.forward(packed.const_data_ptr(), weight.const_data_ptr(), bias.const_data_ptr(), y.mutable_data_ptr(), rows, inputs, outputs,
              first, count, scratch);
  });
  return y;
}

at::Tensor inputs_gradient(const Kernels &k, const at::Tensor &gradient, const at::Tensor &weight) {
  const int64_t rows = gradient.size(0), outputs = weight.size(0), inputs = weight.size(1);
  auto out = like(gradient, rows, inputs);
  for_pieces(inputs, kInputs, k.inputs_scratch(rows), [&](int64_t first, int64_t count, void *scratch) {
    k.inputs_gradient(gradient.const_data_ptr(), weight.const_data_ptr(), out.mutable_data_ptr(), rows, inputs, outputs, first, count,
                      scratch);
  });
  return out;
}

at::Tensor weights_gradient(const Kernels &k, const at::Tensor &gradient, const at::Tensor &x) {
  const int64_t rows = x.size(0), inputs = x.size(1), outputs = gradient.size(1), depth = pieces(rows, k.unit);
  const auto pack = [&](const auto &how, const at::Tensor &t, int64_t columns) {
    auto packed = at::empty({k.packed(columns, depth)}, at::kByte);
    for_pieces(columns, 4 * k.panel, 0, [&](int64_t first, int64_t count, void *) {
      how(t.const_data_ptr(), rows, columns, packed.mutable_data_ptr(), first, count);
    });
    return packed;
  };
  const auto by_outputs = pack(k.pack_outputs, gradient, outputs), by_inputs = pack(k.pack_inputs, x, inputs);
  auto out = like(x, outputs, inputs);
  for_pieces(outputs, k.piece, 0, [&](int64_t first, int64_t count, void *) {
    k.weights_gradient(by_outputs.const_data_ptr(), by_inputs.const_data_ptr(), out.mutable_data_ptr(), rows, inputs, outputs, first,
                       count);
  });
  return out;
}

struct Dense : torch::autograd::Function<Dense> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                            const at::Tensor &bias) {
    context->save_for_backward({x, weight});
    return layer(x, weight, bias);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1];
    const auto gradient = gradients[0].contiguous();
    const Kernels &k = kernels_of(x, weight);
    at::Tensor for_x, for_weight, for_bias;
    if (context->needs_input_grad(0)) for_x = inputs_gradient(k, gradient, weight);
    if (context->needs_input_grad(1)) for_weight = weights_gradient(k, gradient, x);
    if (context->needs_input_grad(2)) for_bias = gradient.sum(0);
    return {for_x, for_weight, for_bias};
  }
};

}  // namespace

extern "C" {

// Whether there is a kernel for a layer on this processor. `bytes` a number: 4 are fp32, 2 bf16.
bool shim_dense_fits(int64_t bytes, int64_t inputs, int64_t outputs) {
  return kernels_for(bytes == 4 ? at::kFloat : at::kBFloat16, inputs, outputs) != nullptr;
}

char *shim_dense(const at::Tensor *x, const at::Tensor *weight, const at::Tensor *bias, at::Tensor **out) {
  GUARD(const auto kind = x->scalar_type();
        TORCH_CHECK(x->is_cpu() && weight->is_cpu() && bias->is_cpu() && weight->scalar_type() == kind &&
                        bias->scalar_type() == kind && bias->dim() == 1 && weight->dim() == 2 &&
                        bias->size(0) == weight->size(0) && bias->is_contiguous() && weight->is_contiguous(),
                    "dense: wants rows, weights and biases of one kind on the CPU");
        const auto rows = x->contiguous();
        const bool learns = x->requires_grad() || weight->requires_grad() || bias->requires_grad();
        *out = new at::Tensor(at::GradMode::is_enabled() && learns ? Dense::apply(rows, *weight, *bias)
                                                                   : layer(rows, *weight, *bias)))
}
}
