#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "ds/base/error.h"

namespace ds::detail {

/// Values one after another as they lie in memory: what ranks (the same program on the same kind of machine)
/// send each other.
class MessageWriter {
 public:
  template <typename T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_text(const std::string& text) {
    put(static_cast<std::uint64_t>(text.size()));
    bytes_ += text;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads them back in order. Throws Error when there are fewer.
class MessageReader {
 public:
  explicit MessageReader(const std::string& bytes) : bytes_(bytes) {}
  template <typename T>
  T get() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, next(sizeof value), sizeof value);
    return value;
  }
  std::string get_text() {
    auto size = get<std::uint64_t>();
    return {next(size), size};
  }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  const char* next(std::uint64_t size) {
    if (size > bytes_.size() - at_)
      throw Error("a rank's message ended early: " + std::to_string(bytes_.size()) + " bytes");
    const char* begin = bytes_.data() + at_;
    at_ += size;
    return begin;
  }
  const std::string& bytes_;
  std::uint64_t at_ = 0;
};

}  // namespace ds::detail
