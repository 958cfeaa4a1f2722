#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::shared_folder;
using ds::testing::shared_is_absent;

namespace {

at::Tensor sample_image() {
  auto picture =
      cv::imread((shared_folder() / "data/coco128_train/images/train2017/000000000009.jpg").string());
  if (picture.empty()) {
    picture.create(416, 416, CV_8UC3);
    cv::theRNG().state = 7;
    cv::randu(picture, 0, 255);
  }
  cv::resize(picture, picture, {416, 416});
  return at::from_blob(picture.data, {1, 416, 416, 3}, at::kByte)
      .to(at::kFloat)
      .permute({0, 3, 1, 2})
      .contiguous();
}

at::Tensor onnx_output(const at::Tensor& image) {
  auto net = cv::dnn::readNetFromONNX((shared_folder() / "data/weights/yolox_nano/yolox_nano.onnx").string());
  int sizes[] = {1, 3, 416, 416};
  net.setInput(cv::Mat(4, sizes, CV_32F, image.data_ptr()));
  auto output = net.forward();
  return at::from_blob(output.data, {1, 3549, 85}, at::kFloat).clone();
}

void check_parity(const std::string& file) {
  at::set_num_threads(1);
  at::NoGradGuard no_grad;
  auto image = sample_image();
  auto wanted = onnx_output(image);
  auto net = make_detector_net("yolox-nano", 80);
  auto report = load_into(*net, read_weights(shared_folder() / "data/weights/yolox_nano" / file));
  REQUIRE(report.skipped.empty());
  REQUIRE(report.missing.empty());
  net->eval();
  REQUIRE((net->forward_raw(image) - wanted).abs().max().item<float>() < 1e-3);
  to_channels_last(*net);
  auto channels_last = image.contiguous(at::MemoryFormat::ChannelsLast);
  REQUIRE((net->forward_raw(channels_last) - wanted).abs().max().item<float>() < 1e-3);
  net->fold_batch_norm();
  REQUIRE((net->forward_raw(channels_last) - wanted).abs().max().item<float>() < 1e-3);
}

}  // namespace

TEST_CASE("yolox-nano from .safetensors equals the ONNX file, plain, channels-last and folded") {
  if (shared_is_absent("data/weights/yolox_nano/yolox_nano.onnx")) return;
  check_parity("yolox_nano_coco.safetensors");
}

TEST_CASE("yolox-nano from .pth equals the ONNX file") {
  if (shared_is_absent("data/weights/yolox_nano/yolox_nano.onnx")) return;
  check_parity("yolox_nano_coco.pth");
}
