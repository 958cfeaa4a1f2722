#pragma once

#include <cstddef>
#include <functional>

namespace ds {

/// Calls `work(i)` once for every i below `count`, in any order, on at most `threads` threads (0: as many
/// as the machine has; with 1 or little to do on the caller's own). Returns when all are done. When one
/// throws or a signal asks us to stop, no further index is begun, and what was thrown first (or
/// Interrupted) is thrown here.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

/// The same, but one index at a time, so that a few long ones do not wait for each other, and on exactly
/// `threads` threads at most (below 2: the caller's own). Of several that fail the smallest index's error is
/// thrown, at any number of threads.
void for_each_index(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

}  // namespace ds
