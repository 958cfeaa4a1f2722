#include "headers/exif.h"

#include "fuzz_target.h"
#include "make_images.h"

namespace ds::fuzz {

void take(std::string_view bytes) {
  if (auto orientation = detail::exif_orientation(bytes); orientation < 1 || orientation > 8)
    throw std::logic_error("orientation " + std::to_string(orientation));
}

std::vector<std::string> seeds() {
  return {testing::exif_block(3, false), testing::exif_block(6, true),
          std::string("Exif\0\0", 6) + testing::exif_block(8, true)};
}

}  // namespace ds::fuzz
