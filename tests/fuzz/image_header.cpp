#include "ds/media/image_header.h"

#include "fuzz_target.h"
#include "picture_seeds.h"

namespace ds::fuzz {

void take(std::string_view bytes) {
  require_whole_image(bytes, read_image_header(bytes, "picture"), "picture");
}

std::vector<std::string> seeds() {
  return picture_seeds();
}

}  // namespace ds::fuzz
