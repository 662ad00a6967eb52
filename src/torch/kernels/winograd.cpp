// Winograd convolutions for one kind of processor (vector.h says how it is compiled).
#include "winograd.h"

#include "winograd_forward.h"
#include "winograd_gradient.h"
#include "winograd_weights.h"

namespace {

template <typename F>
constexpr winograd::Kernels kernels() {
  return {F::taps, kLanes, 16 * kUnit, F::points, F::tile, sizeof(Operand), Forward<F>::scratch, Forward<F>::run, Forward<F>::operands,
          Forward<F>::sums, Forward<F>::step_in, Forward<F>::step_products, Forward<F>::step_out, Weights<F>::run, Weights<F>::turned_run,
          Gradient<F>::scratch, Gradient<F>::run, Gradient<F>::finish};
}

}  // namespace

extern const winograd::Kernels WINOGRAD_NAME[];
// Made when compiling: at the start of a program on another processor nothing of this file may run.
#if defined(KERNELS_PAIRS)
constinit const winograd::Kernels WINOGRAD_NAME[] = {kernels<Three>(), {}};
#else
constinit const winograd::Kernels WINOGRAD_NAME[] = {kernels<Three>(), kernels<Five>(), {}};
#endif
