// Ops: products with stored weights.
#include <cstdint>
#include <cstring>
#include <vector>

#include "call.h"
#include "kernels.h"
#include "ops.h"
#include "tensorflow/c/kernels.h"
#include "work.h"

namespace codilens {

namespace {

struct Factors {
  Weight weight;
  const float* x;
  int64_t columns;
};

// Both products take a stored weight and columns that fit it.
bool FactorsOf(Call* call, bool transposed, Factors* factors) {
  TF_Tensor* w = call->Input(0);
  TF_Tensor* x = call->Input(1);
  if (w == nullptr || x == nullptr) return false;
  const std::vector<int64_t> stored = ShapeOf(w), by = ShapeOf(x);
  if (stored.size() != 2 || by.size() != 2 || by[0] != stored[transposed ? 0 : 1] || by[1] < 1) {
    call->Refuse("a product wants a matrix and columns that fit it");
    return false;
  }
  factors->weight = {TF_TensorData(w), TF_TensorType(w) == TF_BFLOAT16, stored[0], stored[1]};
  factors->x = static_cast<const float*>(TF_TensorData(x));
  factors->columns = by[1];
  return true;
}

// Few columns, one after the other, from a cache line's beginning on. One line more: columns a power of two apart would fall on the same
// places of the first cache.
Product FewColumns(const Factors& f, float* y) {
  const int64_t stride = f.weight.width + kVector;
  if (f.columns == 1) return {f.weight, f.x, stride, y, 1};
  float* turned = Scratch(stride * f.columns);
  KernelsHere().turn({f.x, turned, f.weight.width, f.columns, stride});
  return {f.weight, turned, stride, y, f.columns};
}

// Columns x [size, columns] as they lie, filled up with zeros to vectors of sixteen.
Product ManyColumns(const Factors& f, int64_t size, float* y) {
  const int64_t stride = InVectors(f.columns) * kVector;
  if (stride == f.columns) return {f.weight, f.x, stride, y, f.columns};
  float* filled = Scratch(size * stride);
  Shared(size, 256, size * stride, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      std::memcpy(filled + i * stride, f.x + i * f.columns, f.columns * sizeof(float));
      std::memset(filled + i * stride + f.columns, 0, (stride - f.columns) * sizeof(float));
    }
  });
  return {f.weight, filled, stride, y, f.columns};
}

// The transpose times a few columns, which are added up one after the other.
void AddUpRows(const Factors& f, float* y) {
  const float* x = f.x;
  float* turned = y;
  if (f.columns > 1) {
    float* scratch = Scratch((f.weight.rows + f.weight.width) * f.columns);
    KernelsHere().turn({f.x, scratch, f.weight.rows, f.columns, f.weight.rows});
    x = scratch;
    turned = scratch + f.weight.rows * f.columns;
  }
  const TransposedProduct product = {f.weight, x, turned, f.columns};
  const int64_t grain = Between(128, f.weight.width / Threads::Get().Count() / 16 * 16, 4096);
  Shared(f.weight.width, grain, f.weight.rows * f.weight.width,
         [&](int64_t begin, int64_t end) { KernelsHere().few_transposed(product, begin, end); });
  if (f.columns > 1) KernelsHere().turn({turned, y, f.columns, f.weight.width, f.columns});
}

}  // namespace

void ComputeProduct(void*, TF_OpKernelContext* context) {
  Call call(context);
  Factors f;
  if (!FactorsOf(&call, false, &f)) return;
  float* y = call.Output({f.weight.rows, f.columns});
  if (y == nullptr) return;
  const bool few = f.columns <= kFewColumns;
  const Product product = few ? FewColumns(f, y) : ManyColumns(f, f.weight.width, y);
  // A multiple of every number of rows that the kernels take at once.
  const int64_t grain = Between(24, f.weight.rows / (8 * Threads::Get().Count()) / 24 * 24, few ? 264 : 96);
  Shared(f.weight.rows, grain, f.weight.rows * f.weight.width, [&](int64_t begin, int64_t end) {
    (few ? KernelsHere().few_columns : KernelsHere().many_columns)(product, begin, end);
  });
}

void ComputeTransposedProduct(void*, TF_OpKernelContext* context) {
  Call call(context);
  Factors f;
  if (!FactorsOf(&call, true, &f)) return;
  float* y = call.Output({f.weight.width, f.columns});
  if (y == nullptr) return;
  if (f.columns <= kFewColumns) return AddUpRows(f, y);
  const Product product = ManyColumns(f, f.weight.rows, y);
  // Pieces of a whole number of those that are copied out, and enough of them for every thread.
  const int64_t grain = Between(256, f.weight.width / (4 * Threads::Get().Count()) / 256 * 256, 1024);
  Shared(f.weight.width, grain, f.weight.rows * f.weight.width,
         [&](int64_t begin, int64_t end) { KernelsHere().many_transposed(product, begin, end); });
}

}  // namespace codilens
