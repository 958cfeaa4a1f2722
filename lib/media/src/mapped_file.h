#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace ds::detail {

/// A file's bytes without reading what nobody looks at. Throws like read_file.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace ds::detail
