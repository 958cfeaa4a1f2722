#pragma once

#include <filesystem>
#include <vector>

#include "ds/media/image_header.h"

namespace ds {

/// Where readers get the sizes of pictures from. A reader says first which files it will ask for, so that
/// they are read on all processors; then it asks for one after the other.
class HeaderSource {
 public:
  virtual ~HeaderSource() = default;
  /// Only a hint: a file may be asked for without it, and need not be asked for after it. Throws Interrupted.
  virtual void prepare(const std::vector<std::filesystem::path>& files) = 0;
  /// As read_image_header, with the same errors.
  virtual ImageHeader header_of(const std::filesystem::path& file) = 0;
};

}  // namespace ds
