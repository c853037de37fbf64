// What each op computes, in the form that TensorFlow calls. The first argument is not used.
#pragma once

#include "tensorflow/c/kernels.h"

namespace codilens {

void ComputeProduct(void*, TF_OpKernelContext* context);
void ComputeTransposedProduct(void*, TF_OpKernelContext* context);
void ComputeNorm(void*, TF_OpKernelContext* context);
void ComputeSoftmax(void*, TF_OpKernelContext* context);
void ComputeAdd(void*, TF_OpKernelContext* context);
void ComputeScores(void*, TF_OpKernelContext* context);
void ComputeMixture(void*, TF_OpKernelContext* context);
void ComputeGelu(void*, TF_OpKernelContext* context);
void ComputeAddBias(void*, TF_OpKernelContext* context);
void ComputeGate(void*, TF_OpKernelContext* context);
void ComputeRotate(void*, TF_OpKernelContext* context);
void ComputeHeads(void*, TF_OpKernelContext* context);
void ComputeTop(void*, TF_OpKernelContext* context);
void ComputeSwap(void*, TF_OpKernelContext* context);
void ComputeNormBack(void*, TF_OpKernelContext* context);
void ComputeSoftmaxBack(void*, TF_OpKernelContext* context);
void ComputeGateBack(void*, TF_OpKernelContext* context);
void ComputeGeluBack(void*, TF_OpKernelContext* context);
void ComputeRotateBack(void*, TF_OpKernelContext* context);
void ComputeJoinHeads(void*, TF_OpKernelContext* context);

}  // namespace codilens
