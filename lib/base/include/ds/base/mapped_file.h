#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace ds {

/// The bytes of a file. A regular file is mapped: what nobody looks at is not read, and what has been read
/// through can be given back before the rest is. Anything else (a pipe) is read whole. Throws like read_file.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::string_view bytes() const { return map_ ? std::string_view(map_, size_) : std::string_view(read_); }
  /// The memory of [begin, end) may be used for something else; the bytes stay readable.
  void give_back(std::size_t begin, std::size_t end) const;

 private:
  char* map_ = nullptr;
  std::size_t size_ = 0;
  std::string read_;
};

}  // namespace ds
