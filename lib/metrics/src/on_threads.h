#pragma once

#include <cstddef>
#include <functional>

namespace ds {

/// Calls `work(i)` for i = 0 ... count - 1 on `threads` threads, one index at a time, so that a few long ones
/// do not wait for each other. Throws what the smallest failing index threw, at any number of threads.
void for_each_index(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

}  // namespace ds
