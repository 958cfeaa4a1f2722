#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ds {

/// One line of `ds-train archs`.
struct ArchitectureInfo {
  std::string name;
  std::string summary;
  int input_width = 0;  // the default
  int input_height = 0;
  std::int64_t parameters = 0;  // for 80 classes; 0: not counted
  double gflops = 0;            // for 80 classes at the default input; 0: not counted
};

/// @param measure builds each network to count its parameters and operations, which takes seconds
std::vector<ArchitectureInfo> list_architectures(bool measure);

}  // namespace ds
