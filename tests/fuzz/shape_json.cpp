#include <stdexcept>

#include "ds/geometry/shape.h"
#include "fuzz_target.h"

namespace ds::fuzz {

void take(std::string_view bytes) {
  auto shape = shape_from_json(std::string(bytes));
  bounding_box(shape);
  area_of(shape);
  outline_of(shape);
  auto text = shape_to_json(shape);
  if (shape_to_json(shape_from_json(text)) != text) throw std::logic_error("no round trip: " + text);
}

std::vector<std::string> seeds() {
  return {R"({"box":[1,2.5,3,4]})",
          R"({"rotated_box":[10,10,4,2,30]})",
          R"({"polygon":[[0,0,10,0,5,8],[1,1,2,1,2,2]]})",
          shape_to_json(RunLengthMask{4, 3, {2, 5, 5}}),
          R"({"points":[1,2,2,3,4,1],"box":[0,0,5,5]})",
          R"({"polyline":[1,2,3,4]})",
          R"({"ellipse":[10,10,4,2,30]})"};
}

}  // namespace ds::fuzz
