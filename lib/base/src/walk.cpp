#include "ds/base/walk.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <system_error>

#include "ds/base/text.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

bool is_below_or_same(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

struct Folder {
  fs::path path;  // as it is reached
  fs::path real;  // without links; empty where none are followed
  int depth;      // of its entries
};

/// First the folders that are really there, then those behind links, in the order of their paths: a folder that
/// can be reached in several ways is met under its own name if it has one below the root. A link to a folder in
/// which it lies itself leads round in a circle and is not followed.
class Walk {
 public:
  Walk(const WalkOptions& options, const std::function<void(const fs::path&, bool is_folder)>& visit)
      : options_(options), visit_(visit) {}

  void run(const fs::path& root) {
    std::error_code error;
    auto real = options_.follow_links ? fs::canonical(root, error) : fs::path();
    enter({root, real, 0});
    while (!links_.empty()) {
      auto links = std::move(links_);
      links_.clear();
      std::sort(links.begin(), links.end(), [](const Folder& a, const Folder& b) {
        return natural_less(a.path.native(), b.path.native());
      });
      for (const auto& link : links) enter_link(link);
    }
  }

 private:
  void enter_link(const Folder& link) {
    std::error_code error;
    auto real = fs::canonical(link.path, error);
    if (error || is_below_or_same(link.real, real) || seen_.contains(real)) return;
    enter({link.path, real, link.depth});
  }

  void enter(const Folder& folder) {
    if (!folder.real.empty() && !seen_.insert(folder.real).second) return;
    if (folder.depth > 0) visit_(folder.path, true);
    if (folder.depth > options_.max_depth) return;
    std::error_code error;
    auto flags = options_.errors == WalkErrors::thrown ? fs::directory_options::none
                                                       : fs::directory_options::skip_permission_denied;
    fs::directory_iterator entries(folder.path, flags, error);
    throw_unless_ignored(error, folder.path);
    std::vector<Folder> inside;
    for (; !error && entries != fs::directory_iterator(); entries.increment(error))
      look_at(*entries, folder, inside);
    throw_unless_ignored(error, folder.path);
    for (const auto& below : inside) enter(below);
  }

  void look_at(const fs::directory_entry& entry, const Folder& folder, std::vector<Folder>& inside) {
    const auto name = entry.path().filename();
    if (!options_.hidden && name.native().starts_with('.')) return;
    std::error_code error;
    auto status = entry.status(error);
    // Links that lead nowhere or to themselves; a file may vanish while it is looked at.
    bool nothing = status.type() == fs::file_type::not_found || error.value() == ELOOP;
    if (nothing) return;
    if (error && !(options_.errors == WalkErrors::denied_skipped && error.value() == EACCES))
      throw_unless_ignored(error, entry.path());
    if (fs::is_regular_file(status)) return visit_(entry.path(), false);
    if (!fs::is_directory(status)) return;
    if (!entry.is_symlink(error))
      inside.push_back(
          {entry.path(), folder.real.empty() ? fs::path() : folder.real / name, folder.depth + 1});
    else if (options_.follow_links)
      links_.push_back({entry.path(), folder.real, folder.depth + 1});
  }

  void throw_unless_ignored(const std::error_code& error, const fs::path& path) const {
    if (error && options_.errors != WalkErrors::ignored)
      throw fs::filesystem_error("cannot read", path, error);
  }

  const WalkOptions& options_;
  const std::function<void(const fs::path&, bool is_folder)>& visit_;
  std::set<fs::path> seen_;    // real paths of folders
  std::vector<Folder> links_;  // to folders; `real` is of the folder that the link lies in
};

void sort_files(std::vector<fs::path>& files, WalkOrder order) {
  if (order == WalkOrder::path) std::sort(files.begin(), files.end());
  if (order == WalkOrder::natural)
    std::sort(files.begin(), files.end(),
              [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
}

std::vector<fs::path> walked(const fs::path& root, const WalkOptions& options, bool folders) {
  std::vector<fs::path> found;
  Walk(options, [&](const fs::path& path, bool is_folder) {
    if (is_folder == folders && (!options.wanted || options.wanted(path))) found.push_back(path);
  }).run(root);
  sort_files(found, options.order);
  return found;
}

}  // namespace

std::vector<fs::path> walk_files(const fs::path& folder, const WalkOptions& options) {
  return walked(folder, options, false);
}

std::vector<fs::path> walk_folders(const fs::path& folder, const WalkOptions& options) {
  return walked(folder, options, true);
}

}  // namespace ds
