#pragma once

#include <string>

namespace ds {

struct MotReading {
  /// What the numbers start at: "auto" (a frame, box or class counted from 0 is proof), "one", "zero".
  std::string base = "auto";
};

}  // namespace ds
