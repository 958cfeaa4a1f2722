#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <vector>

namespace ds {

/// What to do about a folder that cannot be read.
enum class WalkErrors {
  thrown,          // std::filesystem::filesystem_error
  denied_skipped,  // one that this user may not read counts as empty; any other error is thrown
  ignored,         // it counts as empty, as does one that is not there
};
enum class WalkOrder {
  any,
  path,     // as std::filesystem::path compares
  natural,  // "img2" before "img10", by the whole path
};

struct WalkOptions {
  // Enter folders behind symbolic links, each once, however many links lead there, and none that leads back to
  // a folder it lies in. Links to files are files either way.
  bool follow_links = false;
  bool hidden = true;                               // with what begins with '.', and what lies below it
  int max_depth = std::numeric_limits<int>::max();  // 0: only what lies in the folder itself
  WalkErrors errors = WalkErrors::thrown;
  WalkOrder order = WalkOrder::any;
  std::function<bool(const std::filesystem::path& path)> wanted = {};  // which; empty: all
};

/// The regular files below a folder, each as the folder's path with what leads to it appended.
std::vector<std::filesystem::path> walk_files(const std::filesystem::path& folder,
                                              const WalkOptions& options = {});
/// The folders below it likewise.
std::vector<std::filesystem::path> walk_folders(const std::filesystem::path& folder,
                                                const WalkOptions& options = {});

}  // namespace ds
