#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "ds/dataset/image.h"

namespace ds {

namespace detail {
class Database;
}

/// copy: the bytes are the project's own. hardlink: no second copy, but whoever writes into the file changes
/// the project's bytes too. reference: only the path is kept; the file must stay.
enum class Link { copy, hardlink, reference };

/// The immutable bytes of the images: media/ab/<sha256>.<ext>, or a reference to a file left in place.
class MediaStore {
 public:
  MediaStore(detail::Database& database, std::filesystem::path folder)
      : database_(database), folder_(std::move(folder)) {}
  /// Stores the bytes (hidden name, then rename; nothing to do when they are there) and returns their sha256.
  /// They are whole or absent after kill -9 at once, and after a power loss from the next commit on: files
  /// are flushed together before the row that names them is, which makes an import many times faster.
  std::string put(std::string_view bytes, const std::string& extension);
  /// As put, from a file. `hardlink` falls back to a copy across file systems; `reference`
  /// records the absolute path.
  std::string put_file(const std::filesystem::path& file, Link link = Link::copy);
  /// As put_file, for a file whose SHA-256 is known: what is there already is not read again, and of a file
  /// that is copied it is checked. Throws DataError when the file has changed meanwhile. Copies may be put by
  /// several threads at once, outside of a transaction.
  void put_known(const std::filesystem::path& file, const std::string& sha256, Link link);
  /// Where the image's bytes are. Throws DataError naming the image when they are gone.
  std::filesystem::path path_of(const std::string& sha256) const;
  bool contains(const std::string& sha256) const;

 private:
  void copy_known(const std::filesystem::path& file, const std::string& sha256);

  detail::Database& database_;
  std::filesystem::path folder_;
};

}  // namespace ds
