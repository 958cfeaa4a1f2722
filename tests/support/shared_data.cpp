#include "ds/testing/shared_data.h"

#include <cstdlib>
#include <iostream>

namespace ds::testing {

std::filesystem::path source_folder() {
  return DS_SOURCE_DIR;
}
std::filesystem::path tools_folder() {
  return std::filesystem::path(DS_BINARY_DIR) / "bin";
}

std::filesystem::path shared_folder() {
  if (const char* folder = std::getenv("DS_SHARED")) return folder;
  return source_folder().parent_path() / "shared";
}

bool shared_is_absent(const std::string& relative) {
  if (std::filesystem::exists(shared_folder() / relative)) return false;
  std::cout << "SKIPPED: " << (shared_folder() / relative).string()
            << " is absent (set DS_SHARED to the folder that holds data/ and cases/)\n";
  return true;
}

}  // namespace ds::testing
