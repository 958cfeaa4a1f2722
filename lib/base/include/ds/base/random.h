#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ds {

/// A seeded generator whose numbers are the same on every machine and compiler (xoshiro256**, Blackman and
/// Vigna 2018; distributions are our own because the standard library's are not portable).
class Random {
 public:
  explicit Random(std::uint64_t seed);
  /// A generator for item `stream` of seed `seed`, independent of how many items came before.
  Random(std::uint64_t seed, std::string_view stream);

  std::uint64_t next();
  /// Uniform in [0,1).
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform in [0, count); count > 0.
  std::size_t below(std::size_t count);
  bool chance(double probability) { return uniform() < probability; }
  /// Normal with the given mean and standard deviation (Box-Muller, no cached second value).
  double normal(double mean = 0, double deviation = 1);

  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  /// The whole state as text, for checkpoints.
  std::string save() const;
  void restore(const std::string& state);

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace ds
