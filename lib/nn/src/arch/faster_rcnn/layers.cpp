#include "arch/faster_rcnn/layers.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <cmath>

#include "assign/box_coder.h"
#include "blocks/torchvision.h"
#include "ds/geometry/nms.h"

namespace ds::detail::faster_rcnn {
namespace {

constexpr NormOptions kNorm{1e-5, 0.1, true};  // the published weights' constants
constexpr std::array<int, 5> kSides = {32, 64, 128, 256, 512};
constexpr std::array<double, 3> kAspects = {0.5, 1, 2};  // height over width
constexpr int kAnchorsPerCell = static_cast<int>(kSides.size() * kAspects.size());
constexpr int kRoiValues = 7 * 7 * kPyramidChannels;
constexpr int kHidden = 1024;
constexpr double kRoiScale = 1.0 / 32;
constexpr double kSmallestSide = 1e-3;  // of a proposal

std::shared_ptr<Conv2d> convolution(int in, int out, int kernel) {
  return std::make_shared<Conv2d>(Conv2d::Shape{in, out, kernel, 1, 1, true});
}

/// A level's values, [B,A*columns,h,w] to [B,h*w*A,columns].
at::Tensor anchors_first(const at::Tensor& x, std::int64_t columns) {
  return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1, columns});
}

/// Most of the second stage's work: [N,256,7,7] to [N,1024]. As a convolution it runs on oneDNN's kernels on
/// a CPU, three times as fast as on an OpenBLAS that does not know the processor.
at::Tensor first_layer(const Linear& layer, const at::Tensor& rois) {
  FlopCounter::add(2 * rois.size(0) * layer.weight.numel());
  return at::conv2d(rois, layer.weight.view({kHidden, kPyramidChannels, 7, 7}), layer.bias).flatten(1);
}

std::vector<CornerBox> cell_anchors() {
  std::vector<CornerBox> anchors;
  for (double aspect : kAspects) {
    for (int side : kSides) {
      // Rounded to whole pixels, halves to even, as the published weights expect them.
      auto width = static_cast<float>(std::nearbyint(side / std::sqrt(aspect) / 2));
      auto height = static_cast<float>(std::nearbyint(side * std::sqrt(aspect) / 2));
      anchors.push_back({-width, -height, width, height});
    }
  }
  return anchors;
}

}  // namespace

PyramidBackbone::PyramidBackbone() : body_(mobilenet::v3_large(/*reduced_tail=*/false, kNorm)) {
  auto body = register_module("body", std::make_shared<ModuleGroup>());
  for (std::size_t i = 0; i < body_.size(); ++i) body->register_module(std::to_string(i), body_[i]);
  init_he_fan_out(*body);
  auto fpn = register_module("fpn", std::make_shared<ModuleGroup>());
  auto inner = fpn->register_module("inner_blocks", std::make_shared<ModuleGroup>());
  auto layer = fpn->register_module("layer_blocks", std::make_shared<ModuleGroup>());
  const std::array<int, 2> channels = {mobilenet::v3_stride32_channels(false),
                                       mobilenet::v3_last_channels(false)};
  for (std::size_t i = 0; i < channels.size(); ++i) {
    auto entry = [&](torch::nn::Module& list, const std::shared_ptr<Conv2d>& conv) {
      auto group = list.register_module(std::to_string(i), std::make_shared<ModuleGroup>());
      return group->register_module("0", conv);
    };
    inner_[i] = entry(*inner, convolution(channels[i], kPyramidChannels, 1));
    layer_[i] = entry(*layer, convolution(kPyramidChannels, kPyramidChannels, 3));
  }
  init_uniform_fan_in(*fpn);
}

Levels PyramidBackbone::forward(const at::Tensor& images) {
  auto x = images;
  at::Tensor first;
  for (std::size_t i = 0; i < body_.size(); ++i) {
    x = body_[i]->forward(x);
    if (i == mobilenet::kV3Stride32) first = x;
  }
  auto top = inner_[1]->forward(x);
  auto bottom = inner_[0]->forward(first) + top;  // the same stride: nothing to enlarge
  auto last = layer_[1]->forward(top);
  return {layer_[0]->forward(bottom), last, last.slice(2, 0, INT64_MAX, 2).slice(3, 0, INT64_MAX, 2)};
}

RegionProposals::RegionProposals() {
  auto head = register_module("head", std::make_shared<ModuleGroup>());
  auto tower = head->register_module("conv", std::make_shared<ModuleGroup>());
  auto first = tower->register_module("0", std::make_shared<ModuleGroup>());
  conv_ = first->register_module("0", convolution(kPyramidChannels, kPyramidChannels, 3));
  logits_ = head->register_module("cls_logits", convolution(kPyramidChannels, kAnchorsPerCell, 1));
  offsets_ = head->register_module("bbox_pred", convolution(kPyramidChannels, kAnchorsPerCell * 4, 1));
  init_normal(*this, 0.01);
}

RpnOutput RegionProposals::forward(const Levels& levels, int input_height, int input_width) {
  std::vector<at::Tensor> objectness;
  std::vector<at::Tensor> offsets;
  std::array<std::array<std::int64_t, 2>, kLevels> shapes{};
  RpnOutput output;
  for (std::size_t i = 0; i < kLevels; ++i) {
    auto x = activated(conv_->forward(levels[i]), Activation::relu);
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    x = x.to(at::kFloat);
    objectness.push_back(anchors_first(logits_->forward(x), 1).squeeze(2));
    offsets.push_back(anchors_first(offsets_->forward(x), 4));
    shapes[i] = {x.size(2), x.size(3)};
    output.level_sizes[i] = objectness.back().size(1);
  }
  output.objectness = at::cat(objectness, 1);
  output.offsets = at::cat(offsets, 1);
  output.anchors = anchor_boxes(shapes, input_height, input_width);
  return output;
}

RoiHeads::RoiHeads(int num_classes) {
  auto head = register_module("box_head", std::make_shared<ModuleGroup>());
  fc6_ = head->register_module("fc6", std::make_shared<Linear>(kRoiValues, kHidden));
  fc7_ = head->register_module("fc7", std::make_shared<Linear>(kHidden, kHidden));
  auto predictor = register_module("box_predictor", std::make_shared<ModuleGroup>());
  logits_ = predictor->register_module("cls_score", std::make_shared<Linear>(kHidden, 1 + num_classes));
  offsets_ =
      predictor->register_module("bbox_pred", std::make_shared<Linear>(kHidden, 4 * (1 + num_classes)));
}

RoiOutput RoiHeads::forward(const at::Tensor& features, const std::vector<at::Tensor>& boxes) {
  auto values = features.to(at::kFloat);
  std::vector<at::Tensor> rois;
  for (std::size_t i = 0; i < boxes.size(); ++i)
    rois.push_back(roi_align(values[static_cast<std::int64_t>(i)], boxes[i].to(values.device()), kRoiScale));
  auto x = activated(first_layer(*fc6_, at::cat(rois)), Activation::relu);
  x = activated(fc7_->forward(x), Activation::relu);
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  x = x.to(at::kFloat);
  auto logits = logits_->forward(x);
  return {logits, offsets_->forward(x).view({x.size(0), logits.size(1), 4})};
}

void RoiHeads::clear_biases() {
  at::NoGradGuard no_grad;
  logits_->bias.zero_();
}

at::Tensor anchor_boxes(const std::array<std::array<std::int64_t, 2>, kLevels>& rows_and_columns,
                        int input_height, int input_width) {
  static const std::vector<CornerBox> kCell = cell_anchors();
  std::vector<CornerBox> boxes;
  for (auto [rows, columns] : rows_and_columns) {
    const auto step_y = input_height / rows;  // whole pixels, as published
    const auto step_x = input_width / columns;
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        const auto x = static_cast<float>(column * step_x);
        const auto y = static_cast<float>(row * step_y);
        for (const auto& anchor : kCell)
          boxes.push_back({x + anchor.x0, y + anchor.y0, x + anchor.x1, y + anchor.y1});
      }
    }
  }
  return to_tensor(boxes, at::kCPU);
}

std::vector<at::Tensor> propose(const RpnOutput& output, int input_height, int input_width,
                                const ProposalOptions& options) {
  at::NoGradGuard no_grad;
  const auto images = output.objectness.size(0);
  auto anchors = output.anchors.to(output.objectness.device());
  std::vector<std::vector<ScoredBox>> candidates(static_cast<std::size_t>(images));
  std::int64_t first = 0;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const auto size = output.level_sizes[level];
    auto [scores, order] =
        output.objectness.narrow(1, first, size).topk(std::min(options.before_suppression, size), 1);
    order = order + first;  // [B,k]
    auto offsets = output.offsets.gather(1, order.unsqueeze(2).expand({-1, -1, 4}));
    auto boxes = clip_boxes(decode_boxes(offsets, anchors.index({order}), CoderWeights{1, 1}), input_height,
                            input_width)
                     .to(at::kCPU)
                     .contiguous();
    auto plain_scores = scores.to(at::kCPU).contiguous();
    const float* box = boxes.data_ptr<float>();
    const float* score = plain_scores.data_ptr<float>();
    for (auto& found : candidates) {
      for (std::int64_t i = 0; i < order.size(1); ++i, box += 4, ++score)
        if (box[2] - box[0] >= kSmallestSide && box[3] - box[1] >= kSmallestSide)
          found.push_back({{box[0], box[1], box[2], box[3]}, *score, static_cast<int>(level)});
    }
    first += size;
  }
  std::vector<at::Tensor> proposals;
  for (const auto& found : candidates) {
    std::vector<CornerBox> kept;
    for (std::size_t i : class_wise_nms(found, options.nms_iou, options.most)) {
      const auto& box = found[i].box;
      kept.push_back({static_cast<float>(box.x0), static_cast<float>(box.y0), static_cast<float>(box.x1),
                      static_cast<float>(box.y1)});
    }
    proposals.push_back(to_tensor(kept, at::kCPU));
  }
  return proposals;
}

}  // namespace ds::detail::faster_rcnn
