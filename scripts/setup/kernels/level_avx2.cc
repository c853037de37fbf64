// Processors with AVX2 and FMA.
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "kernels.h"

#if defined(__x86_64__)

#pragma GCC target("avx2,fma")

#define CODILENS_WIDE 8

namespace codilens {
namespace level_avx2 {
#include "kernels.inc"
}  // namespace level_avx2
}  // namespace codilens

#endif
