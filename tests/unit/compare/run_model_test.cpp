#include "ds/compare/run_model.h"

#include <opencv2/core/mat.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/compare/eval_data.h"
#include "ds/detect/engine.h"
#include "ds/media/image_io.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// Finds the same two boxes on every image.
class FixedEngine : public Engine {
 public:
  std::vector<std::vector<ScoredBox>> run(const InputBatch& batch, double) override {
    std::vector<ScoredBox> found;
    found.push_back({Box{8, 8, 24, 24}, 0.9F, 0});
    found.push_back({Box{32, 32, 48, 48}, 0.6F, 1});
    return std::vector<std::vector<ScoredBox>>(static_cast<std::size_t>(batch.count), found);
  }
  int input_multiple() const override { return 32; }
};

struct Fixture {
  TemporaryFolder folder;
  EvalData data;

  explicit Fixture(const std::vector<std::string>& classes) {
    for (std::size_t c = 0; c < classes.size(); ++c)
      data.truth.classes.push_back({static_cast<std::int64_t>(c) + 1, classes[c]});
    for (int i = 0; i < 4; ++i) {
      const auto file = folder.path() / ("image-" + std::to_string(i) + ".png");
      write_image(file, cv::Mat(64, 64, CV_8UC3, cv::Scalar(10, 20, 30)));
      data.files.push_back(file);
      data.truth.images.push_back({i + 1, file.filename().string(), {}});
      TruthObject object{8, 8, 16, 16, 256};
      object.id = i + 1;
      object.image_idx = i;
      data.truth.objects.push_back(object);
    }
  }

  Inference run(const std::vector<std::string>& model_classes) const {
    ModelCard card;
    card.name = "fixed";
    card.architecture = "yolox-nano";
    card.classes = model_classes;
    card.input_width = card.input_height = 64;
    Detector detector(card, std::make_unique<FixedEngine>(), {});
    return run_model(detector, data, no_progress());
  }
};

}  // namespace

TEST_CASE("every image is run and timed") {
  const Fixture f({"cat", "dog"});
  const auto result = f.run({"cat", "dog"});
  REQUIRE(result.table.boxes.size() == 8);
  REQUIRE(result.table.boxes[0].x == 8);
  REQUIRE(result.table.boxes[0].w == 16);
  REQUIRE(result.table.boxes[7].image_idx == 3);
  REQUIRE(result.latency.images == 4);
  REQUIRE(result.latency.p95_ms >= result.latency.p50_ms);
  REQUIRE(result.latency.peak_memory_bytes > 0);
  REQUIRE(result.warnings.empty());
}

namespace {

/// Writes its name into a list each time it runs.
class NamedEngine : public Engine {
 public:
  NamedEngine(char name, std::string& calls) : name_(name), calls_(calls) {}
  std::vector<std::vector<ScoredBox>> run(const InputBatch& batch, double) override {
    calls_ += name_;
    return std::vector<std::vector<ScoredBox>>(static_cast<std::size_t>(batch.count),
                                               {{Box{8, 8, 24, 24}, 0.9F, name_ == 'a' ? 0 : 1}});
  }
  int input_multiple() const override { return 32; }

 private:
  char name_;
  std::string& calls_;
};

}  // namespace

TEST_CASE("several models take turns on every image, another one first each time") {
  const Fixture f({"cat", "dog"});
  ModelCard card;
  card.architecture = "yolox-nano";
  card.classes = {"cat", "dog"};
  card.input_width = card.input_height = 64;
  std::string calls;
  Detector a(card, std::make_unique<NamedEngine>('a', calls), {});
  Detector b(card, std::make_unique<NamedEngine>('b', calls), {});
  Detector c(card, std::make_unique<NamedEngine>('c', calls), {});
  const auto results = run_models({&a, &b, &c}, {"first", "second", "third"}, f.data, no_progress());
  // Each of the first three images runs twice (warm-up).
  REQUIRE(calls == "aabbccbbccaaccaabbabc");
  REQUIRE(results.size() == 3);
  REQUIRE(results[0].table.name == "first");
  REQUIRE(results[0].table.boxes.size() == 4);
  REQUIRE(results[0].table.boxes[3].class_idx == 0);
  REQUIRE(results[1].table.boxes[3].class_idx == 1);
  REQUIRE(results[1].table.boxes[3].image_idx == 3);
  REQUIRE(results[2].latency.images == 4);
  REQUIRE(results[2].latency.together == std::vector<std::string>{"first", "second", "third"});
}

TEST_CASE("classes are matched by name, whatever their order") {
  const Fixture f({"dog", "cat"});
  const auto result = f.run({"cat", "dog"});
  REQUIRE(result.table.boxes[0].class_idx == 1);
  REQUIRE(result.warnings.empty());
}

TEST_CASE("detections of classes that the data lacks are left out, and it is said") {
  const Fixture f({"cat", "bird", "fish"});
  const auto result = f.run({"cat", "dog"});
  REQUIRE(result.table.boxes.size() == 4);
  REQUIRE(result.warnings ==
          std::vector<std::string>{"fixed: detections of classes that the data lacks are left out: dog",
                                   "fixed: the model does not know the classes bird, fish"});
}

TEST_CASE("the odd name at the same place of an equal list is the same class") {
  const Fixture f({"cat", "motorcycle", "bird"});
  const auto result = f.run({"cat", "motorbike", "bird"});
  REQUIRE(result.table.boxes.size() == 8);
  REQUIRE(result.warnings ==
          std::vector<std::string>{"fixed: classes taken as the same because they stand at the same "
                                   "place: motorbike = motorcycle"});
}

TEST_CASE("a model of other classes is refused") {
  const Fixture f({"bird"});
  REQUIRE_THROWS_WITH(f.run({"cat", "dog"}), "fixed and the data have no class in common");
}

TEST_CASE("a dataset whose images are missing is refused") {
  TemporaryFolder folder;
  const auto file = folder.path() / "gt.json";
  write_file_atomically(file, R"({"images":[{"id":1,"file_name":"a.jpg","width":10,"height":10}],
    "categories":[{"id":1,"name":"cat"}],"annotations":[]})");
  REQUIRE_THROWS_WITH(dataset_data(file, "coco"), file.string() + ": the file of image a.jpg is missing");
}
