#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace ds::fuzz {

/// Changes of inputs, the same on every machine for the same seed.
class Mutator {
 public:
  Mutator(std::vector<std::string> corpus, std::uint64_t seed) : corpus_(std::move(corpus)), random_(seed) {}

  /// A seed with one to four changes: flipped bits, numbers at their limits, parts cut, doubled or
  /// taken from another seed.
  std::string next();

 private:
  std::size_t below(std::size_t count) { return count == 0 ? 0 : random_() % count; }
  void change(std::string& bytes);
  void put_word(std::string& bytes);
  void replace_number(std::string& bytes);

  std::vector<std::string> corpus_;
  std::mt19937_64 random_;
};

}  // namespace ds::fuzz
