// Compiled for processors with AVX-512.
#define DS_ROWS avx512
#include "norm_silu/loops.h"
