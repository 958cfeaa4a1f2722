#pragma once

namespace ds {

/// Settings that the numeric libraries read once, when they are loaded: OpenBLAS's kernel for processors with
/// AVX-512 that are newer than it knows (Debian 12's falls back to AVX2 there; 15 % of a training step), one
/// BLAS thread per caller, and waiting instead of spinning in OpenMP (a busy neighbour makes spinning threads
/// many times slower); on a GPU cuBLAS sums in one order; torch's sockets keep their attempts to themselves.
/// Sets those the user has not set and starts the program again, once; also keeps freed memory in the
/// process, since every step asks for the same blocks. Returns when there is nothing to do.
void use_fast_libraries();

}  // namespace ds
