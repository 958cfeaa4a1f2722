#pragma once

#include <cstddef>
#include <string>

namespace ds::detail {

/// `12.5 %`.
std::string percent(double share);
/// Rounded, without zeros at the end.
std::string plain(double value, int decimals);
/// 0 of nothing.
double ratio(std::size_t part, std::size_t whole);

}  // namespace ds::detail
