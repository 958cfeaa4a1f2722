#include "mutate.h"

#include <algorithm>
#include <array>

namespace ds::fuzz {

std::string Mutator::next() {
  auto bytes = corpus_[below(corpus_.size())];
  for (auto changes = 1 + below(4); changes > 0; --changes) change(bytes);
  constexpr std::size_t kMost = 1 << 16;
  bytes.resize(std::min(bytes.size(), kMost));
  return bytes;
}

void Mutator::change(std::string& bytes) {
  auto at = below(bytes.size());
  auto length = std::min(1 + below(16), bytes.size() - at);
  switch (below(8)) {
    case 0:
      if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      break;
    case 1:
      if (!bytes.empty()) bytes[at] = static_cast<char>(random_());
      break;
    case 2:
      put_word(bytes);
      break;
    case 3:
      bytes.erase(at, length);
      break;
    case 4:
      bytes.insert(at, bytes.substr(at, length));
      break;
    case 5:
      bytes.resize(at);
      break;
    case 6: {
      const auto& other = corpus_[below(corpus_.size())];
      auto from = below(other.size());
      bytes.insert(at, other.substr(from, 1 + below(32)));
      break;
    }
    default:
      replace_number(bytes);
  }
}

void Mutator::put_word(std::string& bytes) {
  constexpr std::array<std::uint64_t, 8> kLimits = {0,          1,          0x7F,       0x7FFF,
                                                    0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 0xFFFFFFFFFFFFFFFF};
  auto value = kLimits[below(kLimits.size())];
  auto width = std::size_t{1} << below(4);
  if (bytes.size() < width) return;
  auto at = below(bytes.size() - width + 1);
  bool big_endian = below(2) == 0;
  for (std::size_t i = 0; i < width; ++i)
    bytes[at + i] = static_cast<char>(value >> 8 * (big_endian ? width - 1 - i : i));
}

void Mutator::replace_number(std::string& bytes) {
  static const std::array<std::string, 14> kNumbers = {
      "0",          "-1", "1e308", "-1e-320", "nan",  "inf", "9223372036854775808",
      "4294967296", "",   "null",  "[]",      "\"\"", "{}",  "1e999"};
  constexpr const char* kDigits = "0123456789";
  auto from = bytes.find_first_of(kDigits, below(bytes.size()));
  if (from == std::string::npos) return;
  auto end = bytes.find_first_not_of("0123456789.", from);
  bytes.replace(from, std::min(end, bytes.size()) - from, kNumbers[below(kNumbers.size())]);
}

}  // namespace ds::fuzz
