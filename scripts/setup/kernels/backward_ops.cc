// Ops of the way back: gradients by results, turned into those by what the results were made of.
#include <cstdint>
#include <vector>

#include "call.h"
#include "kernels.h"
#include "ops.h"
#include "tensorflow/c/kernels.h"
#include "work.h"

namespace codilens {
namespace {

const float* FloatsOf(TF_Tensor* tensor) { return static_cast<const float*>(TF_TensorData(tensor)); }

// Two tensors of one shape.
bool FitEachOther(Call* call, TF_Tensor* a, TF_Tensor* b) {
  if (a == nullptr || b == nullptr) return false;
  if (ShapeOf(a) == ShapeOf(b)) return true;
  call->Refuse("a gradient wants the shape of what it is by");
  return false;
}

}  // namespace

// Inputs: x [size, cells] and the gradient by its norm, the norm's weight if there is one, eps, and 1 where the mean is taken out.
void ComputeNormBack(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  TF_Tensor* gradient = call.Input(1);
  const int weights = call.Inputs() - 4;
  TF_Tensor* weight = weights > 0 ? call.Input(2) : nullptr;
  const float* eps = call.Floats(2 + weights);
  const float* centres = call.Floats(3 + weights);
  if (!FitEachOther(&call, x, gradient) || eps == nullptr || centres == nullptr) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  if (shape.size() != 2) return call.Refuse("a norm wants states [size, cells]");
  if (weights > 0 && (weight == nullptr || TF_TensorElementCount(weight) != shape[0]))
    return call.Refuse("a norm's weight wants a number for each row");
  const NormBack norm = {FloatsOf(x), weight == nullptr ? nullptr : FloatsOf(weight), FloatsOf(gradient), call.Output(shape),
                         shape[0], shape[1], *eps, *centres != 0.0f};
  if (norm.y == nullptr) return;
  Shared(InVectors(norm.cells), 1, norm.size * norm.cells,
         [&](int64_t begin, int64_t end) { KernelsHere().pull_norm(norm, begin, end); });
}

// Inputs: what a softmax over the last axis gave, and the gradient by it.
void ComputeSoftmaxBack(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* shares = call.Input(0);
  TF_Tensor* gradient = call.Input(1);
  if (!FitEachOther(&call, shares, gradient)) return;
  const std::vector<int64_t> shape = ShapeOf(shares);
  if (shape.empty()) return call.Refuse("a softmax wants an axis");
  const int64_t count = TF_TensorElementCount(shares);
  const SoftmaxBack s = {FloatsOf(shares), FloatsOf(gradient), call.Output(shape), shape.back()};
  if (s.y == nullptr || count == 0) return;
  Shared(count / s.width, Between(1, (1 << 13) / s.width, 1 << 13), count,
         [&](int64_t begin, int64_t end) { KernelsHere().pull_softmax(s, begin, end); });
}

// Inputs: the gate's x and up, and the gradient by its result. Outputs: those by x and by up.
void ComputeGateBack(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  TF_Tensor* up = call.Input(1);
  TF_Tensor* gradient = call.Input(2);
  if (!FitEachOther(&call, x, up) || !FitEachOther(&call, x, gradient)) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  const int64_t count = TF_TensorElementCount(x);
  const GateBack gate = {FloatsOf(x), FloatsOf(up), FloatsOf(gradient), call.Output(shape, 0), call.Output(shape, 1)};
  if (gate.by_x == nullptr || gate.by_up == nullptr) return;
  Shared(count, 1 << 13, count, [&](int64_t begin, int64_t end) { KernelsHere().pull_gate(gate, begin, end); });
}

// Inputs: the GELU's x, and the gradient by its result.
void ComputeGeluBack(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  TF_Tensor* gradient = call.Input(1);
  if (!FitEachOther(&call, x, gradient)) return;
  const int64_t count = TF_TensorElementCount(x);
  const Pairs pairs = {FloatsOf(x), FloatsOf(gradient), call.Output(ShapeOf(x))};
  if (pairs.y == nullptr) return;
  Shared(count, 1 << 13, count, [&](int64_t begin, int64_t end) { KernelsHere().pull_gelu(pairs, begin, end); });
}

}  // namespace codilens
