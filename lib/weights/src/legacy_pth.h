#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "unpickler.h"

namespace ds::detail {

/// The pickle of torch.save's magic number, 0x1950a86a20f9469cfc6c, which every file of before
/// PyTorch 1.6 (or written with `_use_new_zipfile_serialization=False`, as mmdetection's published
/// weights are) begins with.
constexpr std::string_view kLegacyMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e", 15);

/// A file of several pickles: magic number, protocol, system, the value, the keys of its storages; then each
/// storage as its number of elements (8 bytes) and their bytes.
class LegacyPth {
 public:
  /// @param bytes the whole file; must outlive this
  /// Throws FormatError with the offset of what is wrong.
  LegacyPth(std::string_view bytes, const std::filesystem::path& path);

  const PickleValue& value() const { return value_; }
  /// The storages' bytes under `data/<key>`, as a zip has them.
  const std::map<std::string, std::string>& members() const { return members_; }

 private:
  /// @return where the value's pickle begins
  std::size_t check_header() const;
  void read_storages(const PickleItems& keys, std::size_t position);
  [[noreturn]] void fail(std::size_t offset, const std::string& message) const;

  std::string_view bytes_;
  std::filesystem::path path_;
  Unpickler unpickler_;  // what value_ points into
  PickleValue value_;
  std::map<std::string, std::string> members_;
};

}  // namespace ds::detail
