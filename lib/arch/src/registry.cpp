#include "families.h"

namespace ds {

const Registry<Architecture>& architectures() {
  static const Registry<Architecture> registry = [] {
    Registry<Architecture> all("architecture");
    detail::add_yolox(all);
    detail::add_rtmdet(all);
    detail::add_ssdlite(all);
    detail::add_faster_rcnn(all);
    return all;
  }();
  return registry;
}

}  // namespace ds
