// Processors with AVX-512.
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "kernels.h"

#if defined(__x86_64__)

#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")

#define CODILENS_WIDE 16

namespace codilens {
namespace level_avx512 {
#include "kernels.inc"
}  // namespace level_avx512
}  // namespace codilens

#endif
