#include "norm_silu/rows.h"

namespace ds::detail::rows {

// Defined in <set>.cpp.
#define DS_ROWS_SET(SET)                                                                                 \
  namespace SET {                                                                                        \
  void add(const float*, std::int64_t, std::int64_t, float*);                                            \
  void add_squares(const float*, std::int64_t, std::int64_t, const float*, float*);                      \
  void scale_silu(const float*, std::int64_t, std::int64_t, const float*, const float*, float*);         \
  void silu_backward(const float*, const float*, std::int64_t, std::int64_t, const float*, const float*, \
                     const float*, float*, float*, float*);                                              \
  void norm_backward(const float*, std::int64_t, std::int64_t, const float*, const float*, const float*, \
                     const float*, float*);                                                              \
  const Loops kLoops = {add, add_squares, scale_silu, silu_backward, norm_backward};                     \
  }
DS_ROWS_SET(baseline)
DS_ROWS_SET(avx2)
DS_ROWS_SET(avx512)
#undef DS_ROWS_SET

const Loops& loops() {
#if defined(__x86_64__)
  static const Loops& best = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                                 ? avx512::kLoops
                             : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                                 ? avx2::kLoops
                                 : baseline::kLoops;
  return best;
#else
  return baseline::kLoops;
#endif
}

}  // namespace ds::detail::rows
