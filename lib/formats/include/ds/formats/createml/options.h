#pragma once

#include <string>

namespace ds {

struct CreatemlReading {
  /// What `coordinates` x and y are: "center", "topleft"; "auto": what the boxes allow, else center.
  std::string anchor = "auto";
};

}  // namespace ds
