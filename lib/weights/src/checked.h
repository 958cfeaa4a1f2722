#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ds::detail {

/// Product of the sides times `factor`, or nothing when a side is negative or the product exceeds `limit`.
inline std::optional<std::uint64_t> checked_product(const std::vector<std::int64_t>& sides,
                                                    std::uint64_t factor, std::uint64_t limit) {
  std::uint64_t product = factor;
  bool empty = false;
  for (std::int64_t side : sides) {
    if (side < 0) return std::nullopt;
    empty = empty || side == 0;
  }
  if (empty) return 0;
  for (std::int64_t side : sides) {
    if (static_cast<std::uint64_t>(side) > limit / product) return std::nullopt;
    product *= static_cast<std::uint64_t>(side);
  }
  return product <= limit ? std::optional(product) : std::nullopt;
}

}  // namespace ds::detail
