#pragma once

#include <string>

namespace ds {

struct VocReading {
  /// "auto", "devkit" (1-based inclusive), "asis" (0-based half-open), "shift" (all minus 1).
  std::string coords = "auto";
};

struct VocWriting {
  std::string coords = "asis";  // or "devkit"
};

}  // namespace ds
