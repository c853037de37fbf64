// How an op's work is shared out, and the memory that it needs meanwhile.
#pragma once

#include <cstdint>
#include <vector>

#include "threads.h"

namespace codilens {

// Numbers below which a second thread is no gain.
constexpr int64_t kShared = 1 << 14;

template <typename Work>
void Shared(int64_t count, int64_t grain, int64_t numbers, const Work& work) {
  if (numbers < kShared) work(0, count);
  else Threads::Get().Split(count, grain, work);
}

inline int64_t Between(int64_t least, int64_t value, int64_t most) { return value < least ? least : value > most ? most : value; }

// Numbers that the kernels take at once, a cache line; and how many times as many hold `count`.
constexpr int64_t kVector = 16;
constexpr int64_t InVectors(int64_t count) { return (count + kVector - 1) / kVector; }

// Memory that a thread keeps from call to call, from a cache line's beginning on.
inline float* Scratch(size_t count) {
  constexpr size_t kLine = 64;
  static thread_local std::vector<float> memory;
  if (memory.size() < count + kLine / sizeof(float)) memory.resize(count + kLine / sizeof(float));
  const uintptr_t begin = reinterpret_cast<uintptr_t>(memory.data());
  return reinterpret_cast<float*>((begin + kLine - 1) / kLine * kLine);
}

}  // namespace codilens
