#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ds {

/// A curve in one line of text: a character a value, its height between the smallest and the largest
/// of them. More values than `width` are averaged in equal groups; fewer make a shorter line; equal
/// ones are half high.
/// @param unicode block elements (U+2581 to U+2588), else ASCII characters of growing weight
std::string sparkline(const std::vector<double>& values, std::size_t width, bool unicode = true);

}  // namespace ds
