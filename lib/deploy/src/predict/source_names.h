#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace ds::detail {

/// For each source what stands in front of a name that an earlier one has given already: the end of its path
/// that no other's has. Of a file it is the folder's, of an archive the name without its ending.
std::vector<std::string> fronts_of(const std::vector<std::filesystem::path>& sources);

/// Names of which each is given once: `1.jpg`, then `cam2/1.jpg`, then `cam2-2/1.jpg`.
class UniqueNames {
 public:
  std::string take(const std::string& name, const std::string& front);

 private:
  std::set<std::string> taken_;
};

}  // namespace ds::detail
