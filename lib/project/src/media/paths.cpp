#include "media/paths.h"

namespace ds::detail {
namespace fs = std::filesystem;

std::optional<fs::path> find_blob(const fs::path& folder, const std::string& sha256) {
  if (sha256.size() != 64 || sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
    return std::nullopt;
  auto shelf = folder / sha256.substr(0, 2);
  std::error_code error;
  for (const char* extension : {".jpg", ".png"})
    if (auto path = shelf / (sha256 + extension); fs::exists(path, error)) return path;
  for (const auto& entry : fs::directory_iterator(shelf, error))
    if (entry.path().stem() == sha256) return entry.path();
  return std::nullopt;
}

std::optional<fs::path> find_media(Database& database, const fs::path& folder, const std::string& sha256) {
  if (auto blob = find_blob(folder, sha256)) return blob;
  Statement row(database, "SELECT path FROM media_references WHERE sha256 = ?");
  row.bind(sha256);
  if (!row.step()) return std::nullopt;
  fs::path path = row.text(0);
  std::error_code error;
  return fs::exists(path, error) ? std::optional(path) : std::nullopt;
}

}  // namespace ds::detail
