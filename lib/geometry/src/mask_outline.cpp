#include "mask_outline.h"

#include <map>

namespace ds::detail {
namespace {

enum Direction { right, down, left, up };
constexpr int kStepX[] = {1, 0, -1, 0};
constexpr int kStepY[] = {0, 1, 0, -1};

/// The mask with a clear border of one pixel, so that neighbours need no checks.
class Pixels {
 public:
  explicit Pixels(const RunLengthMask& mask)
      : rows_(mask.height + 2),
        set_(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(mask.width + 2)) {
    std::uint64_t at = 0;
    for (std::size_t run = 0; run < mask.counts.size(); ++run) {
      for (std::uint32_t i = 0; i < mask.counts[run]; ++i, ++at)
        if (run % 2 == 1)
          set_[index(static_cast<int>(at / static_cast<std::uint64_t>(mask.height)),
                     static_cast<int>(at % static_cast<std::uint64_t>(mask.height)))] = true;
    }
  }
  bool operator()(int x, int y) const { return set_[index(x, y)]; }

 private:
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(x + 1) * static_cast<std::size_t>(rows_) +
           static_cast<std::size_t>(y + 1);
  }
  int rows_;
  std::vector<bool> set_;
};

}  // namespace

std::vector<Ring> mask_outline(const RunLengthMask& mask) {
  Pixels pixels(mask);
  // Edges by their start; two leave a corner where pixels touch diagonally.
  std::map<std::pair<int, int>, std::vector<Direction>> edges;
  for (int x = 0; x < mask.width; ++x) {
    for (int y = 0; y < mask.height; ++y) {
      if (!pixels(x, y)) continue;
      if (!pixels(x, y - 1)) edges[{x, y}].push_back(right);
      if (!pixels(x + 1, y)) edges[{x + 1, y}].push_back(down);
      if (!pixels(x, y + 1)) edges[{x + 1, y + 1}].push_back(left);
      if (!pixels(x - 1, y)) edges[{x, y + 1}].push_back(up);
    }
  }
  std::vector<Ring> rings;
  while (!edges.empty()) {
    auto [x, y] = edges.begin()->first;
    auto start = edges.begin()->first;
    auto direction = edges.begin()->second.front();
    Ring ring;
    auto previous = -1;
    do {
      auto found = edges.find({x, y});
      auto& leaving = found->second;
      // At a diagonal touch turn right: around the same pixel.
      auto turn = static_cast<Direction>((direction + 1) % 4);
      auto next = leaving.front();
      for (auto one : leaving)
        if (previous >= 0 && one == turn) next = one;
      if (previous < 0 || next != previous) ring.push_back({static_cast<double>(x), static_cast<double>(y)});
      std::erase(leaving, next);
      if (leaving.empty()) edges.erase(found);
      direction = next;
      previous = next;
      x += kStepX[next];
      y += kStepY[next];
    } while (std::pair(x, y) != start);
    rings.push_back(std::move(ring));
  }
  return rings;
}

}  // namespace ds::detail
