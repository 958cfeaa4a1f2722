// Compiled for processors with AVX2 and FMA.
#define DS_ROWS avx2
#include "norm_silu/loops.h"
