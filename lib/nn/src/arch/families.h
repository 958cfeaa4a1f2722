#pragma once

#include "ds/nn/networks.h"

/// One function per family, so that the table of networks is made without torch's headers.
namespace ds::detail {

using Networks = std::map<std::string, MakeNet>;

namespace yolox {
void add_networks(Networks& all);
}
namespace rtmdet {
void add_networks(Networks& all);
}
namespace ssdlite {
void add_networks(Networks& all);
}
namespace faster_rcnn {
void add_networks(Networks& all);
}

}  // namespace ds::detail
