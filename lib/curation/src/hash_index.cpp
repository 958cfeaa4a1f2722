#include "ds/curation/hash_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "ds/base/error.h"

namespace ds {

HashIndex::HashIndex(std::vector<std::uint64_t> hashes, int max_distance)
    : hashes_(std::move(hashes)), max_distance_(max_distance) {
  if (max_distance < 0 || max_distance > 20)
    throw UsageError(fmt::format("the distance of two hashes is 0 to 20 here, found {}", max_distance));
  int bands = max_distance + 1, shift = 0;
  for (int i = 0; i < bands; ++i) {
    int bits = (64 - shift) / (bands - i);
    Band band{.shift = shift, .mask = bits == 64 ? ~0ULL : (1ULL << bits) - 1, .entries = {}};
    shift += bits;
    band.entries.reserve(hashes_.size());
    for (std::size_t place = 0; place < hashes_.size(); ++place)
      band.entries.push_back({key(band, hashes_[place]), static_cast<std::uint32_t>(place)});
    std::sort(band.entries.begin(), band.entries.end(), [](const Entry& a, const Entry& b) {
      return a.key != b.key ? a.key < b.key : a.place < b.place;
    });
    bands_.push_back(std::move(band));
  }
}

void HashIndex::for_each_near(std::size_t i, const std::function<void(std::size_t, int)>& visit) const {
  auto hash = hashes_.at(i);
  for (std::size_t b = 0; b < bands_.size(); ++b) {
    const auto& band = bands_[b];
    auto wanted = key(band, hash);
    auto entry = std::lower_bound(band.entries.begin(), band.entries.end(), wanted,
                                  [](const Entry& e, std::uint64_t k) { return e.key < k; });
    for (; entry != band.entries.end() && entry->key == wanted; ++entry) {
      if (entry->place == i) continue;
      auto other = hashes_[entry->place];
      int distance = std::popcount(hash ^ other);
      if (distance > max_distance_) continue;
      // Told already when an earlier band is shared too.
      bool told = false;
      for (std::size_t earlier = 0; earlier < b && !told; ++earlier)
        told = key(bands_[earlier], hash) == key(bands_[earlier], other);
      if (!told) visit(entry->place, distance);
    }
  }
}

}  // namespace ds
