// What the files of the shim share.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <string.h>

#define GUARD(...)                                                      \
  try {                                                                 \
    __VA_ARGS__;                                                        \
    return nullptr;                                                     \
  } catch (const std::exception &e) {                                   \
    return strdup(e.what());                                            \
  } catch (...) {                                                       \
    return strdup("an exception that is not a std::exception");         \
  }

#define ALWAYS_INLINE inline __attribute__((always_inline))

#if defined(__x86_64__)
#define ON_X86(...) __VA_ARGS__
#define ON_X86_ELSE(YES, NO) YES
#define TARGET_AVX2 __attribute__((target("avx2,fma")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,prefer-vector-width=512")))
#else
#define ON_X86(...)
#define ON_X86_ELSE(YES, NO) NO
#endif

using bf16 = uint16_t;

ALWAYS_INLINE float widen(float x) { return x; }

ALWAYS_INLINE float widen(bf16 x) {
  uint32_t bits = uint32_t(x) << 16;
  float out;
  memcpy(&out, &bits, 4);
  return out;
}

// To nearest, ties to even, as the hardware does. NaN stays NaN.
ALWAYS_INLINE bf16 narrow(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return bf16((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : rounded);
}

template <typename T>
T narrow_to(float x);
template <>
ALWAYS_INLINE float narrow_to<float>(float x) { return x; }
template <>
ALWAYS_INLINE bf16 narrow_to<bf16>(float x) { return narrow(x); }

// The version of a function for the best instructions that the processor has.
template <typename F>
F *best_of(F *plain, [[maybe_unused]] F *avx2, [[maybe_unused]] F *avx512) {
#if defined(__x86_64__)
  static const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx512) return avx512;
  if (has_avx2) return avx2;
#endif
  return plain;
}

// NAME() gives the best of the versions of CORE<T> that are compiled here, one for each kind of processor.
#define FOR_EACH_PROCESSOR(RESULT, NAME, CORE, T, PARAMETERS, ARGUMENTS)                     \
  RESULT NAME##_plain PARAMETERS { return CORE<T> ARGUMENTS; }                               \
  ON_X86(TARGET_AVX2 RESULT NAME##_avx2 PARAMETERS { return CORE<T> ARGUMENTS; })            \
  ON_X86(TARGET_AVX512 RESULT NAME##_avx512 PARAMETERS { return CORE<T> ARGUMENTS; })        \
  auto NAME() {                                                                              \
    return best_of(NAME##_plain, ON_X86_ELSE(NAME##_avx2, NAME##_plain), ON_X86_ELSE(NAME##_avx512, NAME##_plain)); \
  }

inline bool same_layout(const at::Tensor &a, const at::Tensor &b) {
  return a.sizes() == b.sizes() && a.strides() == b.strides() && a.is_non_overlapping_and_dense();
}
