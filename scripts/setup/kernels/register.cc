// The ops as TensorFlow's C library gets to know them, by its interface for kernels of others (tensorflow/c/kernels.h). They compute on the CPU.

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "call.h"
#include "ops.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

namespace codilens {
namespace {

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
      {"CodilensSoftmax", some, {"x: float", "mask: N * float"}, y, &ComputeSoftmax},
      {"CodilensScores", {}, {"a: float", "b: float"}, y, &ComputeScores},
      {"CodilensMixture", {}, {"a: float", "b: float"}, y, &ComputeMixture},
      {"CodilensAdd", {}, {"a: float", "b: float"}, y, &ComputeAdd},
      {"CodilensGelu", some, {"x: float", "bias: N * float"}, y, &ComputeGelu},
      {"CodilensGate", {}, {"x: float", "up: float"}, y, &ComputeGate},
      {"CodilensAddBias", {}, {"x: float", "bias: float"}, y, &ComputeAddBias},
      {"CodilensTop", {}, {"x: float", "k: int32"}, y, &ComputeTop},
      {"CodilensSwap", {}, {"x: float"}, y, &ComputeSwap},
      {"CodilensJoinHeads", {}, {"x: float"}, y, &ComputeJoinHeads},
      {"CodilensRotate", {}, {"x: float", "cos: float", "sin: float"}, y, &ComputeRotate},
      {"CodilensRotateBack", {}, {"x: float", "cos: float", "sin: float"}, y, &ComputeRotateBack},
      {"CodilensSoftmaxBack", {}, {"x: float", "gradient: float"}, y, &ComputeSoftmaxBack},
      {"CodilensGeluBack", {}, {"x: float", "gradient: float"}, y, &ComputeGeluBack},
      {"CodilensGateBack", {}, {"x: float", "up: float", "gradient: float"}, {"by_x: float", "by_up: float"}, &ComputeGateBack},
      {"CodilensNormBack",
       some,
       {"x: float", "gradient: float", "weight: N * float", "eps: float", "centres: float"},
       y,
       &ComputeNormBack},
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
