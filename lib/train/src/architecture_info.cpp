#include "ds/train/architecture_info.h"

#include "ds/nn/architectures.h"
#include "ds/nn/detector_net.h"

namespace ds {

std::vector<ArchitectureInfo> list_architectures(bool measure) {
  constexpr int kCocoClasses = 80;
  std::vector<ArchitectureInfo> all;
  for (const auto& entry : architectures().entries()) {
    const auto& input = entry.value.input;
    ArchitectureInfo info{entry.name, entry.summary, input.default_width, input.default_height};
    if (measure) {
      auto net = entry.value.make(kCocoClasses);
      info.parameters = parameter_count(*net);
      info.gflops = static_cast<double>(flop_count(*net, input.default_height, input.default_width)) / 1e9;
    }
    all.push_back(std::move(info));
  }
  return all;
}

}  // namespace ds
