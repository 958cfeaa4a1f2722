#include "ds/project/media_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "database/database.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "media/paths.h"

namespace ds {
namespace fs = std::filesystem;
using namespace detail;

namespace {

std::string clean_extension(const std::string& extension) {
  std::string clean;
  for (char c : to_lower(extension))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) clean += c;
  if (clean == "jpeg") clean = "jpg";
  return clean.empty() || clean.size() > 8 ? "bin" : clean;
}

fs::path place_of(const fs::path& folder, const std::string& sha256, const std::string& extension) {
  return folder / sha256.substr(0, 2) / (sha256 + "." + clean_extension(extension));
}

/// Writes under a hidden name, then renames: whole or absent after kill -9. The flush comes before the commit
/// of the row that names the bytes (Database::flush_before_commit), for a thousand images at once.
void write_blob(const fs::path& place, std::string_view bytes) {
  static std::atomic<unsigned> counter{0};
  make_folders(place.parent_path());
  auto hidden = place.parent_path() /
                fmt::format(".{}.{}-{}.tmp", place.stem().string().substr(0, 12), ::getpid(), counter++);
  int descriptor = ::open(hidden.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode);
  if (descriptor < 0) throw_io_error("write", place, errno);
  int failed = 0;
  while (!bytes.empty() && failed == 0) {
    auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      failed = errno;
  }
  if (::close(descriptor) != 0 && failed == 0) failed = errno;  // a network file system may tell it only now
  if (failed == 0 && ::rename(hidden.c_str(), place.c_str()) != 0) failed = errno;
  if (failed == 0) return;
  ::unlink(hidden.c_str());
  throw_io_error("write", place, failed);
}

/// A power loss between the rename and the flush can leave a blob cut short.
bool is_whole(const fs::path& blob, std::uintmax_t size) {
  std::error_code error;
  return fs::file_size(blob, error) == size && !error;
}

/// A second name for the same file, whole or not at all; false when the file system cannot.
bool hard_link(const fs::path& file, const fs::path& place) {
  make_folders(place.parent_path());
  if (::link(file.c_str(), place.c_str()) == 0 || errno == EEXIST) return true;
  if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP) return false;
  throw_io_error("link", file, errno);
}

}  // namespace

std::string MediaStore::put(std::string_view bytes, const std::string& extension) {
  auto sha256 = sha256_hex(bytes);
  auto place = find_blob(folder_, sha256).value_or(place_of(folder_, sha256, extension));
  if (!is_whole(place, bytes.size())) write_blob(place, bytes);
  database_.flush_before_commit(place);
  return sha256;
}

std::string MediaStore::put_file(const fs::path& file, Link link) {
  if (link == Link::copy) return put(read_file(file), file.extension().string());
  auto sha256 = sha256_hex_of_file(file);
  put_known(file, sha256, link);
  return sha256;
}

void MediaStore::copy_known(const fs::path& file, const std::string& sha256) {
  std::error_code error;
  auto size = fs::file_size(file, error);
  if (auto blob = find_blob(folder_, sha256); blob && !error && is_whole(*blob, size))
    return database_.flush_before_commit(*blob);  // perhaps of an import that was killed
  auto bytes = read_file(file);
  if (auto found = sha256_hex(bytes); found != sha256)
    throw DataError(fmt::format("{} has changed while it was being imported: sha256 {} before, {} now",
                                file.string(), sha256.substr(0, 12), found.substr(0, 12)),
                    "import it again when nobody writes to it");
  auto place = find_blob(folder_, sha256).value_or(place_of(folder_, sha256, file.extension().string()));
  write_blob(place, bytes);
  database_.flush_before_commit(place);
}

void MediaStore::put_known(const fs::path& file, const std::string& sha256, Link link) {
  if (link == Link::copy) return copy_known(file, sha256);
  if (contains(sha256)) return;
  if (link == Link::hardlink) {
    // A symbolic link would be linked itself.
    auto real = fs::canonical(file), place = place_of(folder_, sha256, file.extension().string());
    if (!hard_link(real, place)) return copy_known(file, sha256);
    return database_.flush_before_commit(place);
  }
  WriteTransaction transaction(database_);
  database_.run(
      "INSERT INTO media_references(sha256, path) VALUES(?, ?)"
      " ON CONFLICT(sha256) DO UPDATE SET path = excluded.path",
      sha256, fs::absolute(file).lexically_normal().string());
  transaction.commit();
}

bool MediaStore::contains(const std::string& sha256) const {
  ReadTransaction transaction(database_);
  return find_media(database_, folder_, sha256).has_value();
}

fs::path MediaStore::path_of(const std::string& sha256) const {
  ReadTransaction transaction(database_);
  if (auto path = find_media(database_, folder_, sha256)) return *path;
  Statement image(database_, "SELECT name FROM images WHERE sha256 = ? ORDER BY id LIMIT 1");
  image.bind(sha256);
  auto of = image.step() ? fmt::format("of image '{}' ", image.text(0)) : std::string();
  Statement reference(database_, "SELECT path FROM media_references WHERE sha256 = ?");
  reference.bind(sha256);
  if (reference.step())
    throw DataError(fmt::format("the file {}is gone: {}", of, reference.text(0)),
                    "put it back, or import the image again from where it is now");
  throw DataError(fmt::format("the bytes {}are gone: no {} in {}", of, sha256, folder_.string()),
                  "import the image again, or restore the folder media from a backup");
}

}  // namespace ds
