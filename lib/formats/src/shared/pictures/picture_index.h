#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace ds::detail {

/// The pictures below a folder, by the ends of their paths.
class PictureIndex {
 public:
  PictureIndex() = default;
  PictureIndex(const std::filesystem::path& root, std::vector<std::filesystem::path> files);

  /// Those whose path below the root is `ending`, or ends in it after a slash: what agrees byte for byte, else what
  /// agrees in all but case and Unicode normalisation.
  std::vector<std::filesystem::path> ending_in(const std::filesystem::path& ending) const;
  /// As above for an ending without the file's extension.
  std::vector<std::filesystem::path> with_stem(const std::filesystem::path& ending) const;

 private:
  struct Entry {
    std::filesystem::path file;
    std::string below;  // '/'-separated, from the root
  };
  using Places = std::unordered_map<std::string, std::vector<std::size_t>>;

  std::vector<std::filesystem::path> matching(const Places& places, const std::filesystem::path& ending,
                                              bool with_extension) const;

  std::vector<Entry> entries_;
  Places by_name_;  // folded file name
  Places by_stem_;  // the same without the extension
};

}  // namespace ds::detail
