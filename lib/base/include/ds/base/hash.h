#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace ds {

/// SHA-256 fed in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::string_view bytes);
  /// 64 lower-case hex digits; the object is spent afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// SHA-256 of the bytes as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);
std::string sha256_hex_of_file(const std::filesystem::path& path);
/// HMAC-SHA-256 as 64 lower-case hex digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);
/// Where a key falls in [0,1) under a keyed hash: the same on every machine, independent of what else exists.
double keyed_unit(std::string_view key, std::string_view text);
/// Random bytes from the operating system, as hex: ids and tokens.
std::string random_hex(int bytes);
/// Bytes to standard base64 with padding.
std::string base64_encode(std::string_view bytes);

}  // namespace ds
