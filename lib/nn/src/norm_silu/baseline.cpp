// Compiled for every processor.
#define DS_ROWS baseline
#include "norm_silu/loops.h"
