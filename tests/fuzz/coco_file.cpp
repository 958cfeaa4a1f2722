#include "ds/cocofile/coco_file.h"

#include "ds/base/files.h"
#include "fuzz_target.h"

namespace ds::fuzz {
namespace {

TruthTable truth() {
  TruthTable table;
  table.classes = {{1, "car"}, {2, "bus"}};
  for (int i = 1; i <= 2; ++i)
    table.images.push_back({.id = i, .name = std::to_string(i) + ".jpg", .width = 40, .height = 24});
  return table;
}

bool is_truth() {
  return subject() == "coco_truth";
}

}  // namespace

void take(std::string_view bytes) {
  static const TemporaryFolder folder;
  auto file = folder.path() / "coco.json";
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  if (stream == nullptr) return;
  std::fwrite(bytes.data(), 1, bytes.size(), stream);
  std::fclose(stream);
  // A file without masks is refused where they are asked for.
  const bool with_masks = bytes.find("segmentation") != bytes.npos;
  if (is_truth())
    read_coco_truth(file, {.with_masks = with_masks, .with_labels = true});
  else
    read_coco_detections(file, truth(), {.with_masks = with_masks});
}

std::vector<std::string> seeds() {
  if (is_truth())
    return {
        R"({"images":[{"id":1,"file_name":"a.jpg","width":40,"height":24,"neg_category_ids":[2]}],)"
        R"("categories":[{"id":1,"name":"car","frequency":"r"},{"id":2,"name":"bus"}],)"
        R"("annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1.5,2,10,8],"area":80,"iscrowd":0}]})",
        R"({"images":[{"id":1,"width":40,"height":24}],"categories":[{"id":1,"name":"car"}],)"
        R"("annotations":[{"id":1,"image_id":1,"category_id":1,"segmentation":[[0,0,4,0,4,5,0,5]]}]})"};
  return {
      R"([{"image_id":1,"category_id":2,"bbox":[1.5,2,10,8],"score":0.75},)"
      R"({"image_id":2,"category_id":1,"bbox":[0,0,40,24],"score":1e-3}])",
      "[]",
      R"([{"image_id":1,"category_id":2,"score":0.5,"segmentation":{"size":[24,40],"counts":[0,5,955]}}])"};
}

}  // namespace ds::fuzz
