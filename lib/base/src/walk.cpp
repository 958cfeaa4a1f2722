#include "ds/base/walk.h"

#include <algorithm>
#include <system_error>

#include "ds/base/text.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

fs::directory_options flags_of(const WalkOptions& options) {
  auto flags = fs::directory_options::none;
  if (options.follow_links) flags |= fs::directory_options::follow_directory_symlink;
  if (options.errors != WalkErrors::thrown) flags |= fs::directory_options::skip_permission_denied;
  return flags;
}

void sort_files(std::vector<fs::path>& files, WalkOrder order) {
  if (order == WalkOrder::path) std::sort(files.begin(), files.end());
  if (order == WalkOrder::natural)
    std::sort(files.begin(), files.end(),
              [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
}

}  // namespace

std::vector<fs::path> walk_files(const fs::path& folder, const WalkOptions& options) {
  std::vector<fs::path> files;
  const bool ignored = options.errors == WalkErrors::ignored;
  std::error_code error;
  // A file may vanish while it is looked at.
  auto is_folder = [&](const fs::directory_entry& entry) {
    return ignored ? entry.is_directory(error) : entry.is_directory();
  };
  auto is_file = [&](const fs::directory_entry& entry) {
    return ignored ? entry.is_regular_file(error) : entry.is_regular_file();
  };
  auto entry = ignored ? fs::recursive_directory_iterator(folder, flags_of(options), error)
                       : fs::recursive_directory_iterator(folder, flags_of(options));
  while (entry != fs::recursive_directory_iterator()) {
    const bool left_out = !options.hidden && entry->path().filename().native().starts_with('.');
    if (is_folder(*entry)) {
      if (left_out || entry.depth() >= options.max_depth) entry.disable_recursion_pending();
    } else if (!left_out && is_file(*entry) && (!options.wanted || options.wanted(entry->path()))) {
      files.push_back(entry->path());
    }
    if (ignored)
      entry.increment(error);
    else
      ++entry;
  }
  sort_files(files, options.order);
  return files;
}

}  // namespace ds
