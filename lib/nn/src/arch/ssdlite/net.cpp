#include "arch/ssdlite/net.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <cmath>

#include "arch/families.h"
#include "assign/box_coder.h"
#include "ds/base/error.h"

namespace ds::detail::ssdlite {
namespace {

constexpr NormOptions kNorm{1e-3, 0.03, true};
constexpr double kDeviation = 0.03;  // of fresh weights
constexpr std::array<int, 4> kExtraChannels = {512, 256, 256, 128};

std::shared_ptr<Block> extra_block(int in, int out) {
  const int middle = out / 2;
  auto part = [](const Conv2d::Shape& shape) {
    return std::make_shared<ConvNormBlock>(shape, Activation::relu6, kNorm);
  };
  return std::make_shared<NamedChain>(NamedChain::Parts{{"0", part({in, middle, 1, 1})},
                                                        {"1", part({middle, middle, 3, 2, middle})},
                                                        {"2", part({middle, out, 1, 1})}});
}

class V3Extractor : public FeatureExtractor {
 public:
  V3Extractor() {
    constexpr bool kReducedTail = true;
    constexpr auto kSplit = static_cast<std::size_t>(mobilenet::kV3Stride32);
    auto layers = mobilenet::v3_large(kReducedTail, kNorm);
    auto split = mobilenet::v3_block_layers(mobilenet::kV3Stride32 - 1, kReducedTail, kNorm);
    NamedChain::Parts first;
    for (std::size_t i = 0; i < kSplit; ++i) first.emplace_back(std::to_string(i), layers[i]);
    first.emplace_back(std::to_string(kSplit), split.front().second);
    split.erase(split.begin());
    NamedChain::Parts second = {{"0", std::make_shared<NamedChain>(split)}};
    for (std::size_t i = kSplit + 1; i < layers.size(); ++i)
      second.emplace_back(std::to_string(i - kSplit), layers[i]);
    auto features = register_module("features", std::make_shared<ModuleGroup>());
    stride16_ = features->register_module("0", std::make_shared<NamedChain>(first));
    stride32_ = features->register_module("1", std::make_shared<NamedChain>(second));
    add_extra(mobilenet::kV3Expanded, mobilenet::v3_last_channels(kReducedTail));
    init_normal(*this, kDeviation);
  }

 protected:
  Backbone backbone(const at::Tensor& images) override {
    auto stride16 = stride16_->forward(images);
    return {stride16, stride32_->forward(stride16)};
  }

 private:
  std::shared_ptr<Block> stride16_;
  std::shared_ptr<Block> stride32_;
};

class V2Extractor : public FeatureExtractor {
 public:
  V2Extractor() : layers_(mobilenet::v2(kNorm)) {
    auto features = register_module("features", std::make_shared<ModuleGroup>());
    for (std::size_t i = 0; i < layers_.size(); ++i) features->register_module(std::to_string(i), layers_[i]);
    split_ = std::dynamic_pointer_cast<mobilenet::InvertedResidualV2>(layers_[mobilenet::kV2Stride32]);
    add_extra(mobilenet::kV2Expanded, mobilenet::kV2Last);
    init_normal(*this, kDeviation);
  }

 protected:
  Backbone backbone(const at::Tensor& images) override {
    auto x = images;
    for (std::size_t i = 0; i < mobilenet::kV2Stride32; ++i) x = layers_[i]->forward(x);
    auto stride16 = split_->expand(x);
    x = split_->finish(stride16);
    for (std::size_t i = mobilenet::kV2Stride32 + 1; i < layers_.size(); ++i) x = layers_[i]->forward(x);
    return {stride16, x};
  }

 private:
  std::vector<std::shared_ptr<Block>> layers_;
  std::shared_ptr<mobilenet::InvertedResidualV2> split_;
};

}  // namespace

Levels FeatureExtractor::forward(const at::Tensor& images) {
  auto [stride16, stride32] = backbone(images);
  Levels levels = {stride16, stride32};
  for (std::size_t i = 0; i < extra_.size(); ++i) levels[i + 2] = extra_[i]->forward(levels[i + 1]);
  return levels;
}

void FeatureExtractor::add_extra(int stride16_channels, int stride32_channels) {
  channels_ = {stride16_channels, stride32_channels};
  auto extra = register_module("extra", std::make_shared<ModuleGroup>());
  for (std::size_t i = 0; i < extra_.size(); ++i) {
    channels_[i + 2] = kExtraChannels[i];
    extra_[i] = extra->register_module(std::to_string(i), extra_block(channels_[i + 1], kExtraChannels[i]));
  }
}

std::shared_ptr<FeatureExtractor> make_v3_extractor() {
  return std::make_shared<V3Extractor>();
}
std::shared_ptr<FeatureExtractor> make_v2_extractor() {
  return std::make_shared<V2Extractor>();
}

Predictor::Predictor(const std::array<int, kLevels>& channels, int columns) : columns_(columns) {
  auto list = register_module("module_list", std::make_shared<ModuleGroup>());
  for (std::size_t i = 0; i < kLevels; ++i) {
    auto level = list->register_module(std::to_string(i), std::make_shared<ModuleGroup>());
    depthwise_[i] = level->register_module(
        "0", std::make_shared<ConvNormBlock>(Conv2d::Shape{channels[i], channels[i], 3, 1, channels[i]},
                                             Activation::relu6, kNorm));
    pointwise_[i] = level->register_module(
        "1", std::make_shared<Conv2d>(Conv2d::Shape{channels[i], columns * kBoxesPerCell, 1, 1, 1, true}));
  }
  init_normal(*this, kDeviation);
}

at::Tensor Predictor::forward(const Levels& levels) {
  std::vector<at::Tensor> values;
  for (std::size_t i = 0; i < kLevels; ++i) {
    auto x = depthwise_[i]->forward(levels[i]);
    // Logits lose too much of their precision in bfloat16: the last layers stay in float32.
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    auto y = pointwise_[i]->forward(x.to(at::kFloat));  // [B,6*columns,h,w]
    values.push_back(y.permute({0, 2, 3, 1}).reshape({y.size(0), -1, columns_}));
  }
  return at::cat(values, 1);
}

void Predictor::clear_biases() {
  at::NoGradGuard no_grad;
  for (auto& conv : pointwise_) conv->bias.zero_();
}

Head::Head(const std::array<int, kLevels>& channels, int num_classes)
    : classification_(
          register_module("classification_head", std::make_shared<Predictor>(channels, 1 + num_classes))),
      regression_(register_module("regression_head", std::make_shared<Predictor>(channels, 4))) {}

HeadOutput Head::forward(const Levels& levels) {
  return {regression_->forward(levels), classification_->forward(levels)};
}

at::Tensor default_boxes(int input_height, int input_width) {
  constexpr double kSmallest = 0.2;
  constexpr double kLargest = 0.95;
  auto scale_of = [](std::size_t level) {
    return level == kLevels ? 1.0
                            : kSmallest + (kLargest - kSmallest) * static_cast<double>(level) / (kLevels - 1);
  };
  auto halved = [](int cells) { return (cells + 1) / 2; };
  std::vector<CornerBox> boxes;
  int rows = input_height / 16;
  int columns = input_width / 16;
  for (std::size_t level = 0; level < kLevels; ++level, rows = halved(rows), columns = halved(columns)) {
    const double scale = scale_of(level);
    const double larger = std::sqrt(scale * scale_of(level + 1));
    std::vector<std::pair<double, double>> sides = {{scale, scale}, {larger, larger}};
    for (double aspect : {2.0, 3.0}) {
      const double root = std::sqrt(aspect);
      sides.emplace_back(scale * root, scale / root);
      sides.emplace_back(scale / root, scale * root);
    }
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        const double x = (column + 0.5) / columns * input_width;
        const double y = (row + 0.5) / rows * input_height;
        for (auto [width, height] : sides) {
          const double w = std::min(width, 1.0) * input_width / 2;
          const double h = std::min(height, 1.0) * input_height / 2;
          boxes.push_back({static_cast<float>(x - w), static_cast<float>(y - h), static_cast<float>(x + w),
                           static_cast<float>(y + h)});
        }
      }
    }
  }
  return to_tensor(boxes, at::kCPU);
}

Ssdlite::Ssdlite(std::shared_ptr<FeatureExtractor> backbone, int num_classes,
                 std::vector<ForeignName> foreign_names)
    : num_classes_(num_classes),
      backbone_(register_module("backbone", std::move(backbone))),
      head_(register_module("head", std::make_shared<Head>(backbone_->channels(), num_classes))),
      foreign_names_(std::move(foreign_names)) {}

HeadOutput Ssdlite::head_output(const at::Tensor& images) {
  check_images(images, input_multiple());
  return head_->forward(backbone_->forward(images));
}

at::Tensor Ssdlite::forward_raw(const at::Tensor& images) {
  auto output = head_output(images);
  return at::cat({output.offsets, output.logits.softmax(2)}, 2);
}

Decoded Ssdlite::decode(const at::Tensor& raw, int input_height, int input_width) const {
  auto anchors = default_boxes(input_height, input_width).to(raw.device());
  if (raw.dim() != 3 || raw.size(1) != anchors.size(0) || raw.size(2) != 5 + num_classes_)
    throw Error("raw output of shape " + shape_text(raw.sizes()) + ", expected [B," +
                std::to_string(anchors.size(0)) + "," + std::to_string(5 + num_classes_) + "]");
  auto values = raw.to(at::kFloat);
  auto boxes = decode_boxes(values.slice(2, 0, 4), anchors, CoderWeights{});
  return {clip_boxes(boxes, input_height, input_width), values.slice(2, 5), {}};
}

LossParts Ssdlite::loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                        const LossOptions& options) {
  return ssdlite_loss(head_output(images), static_cast<int>(images.size(2)), static_cast<int>(images.size(3)),
                      targets, options);
}

std::vector<ClassLayer> Ssdlite::class_layers() const {
  std::vector<ClassLayer> layers;
  for (std::size_t level = 0; level < kLevels; ++level)
    layers.push_back(
        {"head.classification_head.module_list." + std::to_string(level) + ".1", kBoxesPerCell, 1});
  return layers;
}

void Ssdlite::fold_batch_norm() {
  fold_all(*this);
}

void add_networks(Networks& all) {
  // Where layers of a classifier's `features` stand in the detector.
  const std::vector<ForeignName> v3 = {
      {"features.13.block.0.", "backbone.features.0.13."}, {"features.13.block.", "backbone.features.1.0."},
      {"features.14.", "backbone.features.1.1."},          {"features.15.", "backbone.features.1.2."},
      {"features.16.", "backbone.features.1.3."},          {"features.", "backbone.features.0."}};
  const std::vector<ForeignName> v2 = {{"features.", "backbone.features."}};
  all["ssdlite-mobilenetv3"] = [v3](int num_classes) {
    return std::make_shared<Ssdlite>(make_v3_extractor(), num_classes, v3);
  };
  all["ssdlite-mobilenetv2"] = [v2](int num_classes) {
    return std::make_shared<Ssdlite>(make_v2_extractor(), num_classes, v2);
  };
}

}  // namespace ds::detail::ssdlite
