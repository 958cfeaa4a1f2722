#pragma once

#include <string>

namespace ds {

struct CvatWriting {
  /// "images", "video" (tracks); "auto": images, unless every image is a frame of one video and every object
  /// has a track.
  std::string kind = "auto";
};

}  // namespace ds
