#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace ds::detail {

/// The bytes of a file. A regular file is mapped, so that what has been read through can be given back before
/// the rest is read; anything else (a pipe) is read whole.
class MappedText {
 public:
  MappedText() = default;
  /// Throws DataError when there is no such file, Error when it cannot be read.
  explicit MappedText(const std::filesystem::path& path);
  ~MappedText();
  MappedText(MappedText&& other) noexcept;
  MappedText& operator=(MappedText&& other) noexcept;

  std::string_view text() const { return map_ ? std::string_view(map_, size_) : std::string_view(read_); }
  /// The memory of [begin, end) may be used for something else; the text stays readable.
  void give_back(std::size_t begin, std::size_t end) const;

 private:
  char* map_ = nullptr;
  std::size_t size_ = 0;
  std::string read_;
};

}  // namespace ds::detail
