#pragma once

#include <cstddef>
#include <map>
#include <numeric>
#include <vector>

namespace ds::detail {

/// Sets that grow together.
class UnionFind {
 public:
  explicit UnionFind(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  /// The smaller root stays, so that the outcome does not depend on the order.
  void join(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    if (a < b)
      parent_[b] = a;
    else
      parent_[a] = b;
  }
  /// Members of each set that has at least `least`, by their smallest one.
  std::vector<std::vector<std::size_t>> sets(std::size_t least) {
    std::map<std::size_t, std::vector<std::size_t>> by_root;
    for (std::size_t i = 0; i < parent_.size(); ++i) by_root[root(i)].push_back(i);
    std::vector<std::vector<std::size_t>> result;
    for (auto& [first, members] : by_root)
      if (members.size() >= least) result.push_back(std::move(members));
    return result;
  }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace ds::detail
