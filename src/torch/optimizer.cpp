// One optimizer step of one parameter in one pass: reads the gradient, the fp32 master and its moments; writes master,
// moments and, beside bf16 gradients, the bf16 working copy.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/full.h>

#include "shim.h"

#include <algorithm>
#include <cmath>
#include <vector>

extern "C" {

// The same order as in optimizer.rs.
enum Rule : int32_t { kAdam, kAdamW, kSgd };

struct UpdateSettings {
  int32_t rule;
  double learning_rate, beta1, beta2, epsilon, weight_decay, momentum;
};
}

namespace {

struct Scalars {
  float step_size, inverse_sqrt_correction2, beta1, beta2, epsilon, weight_decay, keep, momentum, scale;
};

// A part of a parameter.
template <typename G>
struct Part {
  float *__restrict master, *__restrict first, *__restrict second;
  bf16 *__restrict working;
  const G *__restrict gradient;
  int64_t size;
};

constexpr int64_t kBlock = 1024;

// The sum of the squared gradients; in fp32 over a block, in fp64 over the blocks.
template <typename G>
ALWAYS_INLINE double squares_of(const G *__restrict gradient, int64_t size) {
  double squares = 0;
  for (int64_t from = 0; from < size; from += kBlock) {
    const int64_t to = std::min(size, from + kBlock);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = from; i < to; i++) sum += widen(gradient[i]) * widen(gradient[i]);
    squares += sum;
  }
  return squares;
}

// Every product that is added to something is a fused one, so that all processors give the same bits.
template <typename G, Rule rule>
ALWAYS_INLINE double update(const Part<G> &p, const Scalars &s) {
  double squares = 0;
  for (int64_t from = 0; from < p.size; from += kBlock) {
    const int64_t to = std::min(p.size, from + kBlock);
    squares += squares_of(p.gradient + from, to - from);
#pragma omp simd
    for (int64_t i = from; i < to; i++) {
      float weight = p.master[i];
      float g = widen(p.gradient[i]) * s.scale;
      if (rule == kAdamW) {
        weight *= s.keep;
      } else {
        g = std::fma(s.weight_decay, weight, g);
      }
      if (rule == kSgd) {
        const float moment = std::fma(s.momentum, p.first[i], g);
        p.first[i] = moment;
        weight = std::fma(-s.step_size, moment, weight);
      } else {
        const float first = std::fma(s.beta1, p.first[i], (1 - s.beta1) * g);
        const float second = std::fma(s.beta2, p.second[i], (1 - s.beta2) * (g * g));
        p.first[i] = first;
        p.second[i] = second;
        weight -= s.step_size * first / std::fma(std::sqrt(second), s.inverse_sqrt_correction2, s.epsilon);
      }
      p.master[i] = weight;
      if (sizeof(G) == 2) p.working[i] = narrow(weight);
    }
  }
  return squares;
}

template <typename G>
ALWAYS_INLINE double update_by(Rule rule, const Part<G> &p, const Scalars &s) {
  switch (rule) {
    case kAdam: return update<G, kAdam>(p, s);
    case kAdamW: return update<G, kAdamW>(p, s);
    default: return update<G, kSgd>(p, s);
  }
}

#define UPDATE(T) (Rule rule, const Part<T> &p, const Scalars &s)
FOR_EACH_PROCESSOR(double, update_f32, update_by, float, UPDATE(float), (rule, p, s))
FOR_EACH_PROCESSOR(double, update_bf16, update_by, bf16, UPDATE(bf16), (rule, p, s))
FOR_EACH_PROCESSOR(double, squares_f32, squares_of, float, (const float *g, int64_t n), (g, n))
FOR_EACH_PROCESSOR(double, squares_bf16, squares_of, bf16, (const bf16 *g, int64_t n), (g, n))

// Calls `work(from, size)` for fixed pieces of n numbers on all threads, and adds what comes back in order: the same bits
// for any number of threads.
template <typename Work>
double sum_of_pieces(int64_t n, const Work &work) {
  constexpr int64_t piece = 1 << 16;
  std::vector<double> sums((n + piece - 1) / piece);
  at::parallel_for(0, int64_t(sums.size()), 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) sums[i] = work(i * piece, std::min(piece, n - i * piece));
  });
  double all = 0;
  for (double sum : sums) all += sum;
  return all;
}

template <typename T>
T *data(const at::Tensor *tensor) {
  return tensor ? static_cast<T *>(tensor->data_ptr()) : nullptr;
}

template <typename G, typename Kernel>
double update_all(Kernel kernel, const at::Tensor *const *t, Rule rule, const Scalars &s) {
  return sum_of_pieces(t[0]->numel(), [&](int64_t from, int64_t size) {
    const auto at = [&](auto *numbers) { return numbers ? numbers + from : nullptr; };
    return kernel(rule, Part<G>{at(data<float>(t[0])), at(data<float>(t[3])), at(data<float>(t[4])), at(data<bf16>(t[1])),
                                at(data<G>(t[2])), size}, s);
  });
}

template <typename G, typename Kernel>
double squares_all(Kernel kernel, const at::Tensor &gradient) {
  return sum_of_pieces(gradient.numel(), [&](int64_t from, int64_t size) { return kernel(data<G>(&gradient) + from, size); });
}

void check_kind(const at::Tensor *tensor, const at::Tensor *master, at::ScalarType kind) {
  TORCH_CHECK(same_layout(*master, *tensor), "update: tensors of different shape or layout");
  TORCH_CHECK(tensor->scalar_type() == kind && tensor->is_cpu(),
              "update: wants fp32 masters and moments, and either fp32 gradients or bf16 gradients and weights, on the CPU");
}

std::vector<at::Tensor> gather(const at::Tensor *const *tensors, size_t n) {
  std::vector<at::Tensor> out;
  out.reserve(n);
  for (size_t i = 0; i < n; i++) out.push_back(*tensors[i]);
  return out;
}

}  // namespace

extern "C" {

// t: master, working (null beside fp32 gradients), gradient, first moment, second moment (null for SGD). The gradient
// counts `scale` times. `vector` false takes the plain loop. The sum of the squared gradients, unscaled, goes to *squares.
char *shim_update(const at::Tensor *const *t, int64_t step, const UpdateSettings *settings, double scale, bool vector,
                  double *squares) {
  GUARD(const bool mixed = t[2]->scalar_type() == at::kBFloat16; const Rule rule = Rule(settings->rule);
        check_kind(t[0], t[0], at::kFloat); check_kind(t[2], t[0], mixed ? at::kBFloat16 : at::kFloat);
        check_kind(t[3], t[0], at::kFloat); if (rule != kSgd) check_kind(t[4], t[0], at::kFloat);
        if (mixed) check_kind(t[1], t[0], at::kBFloat16);
        const double correction1 = rule == kSgd ? 1 : 1 - std::pow(settings->beta1, step);
        const double correction2 = 1 - std::pow(settings->beta2, step);
        const Scalars s{float(settings->learning_rate / correction1), float(1 / std::sqrt(correction2)),
                        float(settings->beta1), float(settings->beta2), float(settings->epsilon),
                        float(settings->weight_decay), float(1 - settings->learning_rate * settings->weight_decay),
                        float(settings->momentum), float(scale)};
        *squares = mixed ? update_all<bf16>(vector ? update_bf16() : update_bf16_plain, t, rule, s)
                         : update_all<float>(vector ? update_f32() : update_f32_plain, t, rule, s))
}

// The sum of the squares of a dense tensor of fp32 or bf16 on the CPU.
char *shim_squares(const at::Tensor *tensor, double *squares) {
  GUARD(const bool mixed = tensor->scalar_type() == at::kBFloat16;
        TORCH_CHECK((mixed || tensor->scalar_type() == at::kFloat) && tensor->is_cpu() && tensor->is_non_overlapping_and_dense(),
                    "squares: wants a dense tensor of fp32 or bf16 on the CPU");
        *squares = mixed ? squares_all<bf16>(squares_bf16(), *tensor) : squares_all<float>(squares_f32(), *tensor))
}

// The same rules by libtorch's fused ops, in fp32, on any device: for GPUs, and to hold the above to.
char *shim_fused_update(const at::Tensor *const *parameters, const at::Tensor *const *gradients,
                        const at::Tensor *const *firsts, const at::Tensor *const *seconds, size_t n, int64_t step,
                        const UpdateSettings *settings) {
  GUARD(at::NoGradGuard no_grad; auto p = gather(parameters, n); auto g = gather(gradients, n); auto m = gather(firsts, n);
        const auto &s = *settings; if (s.rule == kSgd) {
          at::_fused_sgd_(p, g, m, s.weight_decay, s.momentum, s.learning_rate, /*dampening=*/0, /*nesterov=*/false,
                          /*maximize=*/false, /*is_first_step=*/step == 1);
          return nullptr;
        }
        auto v = gather(seconds, n); std::vector<at::Tensor> steps;
        // The op reads the step (already advanced) from one tensor a parameter, and does not advance it.
        for (size_t i = 0; i < n; i++) steps.push_back(at::full({}, double(step), p[i].options().dtype(at::kFloat)));
        if (s.rule == kAdamW) {
          at::_fused_adamw_(p, g, m, v, {}, steps, s.learning_rate, s.beta1, s.beta2, s.weight_decay, s.epsilon,
                            /*amsgrad=*/false, /*maximize=*/false);
        } else {
          at::_fused_adam_(p, g, m, v, {}, steps, s.learning_rate, s.beta1, s.beta2, s.weight_decay, s.epsilon,
                           /*amsgrad=*/false, /*maximize=*/false);
        })
}
}
