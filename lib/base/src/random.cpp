#include "ds/base/random.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <numbers>

#include "ds/base/error.h"

namespace ds {
namespace {

std::uint64_t splitmix(std::uint64_t& x) {
  std::uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t rotl(std::uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

std::uint64_t mix(std::uint64_t seed, std::string_view text) {
  for (unsigned char c : text) {
    seed ^= c;
    seed = splitmix(seed);
  }
  return seed;
}

}  // namespace

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) word = splitmix(seed);
}

Random::Random(std::uint64_t seed, std::string_view stream) : Random(mix(seed, stream)) {}

std::uint64_t Random::next() {
  std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
  std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotl(state_[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::size_t Random::below(std::size_t count) {
  // Rejection keeps every value equally likely.
  std::uint64_t limit = UINT64_MAX - UINT64_MAX % count;
  std::uint64_t value = next();
  while (value >= limit) value = next();
  return static_cast<std::size_t>(value % count);
}

double Random::normal(double mean, double deviation) {
  double u = 1.0 - uniform();
  return mean + deviation * std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * uniform());
}

std::string Random::save() const {
  return fmt::format("{:016x} {:016x} {:016x} {:016x}", state_[0], state_[1], state_[2], state_[3]);
}

void Random::restore(const std::string& state) {
  unsigned long long words[4];
  if (std::sscanf(state.c_str(), "%llx %llx %llx %llx", &words[0], &words[1], &words[2], &words[3]) != 4)
    throw DataError(fmt::format("'{}' is not the state of a random generator", state));
  for (int i = 0; i < 4; ++i) state_[static_cast<std::size_t>(i)] = words[i];
}

}  // namespace ds
