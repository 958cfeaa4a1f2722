#include "ds/formats/coco_results.h"

#include "ds/base/files.h"
#include "fuzz_target.h"

namespace ds::fuzz {
namespace {

Dataset truth() {
  Dataset dataset;
  dataset.classes.add({.name = "car"});
  dataset.classes.add({.name = "bus"});
  for (int i = 1; i <= 2; ++i)
    dataset.images.push_back({.id = i, .name = std::to_string(i) + ".jpg", .width = 40, .height = 24});
  return dataset;
}

}  // namespace

void take(std::string_view bytes) {
  static const TemporaryFolder folder;
  auto file = folder.path() / "results.json";
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  if (stream == nullptr) return;
  std::fwrite(bytes.data(), 1, bytes.size(), stream);
  std::fclose(stream);
  read_coco_results(file, truth());
}

std::vector<std::string> seeds() {
  return {R"([{"image_id":1,"category_id":2,"bbox":[1.5,2,10,8],"score":0.75},)"
          R"({"image_id":2,"category_id":1,"bbox":[0,0,40,24],"score":1e-3}])",
          "[]"};
}

}  // namespace ds::fuzz
