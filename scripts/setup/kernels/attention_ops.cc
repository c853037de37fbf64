// Ops of attention: heads, their products, softmax and RoPE.
#include <cstdint>
#include <cstring>
#include <vector>

#include "call.h"
#include "kernels.h"
#include "ops.h"
#include "tensorflow/c/kernels.h"
#include "work.h"

namespace codilens {

// Inputs: x, and a mask [batch, 1, queries, keys] if there is one; then x is [batch, heads, queries, keys].
void ComputeSoftmax(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  TF_Tensor* mask = call.Inputs() > 1 ? call.Input(1) : nullptr;
  if (x == nullptr || (call.Inputs() > 1 && mask == nullptr)) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  const int64_t count = TF_TensorElementCount(x);
  if (shape.empty()) return call.Refuse("a softmax wants an axis");
  Rows rows = {};
  if (mask != nullptr) {
    if (shape.size() != 4 || TF_TensorElementCount(mask) != shape[0] * shape[2] * shape[3])
      return call.Refuse("a mask wants a number for each query and key of a batch");
    rows.mask = static_cast<const float*>(TF_TensorData(mask));
    rows.heads = shape[1];
    rows.queries = shape[2];
  }
  rows.x = static_cast<const float*>(TF_TensorData(x));
  rows.width = shape.back();
  rows.y = call.Output(shape);
  if (rows.y == nullptr || count == 0) return;
  Shared(count / rows.width, Between(1, (1 << 13) / rows.width, 1 << 13), count,
         [&](int64_t begin, int64_t end) { KernelsHere().softmax(rows, begin, end); });
}

namespace {

// Two tensors [batch, heads, rows, columns] with the same batch and heads.
struct HeadFactors {
  const float* a;
  const float* b;
  int64_t heads;
  int64_t rows;
  int64_t inner;
  int64_t columns;
  std::vector<int64_t> shape;
};

bool HeadFactorsOf(Call* call, bool transposed, HeadFactors* f) {
  TF_Tensor* a = call->Input(0);
  TF_Tensor* b = call->Input(1);
  if (a == nullptr || b == nullptr) return false;
  const std::vector<int64_t> left = ShapeOf(a), right = ShapeOf(b);
  if (left.size() != 4 || right.size() != 4 || left[0] != right[0] || left[1] != right[1] ||
      left[3] != right[transposed ? 3 : 2]) {
    call->Refuse("products of heads want two tensors of the same batch and heads that fit");
    return false;
  }
  *f = {static_cast<const float*>(TF_TensorData(a)), static_cast<const float*>(TF_TensorData(b)), left[0] * left[1], left[2], left[3],
        right[transposed ? 2 : 3], {left[0], left[1], left[2], right[transposed ? 2 : 3]}};
  return true;
}

// A head's rows times its columns, which lie [inner, stride].
void MultiplyHead(const HeadFactors& f, int64_t head, const float* columns, int64_t stride, float* y) {
  const Weight rows = {f.a + head * f.rows * f.inner, false, f.rows, f.inner};
  KernelsHere().many_columns({rows, columns, stride, y + head * f.rows * f.columns, f.columns}, 0, f.rows);
}

}  // namespace

// a · bᵀ: queries [.., queries, depth] by keys [.., keys, depth].
void ComputeScores(void*, TF_OpKernelContext* context) {
  Call call(context);
  HeadFactors f;
  if (!HeadFactorsOf(&call, true, &f)) return;
  float* y = call.Output(f.shape);
  if (y == nullptr) return;
  const int64_t stride = InVectors(f.columns) * kVector;
  Shared(f.heads, 1, f.heads * f.rows * f.columns * f.inner, [&](int64_t begin, int64_t end) {
    float* turned = Scratch(f.inner * stride);
    for (int64_t head = begin; head < end; ++head) {
      KernelsHere().turn({f.b + head * f.columns * f.inner, turned, f.columns, f.inner, stride});
      MultiplyHead(f, head, turned, stride, y);
    }
  });
}

// a · b: shares [.., queries, keys] of values [.., keys, depth].
void ComputeMixture(void*, TF_OpKernelContext* context) {
  Call call(context);
  HeadFactors f;
  if (!HeadFactorsOf(&call, false, &f)) return;
  float* y = call.Output(f.shape);
  if (y == nullptr) return;
  const int64_t stride = InVectors(f.columns) * kVector;
  Shared(f.heads, 1, f.heads * f.rows * f.columns * f.inner, [&](int64_t begin, int64_t end) {
    for (int64_t head = begin; head < end; ++head) {
      const float* values = f.b + head * f.inner * f.columns;
      if (stride != f.columns) {
        float* filled = Scratch(f.inner * stride);
        for (int64_t i = 0; i < f.inner; ++i) std::memcpy(filled + i * stride, values + i * f.columns, f.columns * sizeof(float));
        values = filled;
      }
      MultiplyHead(f, head, values, stride, y);
    }
  });
}

namespace {

// Inputs: x [heads, depth, batch, position], cosines and sines [1, depth, batch, position].
void Rotate(TF_OpKernelContext* context, bool goes_back) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  TF_Tensor* cos = call.Input(1);
  TF_Tensor* sin = call.Input(2);
  if (x == nullptr || cos == nullptr || sin == nullptr) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  const int64_t count = TF_TensorElementCount(x);
  if (shape.size() != 4 || shape[0] < 1 || TF_TensorElementCount(cos) * shape[0] != count ||
      TF_TensorElementCount(sin) * shape[0] != count)
    return call.Refuse("a rotation wants heads [heads, depth, batch, position] and angles for each depth and cell");
  Rotation rotation = {};
  rotation.x = static_cast<const float*>(TF_TensorData(x));
  rotation.cos = static_cast<const float*>(TF_TensorData(cos));
  rotation.sin = static_cast<const float*>(TF_TensorData(sin));
  rotation.y = call.Output(shape);
  if (rotation.y == nullptr || count == 0) return;
  rotation.depth = shape[1];
  rotation.cells = shape[2] * shape[3];
  rotation.goes_back = goes_back;
  Shared(shape[0] * shape[1], Between(1, (1 << 13) / rotation.cells, 1 << 13), count,
         [&](int64_t begin, int64_t end) { KernelsHere().rotate(rotation, begin, end); });
}

}  // namespace

void ComputeRotate(void*, TF_OpKernelContext* context) { Rotate(context, false); }
void ComputeRotateBack(void*, TF_OpKernelContext* context) { Rotate(context, true); }

// Inputs: x [(heads + 2 kv_heads) depth, cells]; heads, kv_heads, depth, rows and columns; the queries' scale; and cosines and sines
// [depth, cells] where positions turn queries and keys.
void ComputeHeads(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  const bool turns = call.Inputs() == 5;
  const float* cos = turns ? call.Floats(1) : nullptr;
  const float* sin = turns ? call.Floats(2) : nullptr;
  TF_Tensor* sizes = call.Input(turns ? 3 : 1);
  const float* scale = call.Floats(turns ? 4 : 2);
  if (x == nullptr || sizes == nullptr || scale == nullptr) return;
  if (TF_TensorElementCount(sizes) != 5) return call.Refuse("heads want five sizes");
  const int32_t* size = static_cast<const int32_t*>(TF_TensorData(sizes));
  Heads h = {};
  h.heads = size[0];
  h.kv_heads = size[1];
  h.depth = size[2];
  h.columns = size[4];
  h.cells = size[3] * h.columns;
  const int64_t all = h.heads + 2 * h.kv_heads;
  if (TF_TensorElementCount(x) != all * h.depth * h.cells || h.cells < 1 || h.kv_heads < 1)
    return call.Refuse("heads do not fit the states that they are taken from");
  h.x = static_cast<const float*>(TF_TensorData(x));
  h.cos = cos;
  h.sin = sin;
  h.scale = *scale;
  for (int kind = 0; kind < 3; ++kind) {
    h.y[kind] = call.Output({size[3], kind == 0 ? h.heads : h.kv_heads, h.columns, h.depth}, kind);
    if (h.y[kind] == nullptr) return;
  }
  Shared(all * InVectors(h.cells), 8, all * h.depth * h.cells,
         [&](int64_t begin, int64_t end) { KernelsHere().split_heads(h, begin, end); });
}

// Inputs: x [batch, heads, position, depth]. What comes out is [heads, depth, batch, position].
void ComputeJoinHeads(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  if (x == nullptr) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  if (shape.size() != 4) return call.Refuse("heads are joined from [batch, heads, position, depth]");
  const int64_t count = TF_TensorElementCount(x);
  const JoinedHeads h = {static_cast<const float*>(TF_TensorData(x)), call.Output({shape[1], shape[3], shape[0], shape[2]}),
                         shape[1], shape[3], shape[2], shape[0] * shape[2]};
  if (h.y == nullptr || count == 0) return;
  Shared(h.heads * InVectors(h.cells), 4, count, [&](int64_t begin, int64_t end) { KernelsHere().join_heads(h, begin, end); });
}

// Inputs: x [a, b, c, d]. What comes out is [a, c, b, d].
void ComputeSwap(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  if (x == nullptr) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  if (shape.size() != 4) return call.Refuse("the two axes in the middle of four are exchanged");
  const int64_t outer = shape[1], inner = shape[2], size = shape[3];
  const float* from = static_cast<const float*>(TF_TensorData(x));
  float* to = call.Output({shape[0], inner, outer, size});
  if (to == nullptr) return;
  const int64_t count = shape[0] * inner;
  Shared(count, Between(1, (1 << 13) / Between(1, outer * size, 1 << 13), 1 << 13), count * outer * size,
         [&](int64_t begin, int64_t end) {
           for (int64_t at = begin; at < end; ++at) {
             const float* own = from + (at / inner * outer * inner + at % inner) * size;
             for (int64_t k = 0; k < outer; ++k)
               std::memcpy(to + (at * outer + k) * size, own + k * inner * size, size * sizeof(float));
           }
         });
}

}  // namespace codilens
