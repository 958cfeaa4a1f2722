#include "ds/metrics/evaluation.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("an evaluation survives being written and read") {
  const auto made = testing::synthetic_truth({.images = 12});
  auto e = evaluate(made.truth, made.detections, {.resamples = 30}).evaluation;
  e.model = {"m-1", "nano", "yolox-nano", 910000, 3779732};
  e.latency = Latency{12, 10.5, 12.25, 10.75, 1000000, 500000, {"nano", "tiny"}};
  e.machine = {"a processor", 4, 2};
  e.warnings = {"a warning"};
  const auto text = to_json(e).dump();
  const auto again = evaluation_from_json(text, "results.json");
  REQUIRE(to_json(again).dump() == text);
  REQUIRE(again.precision.numbers.values == e.precision.numbers.values);
  REQUIRE(again.facts() == e.facts());
  REQUIRE(again.facts().at("size_mb") == 3.779732);
}

TEST_CASE("an evaluation from before machines were recorded is read") {
  const auto made = testing::synthetic_truth({.images = 3});
  auto e = evaluate(made.truth, made.detections).evaluation;
  e.latency = Latency{12, 10.5, 12.25, 10.75, 1000000, 500000, {"nano"}};
  e.machine = {"a processor", 4, 2};
  auto json = to_json(e);
  json.erase("machine");
  json["latency"].erase("model_memory_bytes");
  json["latency"].erase("together");
  const auto read = evaluation_from_json(json.dump(), "results.json");
  REQUIRE(read.machine == EvaluatedMachine{});
  REQUIRE(read.latency->together.empty());
  REQUIRE_FALSE(read.facts().contains("model_memory_mb"));
  REQUIRE(read.facts().at("memory_mb") == 1);
}

TEST_CASE("a broken results.json says where") {
  const auto made = testing::synthetic_truth({.images = 3});
  auto json = to_json(evaluate(made.truth, made.detections).evaluation);
  auto message = [](const nlohmann::ordered_json& document) -> std::string {
    try {
      evaluation_from_json(document.dump(), "results.json");
    } catch (const FormatError& error) {
      return error.what();
    }
    return "no error";
  };
  auto broken = json;
  broken["version"] = 99;
  REQUIRE(message(broken) == "results.json: version 99 of the format; this ds reads up to 1");
  broken = json;
  broken["coco"].erase("AP50");
  REQUIRE(message(broken) == "results.json: /coco: no 'AP50'");
  broken = json;
  broken["data"]["images"] = "many";
  REQUIRE(message(broken) == "results.json: /data/images: found string, expected another type");
  broken = json;
  broken["confusion"]["cells"].push_back(1);
  REQUIRE(message(broken) == "results.json: /confusion: 17 cells for 3 classes");
  REQUIRE_THROWS_WITH(evaluation_from_json("{", "results.json"), "results.json: offset 2: broken JSON");
}

TEST_CASE("the order of the input changes no number") {
  auto made = testing::synthetic_truth();
  const auto before = to_json(evaluate(made.truth, made.detections, {.resamples = 40}).evaluation).dump();
  Random random(5);
  random.shuffle(made.truth.objects);
  random.shuffle(made.detections.boxes);
  const auto after =
      to_json(evaluate(made.truth, made.detections, {.resamples = 40, .threads = 3}).evaluation).dump();
  REQUIRE(before == after);
}

TEST_CASE("the fingerprint is of the content, not of its order") {
  auto made = testing::synthetic_truth();
  const auto before = fingerprint(made.truth);
  auto shuffled = made.truth;
  std::reverse(shuffled.objects.begin(), shuffled.objects.end());
  REQUIRE(fingerprint(shuffled) == before);
  made.truth.objects[0].w += 1e-9;
  REQUIRE(fingerprint(made.truth) != before);
}

TEST_CASE("every number of perfect detections is best") {
  const auto made = testing::synthetic_truth({.jitter = 0, .missed = 0, .false_per_image = 0});
  const auto numbers = average_precision(match(made.truth, made.detections)).numbers;
  for (const auto* name : {"AP", "AP50", "AP75", "APs", "APm", "APl", "AR100"})
    REQUIRE(numbers.at(name) > 1 - 1e-12);
  REQUIRE_THROWS_WITH(numbers.at("AP5O"),
                      "unknown metric 'AP5O'; known: AP, AP50, AP75, APs, APm, APl, AR1, AR10, "
                      "AR100, ARs, ARm, ARl");
}

TEST_CASE("an empty truth has no numbers") {
  const TruthTable truth{{{1, "a.jpg", {}}}, {{1, "cat"}}, {}};
  const auto e = evaluate(truth, {"empty", {}}, {.resamples = 30}).evaluation;
  for (const auto value : e.precision.numbers.values) REQUIRE(value == -1);
  REQUIRE_FALSE(e.operating.all.accuracy().has_value());
  REQUIRE(e.facts().empty());
}

TEST_CASE("what pycocotools would say differently is told") {
  auto made = testing::synthetic_truth({.images = 4});
  REQUIRE(pycocotools_differences(made.truth, made.detections).empty());
  made.truth.objects[1].id = made.truth.objects[0].id;
  const auto found = pycocotools_differences(made.truth, made.detections);
  REQUIRE(found.size() == 2);
  REQUIRE(found[0] == "1 repeated annotation id: pycocotools sees only the last of each");
  REQUIRE(pycocotools_differences(made.truth, {"none", {}})[0] ==
          "none: no detections; pycocotools stops with an IndexError here, ds counts every object as missed");
}

TEST_CASE("a dataset and its detections become tables") {
  Dataset dataset{ClassList({"cat", "dog"}), {}};
  Image image;
  image.name = "a.jpg";
  Annotation annotation;
  annotation.class_idx = 1;
  annotation.shape = Box{10, 20, 40, 60};
  image.annotations = {annotation, annotation, annotation};
  image.annotations[1].proposal = true;
  image.annotations[2].difficult = true;
  dataset.images = {image};
  const auto truth = truth_from_dataset(dataset);
  REQUIRE(truth.images[0].id == 1);
  REQUIRE(truth.objects.size() == 2);
  REQUIRE(truth.objects[0].w == 30);
  REQUIRE(truth.objects[0].area == 1200);
  REQUIRE(truth.objects[1].ignore);
  const auto table = detections_from({{0, "a.jpg", {{1, 0.5, {10, 20, 40, 60}}}}}, truth, "model");
  REQUIRE(table.boxes.at(0).h == 40);
  REQUIRE(average_precision(match(truth, table)).numbers.ap() > 1 - 1e-12);
  REQUIRE_THROWS_WITH(detections_from({{0, "b.jpg", {}}}, truth, "model"),
                      "model: image 0 (b.jpg) is not in the truth");
  REQUIRE_THROWS_WITH(detections_from({{1, "a.jpg", {{2, 0.5, {}}}}}, truth, "model"),
                      "model: class index 2 is outside the 2 classes of the truth");
}
