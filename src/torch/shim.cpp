// What tch 0.26 does not expose of libtorch. A `tensor` of torch-sys is an `at::Tensor*`. Every function catches what
// C++ throws and returns its text (freed by shim_free), or null.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/core/grad_mode.h>
#include <dlfcn.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "shim.h"

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace {

std::vector<at::Tensor> gather(at::Tensor *const *tensors, size_t n) {
  std::vector<at::Tensor> out;
  out.reserve(n);
  for (size_t i = 0; i < n; i++) out.push_back(*tensors[i]);
  return out;
}

struct AdamScalars {
  float step_size, inverse_sqrt_correction2, beta1, beta2, epsilon, weight_decay;
};

// One parameter after the other: what the vector version is held to. Returns the sum of the squared gradients.
double adam_plain(float *master, bf16 *working, const bf16 *gradient, float *m, float *v, int64_t from, int64_t to,
                  const AdamScalars &s) {
  double squares = 0;
  for (int64_t i = from; i < to; i++) {
    float g = widen(gradient[i]);
    squares += double(g) * g;
    g = std::fma(s.weight_decay, master[i], g);
    m[i] = std::fma(s.beta1, m[i], (1 - s.beta1) * g);
    v[i] = std::fma(s.beta2, v[i], (1 - s.beta2) * (g * g));
    float denominator = std::fma(std::sqrt(v[i]), s.inverse_sqrt_correction2, s.epsilon);
    master[i] -= s.step_size * m[i] / denominator;
    working[i] = narrow(master[i]);
  }
  return squares;
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))
double adam_avx512(float *master, bf16 *working, const bf16 *gradient, float *m, float *v, int64_t from, int64_t to,
                   const AdamScalars &s) {
  const __m512 beta1 = _mm512_set1_ps(s.beta1), rest1 = _mm512_set1_ps(1 - s.beta1);
  const __m512 beta2 = _mm512_set1_ps(s.beta2), rest2 = _mm512_set1_ps(1 - s.beta2);
  const __m512 step = _mm512_set1_ps(s.step_size), correction = _mm512_set1_ps(s.inverse_sqrt_correction2);
  const __m512 epsilon = _mm512_set1_ps(s.epsilon), decay = _mm512_set1_ps(s.weight_decay);
  double squares = 0;
  int64_t i = from;
  while (i + 16 <= to) {
    // Squares are summed in f32 over 4096 numbers at the most, then in f64.
    __m512 sum = _mm512_setzero_ps();
    const int64_t end = std::min(to - (to - i) % 16, i + 4096);
    for (; i < end; i += 16) {
      __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(gradient + i)));
      __m512 g = _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
      sum = _mm512_fmadd_ps(g, g, sum);
      __m512 p = _mm512_loadu_ps(master + i);
      g = _mm512_fmadd_ps(decay, p, g);
      __m512 mm = _mm512_fmadd_ps(beta1, _mm512_loadu_ps(m + i), _mm512_mul_ps(rest1, g));
      __m512 vv = _mm512_fmadd_ps(beta2, _mm512_loadu_ps(v + i), _mm512_mul_ps(rest2, _mm512_mul_ps(g, g)));
      __m512 denominator = _mm512_fmadd_ps(_mm512_sqrt_ps(vv), correction, epsilon);
      p = _mm512_sub_ps(p, _mm512_div_ps(_mm512_mul_ps(step, mm), denominator));
      _mm512_storeu_ps(m + i, mm);
      _mm512_storeu_ps(v + i, vv);
      _mm512_storeu_ps(master + i, p);
      _mm256_storeu_si256(reinterpret_cast<__m256i *>(working + i), (__m256i)_mm512_cvtneps_pbh(p));
    }
    squares += _mm512_reduce_add_ps(sum);
  }
  return squares + adam_plain(master, working, gradient, m, v, i, to, s);
}

bool has_avx512_bf16() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16");
}
#endif

using Clock = std::chrono::steady_clock;

// When the gradients of watched tensors came, in seconds since the beginning. Shared with the hooks, which the graph owns.
struct BackwardClock {
  Clock::time_point begin = Clock::now();
  std::shared_ptr<std::vector<double>> times;
  static double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }
};

bool same_layout(const at::Tensor &a, const at::Tensor &b) {
  return a.sizes() == b.sizes() && a.strides() == b.strides() && a.is_non_overlapping_and_dense();
}

}  // namespace

extern "C" {

void shim_free(char *text) { free(text); }

// One Adam step over all parameters, in place: libtorch's fused op. `step` counts from 1.
char *shim_fused_adam(at::Tensor *const *parameters, at::Tensor *const *gradients, at::Tensor *const *exp_avgs,
                      at::Tensor *const *exp_avg_sqs, size_t n, int64_t step, double learning_rate, double beta1,
                      double beta2, double weight_decay, double epsilon) {
  GUARD(at::NoGradGuard no_grad; auto p = gather(parameters, n); auto g = gather(gradients, n);
        auto m = gather(exp_avgs, n); auto v = gather(exp_avg_sqs, n); std::vector<at::Tensor> steps;
        // The op reads the step (already advanced) from one tensor a parameter, and does not advance it.
        for (size_t i = 0; i < n; i++) steps.push_back(at::full({}, double(step), p[i].options().dtype(at::kFloat)));
        at::_fused_adam_(p, g, m, v, {}, steps, learning_rate, beta1, beta2, weight_decay, epsilon,
                         /*amsgrad=*/false, /*maximize=*/false))
}

// One Adam step of one parameter with a bf16 gradient: reads it, the fp32 master and the moments; writes master, moments
// and the bf16 working copy. All of one layout, on the CPU. `vector` false takes the plain loop. Adds the sum of the
// squared gradients to *squares.
char *shim_mixed_adam(const at::Tensor *master, const at::Tensor *working, const at::Tensor *gradient,
                      const at::Tensor *exp_avg, const at::Tensor *exp_avg_sq, int64_t step, double learning_rate,
                      double beta1, double beta2, double weight_decay, double epsilon, bool vector, double *squares) {
  GUARD(
      for (auto t : {working, gradient, exp_avg, exp_avg_sq})
          TORCH_CHECK(same_layout(*master, *t), "mixed_adam: tensors of different shape or layout");
      TORCH_CHECK(master->scalar_type() == at::kFloat && exp_avg->scalar_type() == at::kFloat &&
                      exp_avg_sq->scalar_type() == at::kFloat && working->scalar_type() == at::kBFloat16 &&
                      gradient->scalar_type() == at::kBFloat16 && master->is_cpu() && working->is_cpu() && gradient->is_cpu(),
                  "mixed_adam: wants fp32 masters and moments, bf16 weights and gradients, on the CPU");
      const double correction1 = 1 - std::pow(beta1, step); const double correction2 = 1 - std::pow(beta2, step);
      const AdamScalars s{float(learning_rate / correction1), float(1 / std::sqrt(correction2)), float(beta1),
                          float(beta2), float(epsilon), float(weight_decay)};
      auto kernel = adam_plain;
#if defined(__x86_64__)
      static const bool fast = has_avx512_bf16(); if (vector && fast) kernel = adam_avx512;
#endif
      auto *p = static_cast<float *>(master->data_ptr()); auto *w = static_cast<bf16 *>(working->data_ptr());
      auto *g = static_cast<const bf16 *>(gradient->data_ptr()); auto *m = static_cast<float *>(exp_avg->data_ptr());
      auto *v = static_cast<float *>(exp_avg_sq->data_ptr());
      // Fixed pieces, summed in order: the same bits for any number of threads.
      const int64_t n = master->numel(); constexpr int64_t piece = 1 << 16;
      const int64_t pieces = (n + piece - 1) / piece; std::vector<double> sums(pieces);
      at::parallel_for(0, pieces, 1, [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; i++) sums[i] = kernel(p, w, g, m, v, i * piece, std::min(n, (i + 1) * piece), s);
      });
      for (double sum : sums) *squares += sum)
}

// The same numbers in the layout of `like`: `tensor` itself where they are so already.
char *shim_with_layout_of(const at::Tensor *tensor, const at::Tensor *like, at::Tensor **out) {
  GUARD(if (same_layout(*tensor, *like)) { *out = new at::Tensor(*tensor); } else {
    at::NoGradGuard no_grad;
    *out = new at::Tensor(at::empty_like(*like, tensor->options()).copy_(*tensor));
  })
}

char *shim_channels_last(const at::Tensor *tensor, at::Tensor **out) {
  GUARD(*out = new at::Tensor(tensor->contiguous(at::MemoryFormat::ChannelsLast)))
}

BackwardClock *shim_backward_clock_new(size_t slots) {
  auto *clock = new (std::nothrow) BackwardClock;
  if (clock) clock->times = std::make_shared<std::vector<double>>(slots, std::numeric_limits<double>::quiet_NaN());
  return clock;
}

void shim_backward_clock_free(BackwardClock *clock) { delete clock; }

// Has the time noted at which the gradient of `tensor` has come: before what made the tensor goes its own way back. The
// gradient stays as it is.
char *shim_backward_clock_watch(const BackwardClock *clock, const at::Tensor *tensor, size_t slot) {
  GUARD(TORCH_CHECK(slot < clock->times->size(), "backward_clock: no such slot");
        tensor->register_hook([times = clock->times, begin = clock->begin, slot](const at::Tensor &) -> void {
          (*times)[slot] = BackwardClock::since(begin);
        }))
}

// What was noted for a slot; not a number where nothing was. Beyond the last slot: now.
double shim_backward_clock_read(const BackwardClock *clock, size_t slot) {
  return slot < clock->times->size() ? (*clock->times)[slot] : BackwardClock::since(clock->begin);
}

char *shim_set_deterministic(bool on) {
  GUARD(at::globalContext().setDeterministicAlgorithms(on, /*warn_only=*/true);
        // Not the filling of fresh memory that comes with it: nothing here reads what it did not write.
        at::globalContext().setDeterministicFillUninitializedMemory(false))
}

// For the calling thread and the threads that it starts from now on. False where the processor can't.
bool shim_set_flush_denormal(bool on) { return at::globalContext().setFlushDenormal(on); }

// Linkers drop libtorch_cuda.so, since no symbol of it is asked for; it must be there before CUDA is first asked about.
bool shim_load_cuda() { return dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr; }

// Whether the processor multiplies bf16 in hardware.
bool shim_has_fast_bf16() {
#if defined(__x86_64__)
  return has_avx512_bf16();
#else
  return false;
#endif
}
}
