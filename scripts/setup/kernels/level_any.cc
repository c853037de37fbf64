// What every processor has.
#include <cstdint>
#include <cstring>

#include "kernels.h"

#define CODILENS_WIDE 4

namespace codilens {
namespace level_any {
#include "kernels.inc"
}  // namespace level_any
}  // namespace codilens
