// Convolutions by tiles of bf16 (AMX), by definition: no multiplication is saved, but they are done as fast as tiles are.
#include "direct.h"

#include "direct_forward.h"
#include "direct_gradient.h"
#include "direct_weights.h"

extern const direct::Kernels DIRECT_NAME;
// Made when compiling: at the start of a program on another processor nothing of this file may run.
constinit const direct::Kernels DIRECT_NAME = {kSide, packed, pack, pack_turned, forward_scratch, forward, packed_pixels, pack_pixels,
                                               forward_many, packed_maps, pack_maps, pack_maps_turned, gradient_scratch, gradient};
