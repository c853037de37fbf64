// The kernels as ops of TensorFlow's C library, by its interface for kernels of others (tensorflow/c/kernels.h). They compute on the CPU.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "call.h"
#include "kernels.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "threads.h"

namespace codilens {
namespace {

// Numbers below which a second thread is no gain.
constexpr int64_t kShared = 1 << 14;

// Microseconds for which the other threads stay awake: after a product with few columns the next one is near. After anything else it is
// TensorFlow's own threads that want the cores next.
constexpr int64_t kNextProduct = 500;
constexpr int64_t kElse = 0;

template <typename Work>
void Shared(int64_t count, int64_t grain, int64_t numbers, const Work& work, int64_t linger = kElse) {
  if (numbers < kShared) work(0, count);
  else Threads::Get().Split(count, grain, linger, work);
}

int64_t Between(int64_t least, int64_t value, int64_t most) { return value < least ? least : value > most ? most : value; }

// Memory that a thread keeps from call to call, from a cache line's beginning on.
float* Scratch(size_t count) {
  constexpr size_t kLine = 64;
  static thread_local std::vector<float> memory;
  if (memory.size() < count + kLine / sizeof(float)) memory.resize(count + kLine / sizeof(float));
  const uintptr_t begin = reinterpret_cast<uintptr_t>(memory.data());
  return reinterpret_cast<float*>((begin + kLine - 1) / kLine * kLine);
}

// [rows, columns] → [columns, stride], of which `rows` are written.
void Turn(const float* from, float* to, int64_t rows, int64_t columns, int64_t stride) {
  constexpr int64_t kTile = 16;
  for (int64_t row = 0; row < rows; row += kTile) {
    const int64_t most = row + kTile < rows ? row + kTile : rows;
    for (int64_t c = 0; c < columns; ++c)
      for (int64_t r = row; r < most; ++r) to[c * stride + r] = from[r * columns + c];
  }
}

struct Factors {
  Weight weight;
  const float* x;
  int64_t columns;
};

// Both products take a stored weight and a few columns that fit it.
bool FactorsOf(Call* call, bool transposed, Factors* factors) {
  TF_Tensor* w = call->Input(0);
  TF_Tensor* x = call->Input(1);
  if (w == nullptr || x == nullptr) return false;
  const std::vector<int64_t> stored = ShapeOf(w), by = ShapeOf(x);
  if (stored.size() != 2 || by.size() != 2 || by[0] != stored[transposed ? 0 : 1] || by[1] < 1 || by[1] > kMostColumns) {
    call->Refuse("a product wants a matrix and 1 to 8 columns that fit it");
    return false;
  }
  factors->weight = {TF_TensorData(w), TF_TensorType(w) == TF_BFLOAT16, stored[0], stored[1]};
  factors->x = static_cast<const float*>(TF_TensorData(x));
  factors->columns = by[1];
  return true;
}

void ComputeProduct(void*, TF_OpKernelContext* context) {
  Call call(context);
  Factors f;
  if (!FactorsOf(&call, false, &f)) return;
  float* y = call.Output({f.weight.rows, f.columns});
  if (y == nullptr) return;
  // One cache line more: columns a power of two apart would fall on the same places of the first cache.
  const int64_t stride = f.weight.width + 16;
  const float* x = f.x;
  if (f.columns > 1) {
    float* turned = Scratch(stride * f.columns);
    Turn(f.x, turned, f.weight.width, f.columns, stride);
    x = turned;
  }
  const Product product = {f.weight, x, stride, y, f.columns};
  const int64_t grain = Between(32, f.weight.rows / 64 * 4, 256);
  Shared(f.weight.rows, grain, f.weight.rows * f.weight.width,
         [&](int64_t begin, int64_t end) { KernelsHere().product(product, begin, end); }, kNextProduct);
}

void ComputeTransposedProduct(void*, TF_OpKernelContext* context) {
  Call call(context);
  Factors f;
  if (!FactorsOf(&call, true, &f)) return;
  float* y = call.Output({f.weight.width, f.columns});
  if (y == nullptr) return;
  const float* x = f.x;
  float* turned = y;
  if (f.columns > 1) {
    float* scratch = Scratch((f.weight.rows + f.weight.width) * f.columns);
    Turn(f.x, scratch, f.weight.rows, f.columns, f.weight.rows);
    x = scratch;
    turned = scratch + f.weight.rows * f.columns;
  }
  const TransposedProduct product = {f.weight, x, turned, f.columns};
  const int64_t grain = Between(128, f.weight.width / 32 * 16, 1024);
  Shared(f.weight.width, grain, f.weight.rows * f.weight.width,
         [&](int64_t begin, int64_t end) { KernelsHere().transposed_product(product, begin, end); }, kNextProduct);
  if (f.columns > 1) Turn(turned, y, f.columns, f.weight.width, f.columns);
}

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

void ComputeSoftmax(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.Input(0);
  if (x == nullptr) return;
  const std::vector<int64_t> shape = ShapeOf(x);
  const int64_t count = TF_TensorElementCount(x);
  if (shape.empty()) return call.Refuse("a softmax wants an axis");
  const Rows rows = {static_cast<const float*>(TF_TensorData(x)), call.Output(shape), shape.back()};
  if (rows.y == nullptr || count == 0) return;
  Shared(count / rows.width, Between(1, (1 << 13) / rows.width, 1 << 13), count,
         [&](int64_t begin, int64_t end) { KernelsHere().softmax(rows, begin, end); });
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

// Inputs: x [heads, depth, batch, position], cosines and sines [1, depth, batch, position].
void ComputeRotate(void*, TF_OpKernelContext* context) {
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
  Shared(shape[0] * shape[1], Between(1, (1 << 13) / rotation.cells, 1 << 13), count,
         [&](int64_t begin, int64_t end) { KernelsHere().rotate(rotation, begin, end); });
}

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
  Shared(all * ((h.cells + 15) / 16), 8, all * h.depth * h.cells,
         [&](int64_t begin, int64_t end) { KernelsHere().split_heads(h, begin, end); });
}

void UnknownShape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

// What an op is, in the words of TensorFlow's own registry.
struct OpOfOurs {
  const char* name;
  std::vector<const char*> attributes;
  std::vector<const char*> inputs;
  std::vector<const char*> outputs;
  void (*compute)(void*, TF_OpKernelContext*);
};

void Register(const OpOfOurs& op) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(op.name);
  for (const char* attribute : op.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  for (const char* input : op.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : op.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, &UnknownShape);
  std::unique_ptr<TF_Status, StatusDeleter> status(TF_NewStatus());
  TF_RegisterOpDefinition(definition, status.get());
  if (TF_GetCode(status.get()) != TF_OK) return;
  TF_KernelBuilder* kernel = TF_NewKernelBuilder(op.name, "CPU", nullptr, op.compute, nullptr);
  TF_RegisterKernelBuilder(op.name, kernel, status.get());
}

// CODILENS_KERNELS=none leaves everything to TensorFlow's own.
bool IsAskedFor() {
  const char* const asked = std::getenv("CODILENS_KERNELS");
  return asked == nullptr || std::strcmp(asked, "none") != 0;
}

const bool kRegistered = [] {
  if (!IsAskedFor()) return false;
  const std::vector<const char*> y = {"y: float"};
  const std::vector<const char*> stored = {"T: {float, bfloat16}"};
  const std::vector<const char*> some = {"N: int >= 0"};
  const std::vector<OpOfOurs> ops = {
      {"CodilensProduct", stored, {"w: T", "x: float"}, y, &ComputeProduct},
      {"CodilensTransposedProduct", stored, {"w: T", "x: float"}, y, &ComputeTransposedProduct},
      {"CodilensNorm", some, {"x: float", "affine: N * float", "eps: float", "centres: float"}, y, &ComputeNorm},
      {"CodilensSoftmax", {}, {"x: float"}, y, &ComputeSoftmax},
      {"CodilensGelu", some, {"x: float", "bias: N * float"}, y, &ComputeGelu},
      {"CodilensGate", {}, {"x: float", "up: float"}, y, &ComputeGate},
      {"CodilensAddBias", {}, {"x: float", "bias: float"}, y, &ComputeAddBias},
      {"CodilensRotate", {}, {"x: float", "cos: float", "sin: float"}, y, &ComputeRotate},
      {"CodilensHeads",
       some,
       {"x: float", "turn: N * float", "sizes: int32", "scale: float"},
       {"q: float", "k: float", "v: float"},
       &ComputeHeads},
  };
  for (const OpOfOurs& op : ops) Register(op);
  return true;
}();

}  // namespace
}  // namespace codilens
