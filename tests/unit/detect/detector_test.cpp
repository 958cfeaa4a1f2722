#include "ds/detect/detector.h"

#include <opencv2/core.hpp>

#include "ds/base/error.h"
#include "ds/detect/engine.h"
#include "ds/media/image_io.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::shared_folder;
using ds::testing::shared_is_absent;

namespace {

/// Finds one box at a fixed place in the input, and keeps what it was given.
class FixedEngine : public Engine {
 public:
  FixedEngine(std::vector<ScoredBox> boxes, std::vector<float>* seen = nullptr)
      : boxes_(std::move(boxes)), seen_(seen) {}
  std::vector<std::vector<ScoredBox>> run(const InputBatch& batch, double) override {
    if (seen_ != nullptr) seen_->assign(batch.values, batch.values + 3 * batch.height * batch.width);
    return std::vector<std::vector<ScoredBox>>(static_cast<std::size_t>(batch.count), boxes_);
  }
  int input_multiple() const override { return 32; }

 private:
  std::vector<ScoredBox> boxes_;
  std::vector<float>* seen_;
};

ModelCard small_card() {
  ModelCard card;
  card.classes = {"a", "b"};
  card.input_width = 64;
  card.input_height = 64;
  return card;
}

std::filesystem::path weights(const std::string& name) {
  return shared_folder() / "data/weights/yolox_nano" / name;
}
std::vector<cv::Mat> some_photos() {
  std::vector<cv::Mat> photos;
  for (const char* name : {"000000000009.jpg", "000000000025.jpg", "000000000030.jpg"})
    photos.push_back(decode_image_file(shared_folder() / "data/coco128_train/images/train2017" / name));
  return photos;
}

void require_alike(const std::vector<Detection>& a, const std::vector<Detection>& b, double pixels) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].class_idx == b[i].class_idx);
    REQUIRE(a[i].score == Approx(b[i].score).margin(1e-3));
    REQUIRE(a[i].box.x0 == Approx(b[i].box.x0).margin(pixels));
    REQUIRE(a[i].box.y0 == Approx(b[i].box.y0).margin(pixels));
    REQUIRE(a[i].box.x1 == Approx(b[i].box.x1).margin(pixels));
    REQUIRE(a[i].box.y1 == Approx(b[i].box.y1).margin(pixels));
  }
}

}  // namespace

TEST_CASE("boxes come back in image pixels, clipped and suppressed class by class") {
  std::vector<ScoredBox> boxes = {{{10, 10, 20, 20}, 0.9, 0},
                                  {{10, 10, 20, 21}, 0.8, 0},   // IoU 100/110 with the first: suppressed
                                  {{10, 10, 20, 20}, 0.7, 1},   // another class: kept
                                  {{-8, 30, 100, 40}, 0.6, 1},  // reaches over the edges
                                  {{10, 40, 20, 60}, 0.5, 0}};  // below the image: only padding there
  Detector detector(small_card(), std::make_unique<FixedEngine>(boxes), {});
  // 128x64 into 64x64: scale 0.5, so the image covers the input's upper half.
  auto found = detector.detect(cv::Mat(64, 128, CV_8UC3));
  REQUIRE(found.size() == 3);
  REQUIRE(found[0] == Detection{0, 0.9, {20, 20, 40, 40}});
  REQUIRE(found[1] == Detection{1, 0.7, {20, 20, 40, 40}});
  REQUIRE(found[2] == Detection{1, 0.6, {0, 60, 128, 64}});
}

TEST_CASE("the input is the image top-left, bilinear, then the pad value, in planes") {
  std::vector<float> seen;
  auto card = small_card();
  Detector detector(card, std::make_unique<FixedEngine>(std::vector<ScoredBox>{}, &seen), {});
  detector.detect(cv::Mat(32, 64, CV_8UC3, cv::Scalar(10, 20, 30)));  // scale 1
  const std::size_t plane = 64 * 64;
  REQUIRE(seen[0] == 10);
  REQUIRE(seen[plane] == 20);
  REQUIRE(seen[2 * plane + 31 * 64 + 63] == 30);
  REQUIRE(seen[32 * 64] == 114);
  card.preprocessing = {ChannelOrder::rgb, {0.5, 0.5, 0.25}, {10, 4, 10}, 0};
  Detector other(card, std::make_unique<FixedEngine>(std::vector<ScoredBox>{}, &seen), {});
  other.detect(cv::Mat(32, 64, CV_8UC3, cv::Scalar(10, 20, 30)));
  REQUIRE(seen[0] == 10);                      // red first: (30 - 10) / 2
  REQUIRE(seen[plane] == 8);                   // green: (20 - 4) / 2
  REQUIRE(seen[2 * plane] == 0);               // blue last: (10 - 10) / 4
  REQUIRE(seen[2 * plane + 32 * 64] == -2.5);  // pad: (0 - 10) / 4
}

TEST_CASE("options override the card") {
  auto make = [](const DetectorOptions& options) {
    return Detector(small_card(),
                    std::make_unique<FixedEngine>(std::vector<ScoredBox>(5, {{1, 1, 9, 9}, 0.5, 0})),
                    options);
  };
  REQUIRE(make({}).score_threshold() == 0.25);
  REQUIRE(make({.score_threshold = 0.01}).score_threshold() == 0.01);
  REQUIRE(make({.input_width = 96}).input_width() == 96);
  REQUIRE(make({.nms_iou = 1.0, .max_per_image = 3}).detect(cv::Mat(64, 64, CV_8UC3)).size() == 3);
  REQUIRE(make({}).detect(std::vector<cv::Mat>{}).empty());
  std::vector<ScoredBox> two_classes = {
      {{1, 1, 9, 9}, 0.5, 0}, {{1, 1, 9, 9}, 0.6, 1}, {{40, 40, 50, 50}, 0.3, 0}};
  Detector best(small_card(), std::make_unique<FixedEngine>(two_classes), {.best_class_only = true});
  auto found = best.detect(cv::Mat(64, 64, CV_8UC3));
  REQUIRE(found.size() == 2);
  REQUIRE(found[0].class_idx == 1);
  REQUIRE(found[1].score == 0.3);
  REQUIRE_THROWS_WITH(make({.input_width = 100}), "input width 100 is not a multiple of 32");
  REQUIRE_THROWS_WITH(make({.input_height = -32}), "input height -32 is not a multiple of 32");
}

TEST_CASE("grey and alpha pictures work, others are refused") {
  Detector detector(small_card(), std::make_unique<FixedEngine>(std::vector<ScoredBox>{}), {});
  REQUIRE(detector.detect(cv::Mat(10, 10, CV_8UC1)).empty());
  REQUIRE(detector.detect(cv::Mat(10, 10, CV_8UC4)).empty());
  REQUIRE_THROWS_WITH(detector.detect(cv::Mat(10, 10, CV_16UC3)),
                      "an image of 16 bits per channel, expected 8");
  REQUIRE_THROWS_WITH(detector.detect(cv::Mat(10, 10, CV_8UC2)),
                      "an image of 2 channels, expected 1, 3 or 4");
  REQUIRE_THROWS_WITH(detector.detect(cv::Mat()), "an image without pixels");
}

TEST_CASE("the torch and the opencv engine find the same, in a batch and alone") {
  if (shared_is_absent("data/weights/yolox_nano") || shared_is_absent("data/coco128_train")) return;
  auto torch = load_detector(weights("yolox_nano_coco.safetensors"), {.score_threshold = 0.05, .threads = 1});
  auto pth = load_detector(weights("yolox_nano_coco.pth"), {.score_threshold = 0.05, .threads = 1});
  auto opencv = load_detector(weights("yolox_nano.onnx"), {.score_threshold = 0.05, .threads = 1});
  REQUIRE(torch.card().architecture == "yolox-nano");
  REQUIRE(torch.card().classes.size() == 80);
  REQUIRE(opencv.card().classes[0] == "person");
  REQUIRE(opencv.input_width() == 416);
  auto photos = some_photos();
  auto batch = torch.detect(photos);
  for (std::size_t i = 0; i < photos.size(); ++i) {
    REQUIRE(!batch[i].empty());
    auto alone = torch.detect(photos[i]);
    require_alike(batch[i], alone, 0.05);
    require_alike(pth.detect(photos[i]), alone, 1e-6);
    require_alike(opencv.detect(photos[i]), alone, 0.5);
  }
}

TEST_CASE("the torch engine runs at another input size, the fixed ONNX says it cannot") {
  if (shared_is_absent("data/weights/yolox_nano") || shared_is_absent("data/coco128_train")) return;
  auto torch =
      load_detector(weights("yolox_nano_coco.safetensors"), {.input_width = 320, .input_height = 256});
  REQUIRE(!torch.detect(some_photos()[0]).empty());
  REQUIRE_THROWS_WITH(load_detector(weights("yolox_nano.onnx"), {.input_width = 320}),
                      "input width 320: this model file is fixed to 416");
}

TEST_CASE("engines say what they cannot do") {
  if (shared_is_absent("data/weights/yolox_nano")) return;
  REQUIRE_THROWS_WITH(load_detector(weights("yolox_nano.onnx"), {.engine = "torch"}),
                      "engine torch loads .safetensors, .pth, .pt, not yolox_nano.onnx");
  REQUIRE_THROWS_WITH(load_detector(weights("yolox_nano.onnx"), {.engine = "tourch"}),
                      "unknown engine 'tourch'; known: torch, opencv");
  REQUIRE_THROWS_WITH(load_detector(weights("yolox_nano.onnx"), {.device = "cuda"}),
                      "engine opencv runs on device cpu, not 'cuda'");
  REQUIRE_THROWS_WITH(load_detector(weights("yolox_nano_coco.pth"), {.device = "abacus"}),
                      "unknown device 'abacus'; expected cpu, cuda or cuda:<number>");
  auto two = load_detector(weights("yolox_nano.onnx"), {.classes = {"a", "b"}});
  REQUIRE_THROWS_WITH(two.detect(cv::Mat(64, 64, CV_8UC3, cv::Scalar::all(0))),
                      weights("yolox_nano.onnx").string() +
                          " gives an output of [1,3549,85], expected [1,3549,7] for 2 classes at 416x416");
  REQUIRE_THROWS_WITH(
      load_detector(weights("yolox_nano_coco.pth"), {.classes = {"a", "b"}}),
      Catch::Matchers::StartsWith(
          "the weights do not fit the network: head.cls_preds.0.weight: shape [80,64,1,1] in the "
          "file, [2,64,1,1] in the network"));
}

TEST_CASE("a plugin that is nowhere names the places that were searched") {
  auto at_home = find_engine_plugin("torch");
  REQUIRE(at_home.filename() == "libds_engine_torch.so");
  try {
    find_engine_plugin("nowhere");
    FAIL("found");
  } catch (const Error& error) {
    REQUIRE(std::string(error.what()) == "engine nowhere is not installed; looked for " +
                                             (at_home.parent_path() / "libds_engine_nowhere.so").string());
  }
}
