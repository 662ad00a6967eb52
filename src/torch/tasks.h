// How those who call the kernels of src/torch/kernels share work among threads, and which kernels the processor can use.
#pragma once
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <string_view>

#if defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

// What there are kernels for. bf16 is widened and summed as fp32 (kWide), multiplied in pairs, or in tiles.
enum class Processor { kOther, kAvx2, kAvx512, kWide, kPairs, kTiles, kTilesInSoftware };

// ALEXNET_TUI_KERNELS=none, avx2, avx512 or avx512_bf16 keeps to less than the processor has, so that kernels can be compared
// and tested; amx_in_software has tiles of bf16 where the processor has none.
inline std::string_view allowed_most() {
  static const char *value = getenv("ALEXNET_TUI_KERNELS");
  return value ? value : "";
}

inline bool allowed(std::string_view kernels) {
  const auto most = allowed_most();
  constexpr std::string_view order[] = {"none", "avx2", "avx512", "avx512_bf16"};
  const auto place = [&](std::string_view name) { return std::find(std::begin(order), std::end(order), name) - order; };
  return place(kernels) <= place(most);
}

#if defined(__x86_64__)
// Whether the processor multiplies pairs of bf16.
inline bool has_bf16_pairs() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bf16");
}

// Whether it multiplies tiles of bf16 (AMX), and Linux lets this process keep them.
inline bool has_bf16_tiles() {
  static const bool has = [] {
    constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return has_bf16_pairs() && __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
           syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  }();
  return has;
}
#endif

inline Processor processor_for([[maybe_unused]] at::ScalarType kind) {
#if defined(__x86_64__)
  static const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  // Intel's multiply pairs of bf16 half as fast as fp32, AMD's faster (docs/PERFORMANCE.md).
  static const bool pairs = has_bf16_pairs() && (!__builtin_cpu_is("intel") || allowed_most() == "avx512_bf16");
  if (kind == at::kBFloat16) {
    static const bool in_software = has_bf16_pairs() && allowed_most() == "amx_in_software";
    if (in_software) return Processor::kTilesInSoftware;
    if (has_bf16_tiles() && allowed("amx")) return Processor::kTiles;
    if (pairs && allowed("avx512_bf16")) return Processor::kPairs;
    return avx512 && allowed("avx512") ? Processor::kWide : Processor::kOther;
  }
  if (kind == at::kFloat && avx512 && allowed("avx512")) return Processor::kAvx512;
  if (kind == at::kFloat && avx2 && allowed("avx2")) return Processor::kAvx2;
#endif
  return Processor::kOther;
}

// Calls `work(task, scratch)` for every task. A thread takes the next one when it is done with its last, so that one whose core
// is shared with another process keeps none waiting; no result depends on who does what.
template <typename Work>
void for_each_task(int64_t tasks, int64_t scratch_bytes, const Work &work) {
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), tasks);
  const int64_t bytes = (scratch_bytes + 4095) / 4096 * 4096;
  const auto scratch = at::empty({threads * bytes}, at::kByte);
  auto *memory = scratch.mutable_data_ptr<uint8_t>();
  std::atomic<int64_t> next{0};
  at::parallel_for(0, threads, 1, [&](int64_t first, int64_t last) {
    for (int64_t thread = first; thread < last; thread++) {
      for (int64_t task; (task = next++) < tasks;) work(task, memory + thread * bytes);
    }
  });
}

inline int64_t pieces(int64_t all, int64_t piece) { return (all + piece - 1) / piece; }

// Pointers to numbers of either kind.
inline const uint8_t *numbers(const at::Tensor &t, int64_t from) {
  return static_cast<const uint8_t *>(t.const_data_ptr()) + from * t.element_size();
}
inline uint8_t *numbers_of(const at::Tensor &t, int64_t from) {
  return static_cast<uint8_t *>(t.mutable_data_ptr()) + from * t.element_size();
}
