#include "ds/media/image_io.h"
#include "fuzz_target.h"
#include "picture_seeds.h"

namespace ds::fuzz {

void take(std::string_view bytes) {
  constexpr std::int64_t kMostPixels = 1 << 16;
  decode_image(bytes, "picture", {.max_pixels = kMostPixels});
}

std::vector<std::string> seeds() {
  return picture_seeds();
}

}  // namespace ds::fuzz
