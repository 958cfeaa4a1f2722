#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace ds {

/// Finds 64-bit hashes that differ in few bits without comparing all pairs: cut into max_distance + 1 bands,
/// two hashes that differ in at most max_distance bits have one band in common (pigeonhole), so only those
/// that share a band are compared.
class HashIndex {
 public:
  /// Equal hashes may be given several times. Throws UsageError unless max_distance is 0..20.
  HashIndex(std::vector<std::uint64_t> hashes, int max_distance);
  std::size_t size() const { return hashes_.size(); }
  /// Calls `visit` once for each other hash (by its place in the list) within max_distance of hash `i`.
  void for_each_near(std::size_t i, const std::function<void(std::size_t other, int distance)>& visit) const;

 private:
  struct Entry {
    std::uint64_t key;
    std::uint32_t place;
  };
  struct Band {
    int shift;
    std::uint64_t mask;
    std::vector<Entry> entries;  // by key, then place
  };
  std::uint64_t key(const Band& band, std::uint64_t hash) const { return hash >> band.shift & band.mask; }
  std::vector<std::uint64_t> hashes_;
  int max_distance_;
  std::vector<Band> bands_;
};

}  // namespace ds
