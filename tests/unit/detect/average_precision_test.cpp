#include <opencv2/core.hpp>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "ds/base/files.h"
#include "ds/detect/detector.h"
#include "ds/media/image_io.h"
#include "ds/metrics/evaluation.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::shared_folder;
using ds::testing::shared_is_absent;

namespace {

void add_truth(TruthTable& truth, std::int32_t image_idx, const std::filesystem::path& labels,
               const cv::Mat& image) {
  if (!std::filesystem::exists(labels)) return;
  std::istringstream lines(read_file(labels));
  int class_idx = 0;
  double cx = 0, cy = 0, w = 0, h = 0;
  while (lines >> class_idx >> cx >> cy >> w >> h) {
    w *= image.cols;
    h *= image.rows;
    truth.objects.push_back({cx * image.cols - w / 2, cy * image.rows - h / 2, w, h, w * h,
                             static_cast<std::int64_t>(truth.objects.size()) + 1, image_idx, class_idx});
  }
}

}  // namespace

TEST_CASE("yolox-nano reaches its known precision on 128 COCO images") {
  if (shared_is_absent("data/weights/yolox_nano") || shared_is_absent("data/coco128_train")) return;
  auto root = shared_folder() / "data/coco128_train";
  auto detector = load_detector(shared_folder() / "data/weights/yolox_nano/yolox_nano_coco.safetensors",
                                {.score_threshold = 0.01, .nms_iou = 0.65, .threads = 1});
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(root / "images/train2017"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() == 128);
  TruthTable truth;
  DetectionTable found;
  for (const auto& name : detector.card().classes)
    truth.classes.push_back({static_cast<std::int64_t>(truth.classes.size()) + 1, name});
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto image_idx = static_cast<std::int32_t>(i);
    auto image = decode_image_file(files[i]);
    truth.images.push_back({image_idx + 1, files[i].filename().string(), ""});
    add_truth(truth, image_idx, root / "labels/train2017" / (files[i].stem().string() + ".txt"), image);
    for (const auto& d : detector.detect(image))
      found.boxes.push_back(
          {d.box.x0, d.box.y0, d.box.width(), d.box.height(), d.score, image_idx, d.class_idx});
  }
  REQUIRE(truth.objects.size() == 929);
  auto numbers = evaluate(truth, found).evaluation.precision.numbers;
  INFO("AP " << numbers.ap() << " AP50 " << numbers.ap50());
  REQUIRE(numbers.ap() == Approx(0.336).margin(0.005));
  REQUIRE(numbers.ap50() == Approx(0.517).margin(0.01));
}
