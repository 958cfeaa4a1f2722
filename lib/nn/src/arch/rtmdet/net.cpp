#include "arch/rtmdet/net.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <cmath>

#include "arch/families.h"
#include "assign/anchor_points.h"
#include "assign/grid_targets.h"
#include "ds/base/error.h"

namespace ds::detail::rtmdet {
namespace {

using Parts = std::vector<std::shared_ptr<Block>>;

constexpr int kTowerLength = 2;
constexpr double kHeadDeviation = 0.01;  // of the head's initial weights, as published
/// What boxes reach in every direction at first, in strides. Published training starts from 0 on
/// weights that have seen ImageNet; the box loss weighs with the IoU, so that boxes without extent
/// learn slowly on their own.
constexpr double kInitialReach = 2;

std::shared_ptr<ConvBlock> conv(int in, int out, int kernel, int stride = 1) {
  return std::make_shared<ConvBlock>(in, out, kernel, stride, 1, kNorm);
}

}  // namespace

int Scale::channels(int full) const {
  return static_cast<int>(full * width);
}
int Scale::repeats(int full) const {
  return std::max(1, static_cast<int>(std::lround(full * depth)));
}

SeparableConv::SeparableConv(int channels)
    : depthwise_(register_module("depthwise_conv",
                                 std::make_shared<ConvBlock>(channels, channels, 5, 1, channels, kNorm))),
      pointwise_(register_module("pointwise_conv", conv(channels, channels, 1))) {}

at::Tensor SeparableConv::forward(const at::Tensor& x) {
  return pointwise_->forward(depthwise_->forward(x));
}

CspNextBlock::CspNextBlock(int channels, bool shortcut)
    : conv1_(register_module("conv1", conv(channels, channels, 3))),
      conv2_(register_module("conv2", std::make_shared<SeparableConv>(channels))),
      shortcut_(shortcut) {}

at::Tensor CspNextBlock::forward(const at::Tensor& x) {
  auto y = conv2_->forward(conv1_->forward(x));
  return shortcut_ ? y + x : y;
}

ChannelAttention::ChannelAttention(int channels)
    : fc_(register_module("fc", std::make_shared<Conv2d>(Conv2d::Shape{channels, channels, 1, 1, 1, true}))) {
}

at::Tensor ChannelAttention::forward(const at::Tensor& x) {
  return x * at::hardsigmoid(fc_->forward(at::adaptive_avg_pool2d(x, {1, 1})));
}

CspLayer::CspLayer(const Shape& shape) {
  int middle = shape.out / 2;
  main_conv_ = register_module("main_conv", conv(shape.in, middle, 1));
  short_conv_ = register_module("short_conv", conv(shape.in, middle, 1));
  final_conv_ = register_module("final_conv", conv(2 * middle, shape.out, 1));
  Parts blocks;
  for (int i = 0; i < shape.repeats; ++i)
    blocks.push_back(std::make_shared<CspNextBlock>(middle, shape.shortcut));
  blocks_ = register_module("blocks", std::make_shared<Chain>(std::move(blocks)));
  if (shape.attention)
    attention_ = register_module("attention", std::make_shared<ChannelAttention>(2 * middle));
}

at::Tensor CspLayer::forward(const at::Tensor& x) {
  auto both = at::cat({blocks_->forward(main_conv_->forward(x)), short_conv_->forward(x)}, 1);
  return final_conv_->forward(attention_ ? attention_->forward(both) : both);
}

CspNext::CspNext(const Scale& scale) {
  struct Stage {
    int out;
    int repeats;
    bool last;
  };
  constexpr Stage kStages[] = {{128, 3, false}, {256, 6, false}, {512, 6, false}, {1024, 3, true}};
  int in = scale.channels(64);
  int half = scale.channels(32);
  stem_ = register_module(
      "stem", std::make_shared<Chain>(Parts{conv(3, half, 3, 2), conv(half, half, 3), conv(half, in, 3)}));
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    int out = scale.channels(kStages[i].out);
    Parts parts = {conv(in, out, 3, 2)};
    if (kStages[i].last) parts.push_back(std::make_shared<SpatialPyramid>(out, out, kNorm));
    parts.push_back(std::make_shared<CspLayer>(
        CspLayer::Shape{out, out, scale.repeats(kStages[i].repeats), !kStages[i].last, true}));
    stages_[i] = register_module("stage" + std::to_string(i + 1), std::make_shared<Chain>(std::move(parts)));
    in = out;
  }
}

Levels CspNext::forward(const at::Tensor& images) {
  auto stride8 = stages_[1]->forward(stages_[0]->forward(stem_->forward(images)));
  auto stride16 = stages_[2]->forward(stride8);
  return {stride8, stride16, stages_[3]->forward(stride16)};
}

Pafpn::Pafpn(const Scale& scale) {
  const int small = scale.channels(256);
  const int medium = scale.channels(512);
  const int large = scale.channels(1024);
  using Convs = std::vector<std::shared_ptr<ConvBlock>>;
  auto convs = [&](const char* name, Convs items) {
    return register_module(name, std::make_shared<ModuleList<ConvBlock>>(std::move(items)));
  };
  auto layer = [&](int in, int out) {
    return std::make_shared<CspLayer>(CspLayer::Shape{in, out, scale.neck_repeats});
  };
  auto layers = [&](const char* name, std::vector<std::shared_ptr<CspLayer>> items) {
    return register_module(name, std::make_shared<ModuleList<CspLayer>>(std::move(items)));
  };
  reduce_ = convs("reduce_layers", {conv(large, medium, 1), conv(medium, small, 1)});
  top_down_ = layers("top_down_blocks", {layer(medium * 2, medium), layer(small * 2, small)});
  downsamples_ = convs("downsamples", {conv(small, small, 3, 2), conv(medium, medium, 3, 2)});
  bottom_up_ = layers("bottom_up_blocks", {layer(small * 2, medium), layer(medium * 2, large)});
  out_ = convs("out_convs", {conv(small, small, 3), conv(medium, small, 3), conv(large, small, 3)});
}

Levels Pafpn::forward(const Levels& levels) {
  auto top = (*reduce_)[0].forward(levels[2]);
  auto inner16 = (*top_down_)[0].forward(at::cat({doubled(top), levels[1]}, 1));
  auto middle = (*reduce_)[1].forward(inner16);
  auto out8 = (*top_down_)[1].forward(at::cat({doubled(middle), levels[0]}, 1));
  auto out16 = (*bottom_up_)[0].forward(at::cat({(*downsamples_)[0].forward(out8), middle}, 1));
  auto out32 = (*bottom_up_)[1].forward(at::cat({(*downsamples_)[1].forward(out16), top}, 1));
  return {(*out_)[0].forward(out8), (*out_)[1].forward(out16), (*out_)[2].forward(out32)};
}

Head::Head(const Scale& scale, int num_classes) {
  at::NoGradGuard no_grad;
  const int width = scale.channels(256);
  class_towers_ = make_towers("cls_convs", width);
  box_towers_ = make_towers("reg_convs", width);
  class_preds_ = make_predictions("rtm_cls", width, num_classes);
  box_preds_ = make_predictions("rtm_reg", width, 4);
  for (std::size_t level = 0; level < 3; ++level) (*box_preds_)[level].bias.fill_(kInitialReach);
  reset_priors();
}

std::array<Head::Tower, 3> Head::make_towers(const char* name, int channels) {
  std::vector<std::shared_ptr<Conv2d>> shared;
  for (int i = 0; i < kTowerLength; ++i) {
    shared.push_back(std::make_shared<Conv2d>(Conv2d::Shape{channels, channels, 3}));
    shared.back()->weight.normal_(0, kHeadDeviation);
  }
  std::array<Tower, 3> towers;
  std::vector<std::shared_ptr<ModuleList<ConvBlock>>> lists;
  for (auto& tower : towers) {
    for (const auto& convolution : shared) tower.push_back(std::make_shared<ConvBlock>(convolution, kNorm));
    lists.push_back(std::make_shared<ModuleList<ConvBlock>>(tower));
  }
  register_module(name, std::make_shared<ModuleList<ModuleList<ConvBlock>>>(std::move(lists)));
  return towers;
}

std::shared_ptr<ModuleList<Conv2d>> Head::make_predictions(const char* name, int in, int out) {
  std::vector<std::shared_ptr<Conv2d>> predictions;
  for (int level = 0; level < 3; ++level) {
    predictions.push_back(std::make_shared<Conv2d>(Conv2d::Shape{in, out, 1, 1, 1, true}));
    predictions.back()->weight.normal_(0, kHeadDeviation);
    predictions.back()->bias.zero_();
  }
  return register_module(name, std::make_shared<ModuleList<Conv2d>>(std::move(predictions)));
}

void Head::reset_priors() {
  at::NoGradGuard no_grad;
  const double bias = -std::log((1 - 0.01) / 0.01);
  for (std::size_t level = 0; level < 3; ++level) (*class_preds_)[level].bias.fill_(bias);
}

void Head::separate_levels() {
  for (auto* towers : {&class_towers_, &box_towers_})
    for (auto& tower : *towers)
      for (auto& block : tower) block->own_convolution();
}

HeadOutput Head::forward(const Levels& levels) {
  auto through = [](const Tower& tower, const at::Tensor& x) {
    auto y = x;
    for (const auto& block : tower) y = block->forward(y);
    return y;
  };
  std::vector<at::Tensor> distances;
  std::vector<at::Tensor> classes;
  for (std::size_t level = 0; level < 3; ++level) {
    auto class_features = through(class_towers_[level], levels[level]);
    auto box_features = through(box_towers_[level], levels[level]);
    // Logits near the prior lose a tenth of their precision in bfloat16: the last layers stay in float32.
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    const double stride = 8 << level;
    classes.push_back(cells_first((*class_preds_)[level].forward(class_features.to(at::kFloat))));
    distances.push_back(cells_first((*box_preds_)[level].forward(box_features.to(at::kFloat)) * stride));
  }
  return {at::cat(distances, 1), at::cat(classes, 1)};
}

Rtmdet::Rtmdet(const Scale& scale, int num_classes)
    : num_classes_(num_classes),
      backbone_(register_module("backbone", std::make_shared<CspNext>(scale))),
      neck_(register_module("neck", std::make_shared<Pafpn>(scale))),
      head_(register_module("bbox_head", std::make_shared<Head>(scale, num_classes))) {}

HeadOutput Rtmdet::head_output(const at::Tensor& images) {
  check_images(images, input_multiple());
  return head_->forward(neck_->forward(backbone_->forward(images)));
}

at::Tensor Rtmdet::forward_raw(const at::Tensor& images) {
  auto output = head_output(images);
  return at::cat({output.classes.sigmoid(), output.distances}, 2);
}

Decoded Rtmdet::decode(const at::Tensor& raw, int input_height, int input_width) const {
  auto anchors = anchor_tensor(anchor_points(input_height, input_width, {8, 16, 32}), raw.device());  // [A,3]
  if (raw.dim() != 3 || raw.size(1) != anchors.size(0) || raw.size(2) != num_classes_ + 4)
    throw Error("raw output of shape " + shape_text(raw.sizes()) + ", expected [B," +
                std::to_string(anchors.size(0)) + "," + std::to_string(num_classes_ + 4) + "]");
  auto values = raw.to(at::kFloat);
  return {boxes_of(values.slice(2, num_classes_), anchors), values.slice(2, 0, num_classes_)};
}

LossParts Rtmdet::loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                       const LossOptions& options) {
  return rtmdet_loss(head_output(images), static_cast<int>(images.size(2)), static_cast<int>(images.size(3)),
                     targets, options);
}

std::vector<ClassLayer> Rtmdet::class_layers() const {
  return {{"bbox_head.rtm_cls.0"}, {"bbox_head.rtm_cls.1"}, {"bbox_head.rtm_cls.2"}};
}

void Rtmdet::fold_batch_norm() {
  head_->separate_levels();
  fold_all(*this);
}

at::Tensor boxes_of(const at::Tensor& distances, const at::Tensor& anchors) {
  auto points = anchors.slice(1, 0, 2) * anchors.slice(1, 2, 3);  // [A,2]
  return at::cat({points - distances.slice(2, 0, 2), points + distances.slice(2, 2, 4)}, 2);
}

void add_networks(Networks& all) {
  auto add = [&](const char* name, Scale scale) {
    all[name] = [scale](int num_classes) { return std::make_shared<Rtmdet>(scale, num_classes); };
  };
  add("rtmdet-tiny", {0.167, 0.375, 1});
  add("rtmdet-s", {0.33, 0.5, 1});
}

}  // namespace ds::detail::rtmdet
