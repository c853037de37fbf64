// Which level runs here.
#include <cstdlib>
#include <cstring>

#include "kernels.h"

namespace codilens {

namespace level_any {
extern const Kernels kKernels;
}
#if defined(__x86_64__)
namespace level_avx2 {
extern const Kernels kKernels;
}
namespace level_avx512 {
extern const Kernels kKernels;
}
#endif

namespace {

// The level that CODILENS_KERNELS asks for, if the processor has it; else the highest one.
const Kernels& Chosen() {
#if defined(__x86_64__)
  const char* const asked = std::getenv("CODILENS_KERNELS");
  const auto at_most = [&](const char* level) { return asked == nullptr || std::strcmp(asked, level) != 0; };
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (at_most("any") && avx2) return at_most("avx2") && avx512 ? level_avx512::kKernels : level_avx2::kKernels;
#endif
  return level_any::kKernels;
}

}  // namespace

const Kernels& KernelsHere() {
  static const Kernels& kernels = Chosen();
  return kernels;
}

}  // namespace codilens
