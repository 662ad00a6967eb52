// What the kernels of dense layers, compiled for each kind of processor, share with those who call them.
#pragma once
#include <cstdint>

namespace dense {

// What there is for one kind of number (`void`: fp32 or bf16). Rows are pictures. A dense layer's weights are outputs × inputs.
struct Kernels {
  int64_t lanes;  // inputs and outputs must be multiples of it
  int64_t panel;  // columns of a packed panel
  int64_t piece;  // outputs of a task, a multiple of the lanes
  int64_t unit;   // numbers in 32 bits of what is packed

  // Bytes of `columns` packed columns of so many units; columns are rounded up to lanes.
  int64_t (*packed)(int64_t columns, int64_t depth);

  // Packs rows × inputs for `forward`, which sums over the inputs: some units of all rows.
  void (*pack_rows)(const void *x, int64_t rows, int64_t inputs, void *packed, int64_t first, int64_t units);
  // y = x wᵀ + bias, for some outputs.
  int64_t (*forward_scratch)(int64_t rows);
  void (*forward)(const void *packed, const void *w, const void *bias, void *y, int64_t rows, int64_t inputs, int64_t outputs,
                  int64_t first, int64_t count, void *scratch);

  // dx = dy w, for some inputs.
  int64_t (*inputs_scratch)(int64_t rows);
  void (*inputs_gradient)(const void *dy, const void *w, void *dx, int64_t rows, int64_t inputs, int64_t outputs, int64_t first,
                          int64_t count, void *scratch);

  // Pack rows × columns for `weights_gradient`, which sums over the rows: some columns of all rows, of inputs and of outputs.
  void (*pack_inputs)(const void *x, int64_t rows, int64_t columns, void *packed, int64_t first, int64_t count);
  void (*pack_outputs)(const void *dy, int64_t rows, int64_t columns, void *packed, int64_t first, int64_t count);
  // dw = dyᵀ x from both, packed, for some outputs; dw is aligned to 64 bytes.
  void (*weights_gradient)(const void *dy, const void *x, void *dw, int64_t rows, int64_t inputs, int64_t outputs, int64_t first,
                           int64_t count);
};

}  // namespace dense
