#include "ds/nn/networks.h"

#include "arch/families.h"
#include "ds/arch/architecture.h"
#include "ds/base/error.h"

namespace ds {

const std::map<std::string, MakeNet>& networks() {
  static const std::map<std::string, MakeNet> table = [] {
    std::map<std::string, MakeNet> all;
    detail::yolox::add_networks(all);
    detail::rtmdet::add_networks(all);
    detail::ssdlite::add_networks(all);
    detail::faster_rcnn::add_networks(all);
    return all;
  }();
  return table;
}

std::shared_ptr<DetectorNet> make_detector_net(const std::string& architecture, int num_classes) {
  const auto& known = architectures().at(architecture);
  if (num_classes < 1)
    throw UsageError("a detector needs at least one class, got " + std::to_string(num_classes));
  return networks().at(known.name)(num_classes);
}

}  // namespace ds
