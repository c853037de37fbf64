// One call of an op of ours, by TensorFlow's C interface for kernels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace codilens {

struct StatusDeleter {
  void operator()(TF_Status* status) const { TF_DeleteStatus(status); }
};
struct TensorDeleter {
  void operator()(TF_Tensor* tensor) const { TF_DeleteTensor(tensor); }
};
using Tensor = std::unique_ptr<TF_Tensor, TensorDeleter>;

// One call: its inputs, its output, and what went wrong.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}

  bool Ok() const { return TF_GetCode(status_.get()) == TF_OK; }

  // Null once anything went wrong.
  TF_Tensor* Input(int place) {
    if (!Ok()) return nullptr;
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, place, &tensor, status_.get());
    if (!Ok()) {
      Fail();
      return nullptr;
    }
    held_.emplace_back(tensor);
    return tensor;
  }

  const float* Floats(int place) {
    TF_Tensor* tensor = Input(place);
    return tensor == nullptr ? nullptr : static_cast<const float*>(TF_TensorData(tensor));
  }

  float* Output(const std::vector<int64_t>& shape, int place = 0) {
    if (!Ok()) return nullptr;
    size_t count = 1;
    for (const int64_t size : shape) count *= size;
    return Kept(TF_AllocateOutput(context_, place, TF_FLOAT, shape.data(), static_cast<int>(shape.size()), count * sizeof(float),
                                  status_.get()));
  }

  // The memory of an input if nobody else wants it any more, else memory of its own.
  float* OutputIn(int input, const std::vector<int64_t>& shape) {
    if (!Ok()) return nullptr;
    int forwarded = -1;
    return Kept(TF_ForwardInputOrAllocateOutput(context_, &input, 1, 0, shape.data(), static_cast<int>(shape.size()), &forwarded,
                                                status_.get()));
  }

  // An error in words; the op's output stays unset.
  void Refuse(const std::string& why) {
    if (!Ok()) return;
    TF_SetStatus(status_.get(), TF_INVALID_ARGUMENT, why.c_str());
    Fail();
  }

  int Inputs() const { return TF_NumInputs(context_); }

 private:
  // An output's numbers; null once anything went wrong.
  float* Kept(TF_Tensor* made) {
    Tensor tensor(made);
    if (!Ok()) {
      Fail();
      return nullptr;
    }
    held_.push_back(std::move(tensor));
    return static_cast<float*>(TF_TensorData(made));
  }

  void Fail() { TF_OpKernelContext_Failure(context_, status_.get()); }

  TF_OpKernelContext* const context_;
  std::unique_ptr<TF_Status, StatusDeleter> status_;
  std::vector<Tensor> held_;
};

inline std::vector<int64_t> ShapeOf(const TF_Tensor* tensor) {
  std::vector<int64_t> shape(TF_NumDims(tensor));
  for (size_t axis = 0; axis < shape.size(); ++axis) shape[axis] = TF_Dim(tensor, static_cast<int>(axis));
  return shape;
}

}  // namespace codilens
