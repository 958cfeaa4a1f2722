#include <nlohmann/json.hpp>

#include "ds/base/files.h"
#include "ds/base/random.h"
#include "ds/cocofile/coco_file.h"
#include "ds/metrics/evaluation.h"
#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::synthetic_truth;
using nlohmann::json;

namespace {

/// A truth and a model's detections as COCO's two files, list by list.
struct Files {
  std::vector<json> images, classes, objects, detections;

  void shuffle(Random& random) {
    for (auto* list : {&images, &classes, &objects, &detections}) random.shuffle(*list);
  }

  /// The whole evaluation, as results.json has it.
  std::string evaluation(int threads) const {
    TemporaryFolder folder;
    const auto gt = folder.path() / "gt.json", dt = folder.path() / "dt.json";
    write_file_atomically(gt,
                          json{{"images", images}, {"categories", classes}, {"annotations", objects}}.dump());
    write_file_atomically(dt, json(detections).dump());
    const auto truth = read_coco_truth(gt).truth;
    auto table = read_coco_detections(dt, truth).table;
    EvaluateOptions options;
    options.resamples = 50;
    options.threads = options.match.threads = threads;
    return to_json(evaluate(truth, table, options).evaluation).dump(1);
  }
};

Files made_files() {
  const auto made = synthetic_truth({.images = 30, .classes = 7});
  Files files;
  for (const auto& image : made.truth.images)
    files.images.push_back({{"id", image.id}, {"file_name", image.name}, {"width", 640}, {"height", 480}});
  for (const auto& one : made.truth.classes) files.classes.push_back({{"id", one.id}, {"name", one.name}});
  for (const auto& o : made.truth.objects)
    files.objects.push_back({{"id", o.id},
                             {"image_id", o.image_idx + 1},
                             {"category_id", o.class_idx + 1},
                             {"bbox", {o.x, o.y, o.w, o.h}},
                             {"area", o.area},
                             {"iscrowd", 0}});
  for (const auto& d : made.detections.boxes)
    files.detections.push_back({{"image_id", d.image_idx + 1},
                                {"category_id", d.class_idx + 1},
                                {"bbox", {d.x, d.y, d.w, d.h}},
                                {"score", d.score}});
  return files;
}

}  // namespace

TEST_CASE("an evaluation is the same bytes in any order of the files and at any number of threads") {
  auto files = made_files();
  const auto expected = files.evaluation(1);
  REQUIRE(expected.find("\"objects\": 150") != std::string::npos);
  REQUIRE(files.evaluation(3) == expected);
  Random random(5);
  for (int round = 0; round < 3; ++round) {
    files.shuffle(random);
    REQUIRE(files.evaluation(1 + round) == expected);
  }
}
