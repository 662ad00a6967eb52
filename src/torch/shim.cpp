// What tch 0.26 does not expose of libtorch. A `tensor` of torch-sys is an `at::Tensor*`. Every function catches what
// C++ throws and returns its text (freed by shim_free), or null.
#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>
#include <ATen/core/grad_mode.h>
#include <dlfcn.h>
#include "shim.h"
#include "tasks.h"

#include <chrono>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// When the gradients of watched tensors came, in seconds since the beginning. Shared with the hooks, which the graph owns.
struct BackwardClock {
  Clock::time_point begin = Clock::now();
  std::shared_ptr<std::vector<double>> times;
  static double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }
};

}  // namespace

extern "C" {

void shim_free(char *text) { free(text); }

// The same numbers in the layout of `like`: `tensor` itself where they are so already.
char *shim_with_layout_of(const at::Tensor *tensor, const at::Tensor *like, at::Tensor **out) {
  GUARD(if (same_layout(*tensor, *like)) { *out = new at::Tensor(*tensor); } else {
    at::NoGradGuard no_grad;
    *out = new at::Tensor(at::empty_like(*like, tensor->options()).copy_(*tensor));
  })
}

// With one channel the same memory has either layout, and oneDNN's is chosen by the strides: they say it here.
char *shim_channels_last(const at::Tensor *tensor, at::Tensor **out) {
  GUARD(auto dense = tensor->contiguous(at::MemoryFormat::ChannelsLast);
        const auto strides = c10::get_channels_last_strides_2d(dense.sizes());
        *out = new at::Tensor(dense.strides() == at::IntArrayRef(strides) ? dense : dense.as_strided(dense.sizes(), strides)))
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
  return has_bf16_pairs();
#else
  return false;
#endif
}
}
