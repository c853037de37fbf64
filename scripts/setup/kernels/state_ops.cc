// Ops on states [size, cells]: norms, what acts number by number, and sums.
#include <cstdint>
#include <vector>

#include "call.h"
#include "kernels.h"
#include "ops.h"
#include "tensorflow/c/kernels.h"
#include "work.h"

namespace codilens {

// Inputs: x [size, cells], weight and bias as far as there are any, eps, and 1 where the mean is taken out.
void ComputeNorm(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  const int affine = call.Inputs() - 3;
  const float* eps = call.Floats(1 + affine);
  const float* centres = call.Floats(2 + affine);
  if (x == nullptr || eps == nullptr || centres == nullptr) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  if (shape.size() != 2) return call.Refuse("a norm wants states [size, cells]");
  Norm norm = {};
  norm.x = static_cast<const float*>(TF_TensorData(x));
  for (int place = 1; place <= affine; ++place) {
    TF_Tensor* given = call.Input(place);
    if (given == nullptr) return;
    if (TF_TensorElementCount(given) != shape[0]) return call.Refuse("a norm's weight wants a number for each row");
    (place == 1 ? norm.weight : norm.bias) = static_cast<const float*>(TF_TensorData(given));
  }
  norm.y = call.Output(shape);
  if (norm.y == nullptr) return;
  norm.size = shape[0];
  norm.cells = shape[1];
  norm.eps = *eps;
  norm.centres = *centres != 0.0f;
  Shared((norm.cells + kNormTile - 1) / kNormTile, 1, norm.size * norm.cells,
         [&](int64_t begin, int64_t end) { KernelsHere().norm(norm, begin, end); });
}

// Inputs: x, and its rows' bias if there is one; then x is [rows, width].
void ComputeGelu(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  TF_Tensor* bias = call.Inputs() > 1 ? call.Input(1) : nullptr;
  if (x == nullptr || (call.Inputs() > 1 && bias == nullptr)) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  const int64_t count = TF_TensorElementCount(x);
  if (bias != nullptr && (shape.size() != 2 || TF_TensorElementCount(bias) != shape[0]))
    return call.Refuse("a bias wants a number for each row of a matrix");
  Gelu gelu = {};
  gelu.x = static_cast<const float*>(TF_TensorData(x));
  gelu.y = call.Output(shape);
  if (gelu.y == nullptr) return;
  const auto work = [&](int64_t begin, int64_t end) { KernelsHere().gelu(gelu, begin, end); };
  if (bias == nullptr) return Shared(count, 1 << 13, count, work);
  gelu.bias = static_cast<const float*>(TF_TensorData(bias));
  gelu.width = shape[1];
  Shared(shape[0], Between(1, (1 << 13) / gelu.width, 1 << 13), count, work);
}

// Inputs: x [rows, width] and a bias for each row.
void ComputeAddBias(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  TF_Tensor* bias = call.Input(1);
  if (x == nullptr || bias == nullptr) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  if (shape.size() != 2 || TF_TensorElementCount(bias) != shape[0])
    return call.Refuse("a bias wants a number for each row of a matrix");
  const Biased biased = {static_cast<const float*>(TF_TensorData(x)), static_cast<const float*>(TF_TensorData(bias)),
                         call.OutputIn(0, shape), shape[1]};
  if (biased.y == nullptr) return;
  Shared(shape[0], Between(1, (1 << 14) / Between(1, shape[1], 1 << 14), 1 << 14), shape[0] * shape[1],
         [&](int64_t begin, int64_t end) { KernelsHere().add_bias(biased, begin, end); });
}

void ComputeGate(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  TF_Tensor* up = call.Input(1);
  if (x == nullptr || up == nullptr) return;
  const int64_t count = TF_TensorElementCount(x);
  if (TF_TensorElementCount(up) != count) return call.Refuse("a gate wants two tensors of one shape");
  const float* from = static_cast<const float*>(TF_TensorData(x));
  const float* by = static_cast<const float*>(TF_TensorData(up));
  float* to = call.Output(ShapeOf(x));
  if (to == nullptr) return;
  Shared(count, 1 << 13, count, [&](int64_t begin, int64_t end) { KernelsHere().gate(from, by, to, begin, end); });
}

// Inputs: two tensors of one shape.
void ComputeAdd(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* a = call.Input(0);
  TF_Tensor* b = call.Input(1);
  if (a == nullptr || b == nullptr) return;
  const int64_t count = TF_TensorElementCount(a);
  if (TF_TensorElementCount(b) != count) return call.Refuse("a sum wants two tensors of one shape");
  const Pairs pairs = {static_cast<const float*>(TF_TensorData(a)), static_cast<const float*>(TF_TensorData(b)),
                       call.OutputIn(0, ShapeOf(a))};
  if (pairs.y == nullptr) return;
  Shared(count, 1 << 14, count, [&](int64_t begin, int64_t end) { KernelsHere().add(pairs, begin, end); });
}

// Inputs: x [rows, cells], and how many of the largest numbers are wanted.
void ComputeTop(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  TF_Tensor* wanted = call.Input(1);
  if (x == nullptr || wanted == nullptr) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  const int64_t k = *static_cast<const int32_t*>(TF_TensorData(wanted));
  if (shape.size() != 2 || shape[0] < 1 || k < 1 || k > kMostTop)
    return call.Refuse("the largest numbers, 1 to 16, are wanted of cells [rows, cells]");
  const Top top = {static_cast<const float*>(TF_TensorData(x)), call.Output({shape[1], 2 * k + 1}), shape[0], shape[1], k};
  if (top.y == nullptr) return;
  Shared(InVectors(top.cells), 1, top.rows * top.cells, [&](int64_t begin, int64_t end) { KernelsHere().top(top, begin, end); });
}

}  // namespace codilens
