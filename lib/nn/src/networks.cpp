#include "arch/faster_rcnn.h"
#include "arch/rtmdet.h"
#include "arch/ssdlite.h"
#include "arch/yolox.h"
#include "ds/nn/architectures.h"

namespace ds {

const Registry<Architecture>& architectures() {
  static const Registry<Architecture> registry = [] {
    Registry<Architecture> all("architecture");
    yolox::register_architectures(all);
    rtmdet::register_architectures(all);
    ssdlite::register_architectures(all);
    faster_rcnn::register_architectures(all);
    return all;
  }();
  return registry;
}

std::shared_ptr<DetectorNet> make_detector_net(const std::string& architecture, int num_classes) {
  const auto& entry = architectures().at(architecture);
  if (num_classes < 1)
    throw UsageError("a detector needs at least one class, got " + std::to_string(num_classes));
  return entry.value.make(num_classes);
}

}  // namespace ds
