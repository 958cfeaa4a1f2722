#include "arch/faster_rcnn/net.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>

#include "arch/families.h"
#include "assign/box_coder.h"
#include "ds/base/error.h"

namespace ds::detail::faster_rcnn {
namespace {

constexpr ProposalOptions kTraining{1000, 500, 0.7};
constexpr ProposalOptions kInference{1000, 150, 0.7};

}  // namespace

FasterRcnn::FasterRcnn(int num_classes)
    : num_classes_(num_classes),
      backbone_(register_module("backbone", std::make_shared<PyramidBackbone>())),
      rpn_(register_module("rpn", std::make_shared<RegionProposals>())),
      roi_heads_(register_module("roi_heads", std::make_shared<RoiHeads>(num_classes))) {}

at::Tensor FasterRcnn::forward_raw(const at::Tensor& images) {
  check_images(images, input_multiple());
  const auto height = static_cast<int>(images.size(2));
  const auto width = static_cast<int>(images.size(3));
  auto levels = backbone_->forward(images);
  auto proposals = propose(rpn_->forward(levels, height, width), height, width, kInference);
  auto output = roi_heads_->forward(levels[0], proposals);
  auto rows = at::cat(
      {at::cat(proposals).to(output.logits.device()), output.logits.softmax(1), output.offsets.flatten(1)},
      1);  // [N,4+5*(1+C)]
  std::int64_t most = 0;
  for (const auto& boxes : proposals) most = std::max(most, boxes.size(0));
  std::vector<at::Tensor> padded;
  std::int64_t first = 0;
  for (const auto& boxes : proposals) {
    auto own = rows.narrow(0, first, boxes.size(0));
    padded.push_back(at::constant_pad_nd(own, {0, 0, 0, most - boxes.size(0)}));
    first += boxes.size(0);
  }
  return at::stack(padded);
}

Decoded FasterRcnn::decode(const at::Tensor& raw, int input_height, int input_width) const {
  const std::int64_t columns = 1 + num_classes_;
  if (raw.dim() != 3 || raw.size(2) != 4 + 5 * columns)
    throw Error("raw output of shape " + shape_text(raw.sizes()) + ", expected [B,P," +
                std::to_string(4 + 5 * columns) + "]");
  auto values = raw.to(at::kFloat);
  const auto images = values.size(0);
  const auto rows = values.size(1) * num_classes_;
  auto proposals = values.slice(2, 0, 4).unsqueeze(2);                                        // [B,P,1,4]
  auto scores = values.slice(2, 5, 4 + columns);                                              // [B,P,C]
  auto offsets = values.slice(2, 4 + columns).reshape({images, -1, columns, 4}).slice(2, 1);  // [B,P,C,4]
  auto boxes = clip_boxes(decode_boxes(offsets, proposals, CoderWeights{}), input_height, input_width);
  auto classes = at::arange(num_classes_, scores.options().dtype(at::kLong)).expand(scores.sizes());
  return {boxes.reshape({images, rows, 4}), scores.reshape({images, rows, 1}),
          classes.reshape({images, rows})};
}

LossParts FasterRcnn::loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                           const LossOptions& options) {
  check_images(images, input_multiple());
  if (static_cast<std::int64_t>(targets.size()) != images.size(0))
    throw Error(std::to_string(targets.size()) + " targets for a batch of " + std::to_string(images.size(0)));
  const auto height = static_cast<int>(images.size(2));
  const auto width = static_cast<int>(images.size(3));
  auto levels = backbone_->forward(images);
  auto rpn = rpn_->forward(levels, height, width);
  auto samples = sample_rois(propose(rpn, height, width, kTraining), targets, num_classes_, options.seed);
  auto rois = roi_heads_->forward(levels[0], samples.boxes);
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  auto parts = rpn_loss(rpn, targets, num_classes_, options.seed);
  for (const auto& part : roi_loss(rois, samples, options.class_weights)) parts.push_back(part);
  auto stacked = at::stack(parts);
  auto values = stacked.detach().to(at::kCPU);
  LossParts result{stacked.sum(), {}, static_cast<int>(samples.rows.size())};
  const char* names[] = {"rpn_obj", "rpn_box", "cls", "box"};
  for (std::size_t i = 0; i < parts.size(); ++i)
    result.parts.emplace_back(names[i], static_cast<double>(values.data_ptr<float>()[i]));
  return result;
}

std::vector<ClassLayer> FasterRcnn::class_layers() const {
  constexpr int kBackground = 1;
  return {{"roi_heads.box_predictor.cls_score", 1, kBackground},
          {"roi_heads.box_predictor.bbox_pred", 1, kBackground, 4}};
}

void FasterRcnn::fold_batch_norm() {
  fold_all(*this);
}

std::vector<ForeignName> FasterRcnn::foreign_names() const {
  std::vector<ForeignName> names = {{"features.", "backbone.body."}};  // a classifier's
  // The published checkpoints are older than these names.
  for (const std::string kind : {"weight", "bias"}) {
    names.push_back({"rpn.head.conv." + kind, "rpn.head.conv.0.0." + kind});
    for (const std::string block :
         {"inner_blocks.0.", "inner_blocks.1.", "layer_blocks.0.", "layer_blocks.1."})
      names.push_back({"backbone.fpn." + block + kind, "backbone.fpn." + block + "0." + kind});
  }
  return names;
}

void add_networks(Networks& all) {
  all["faster-rcnn-mobilenetv3"] = [](int num_classes) { return std::make_shared<FasterRcnn>(num_classes); };
}

}  // namespace ds::detail::faster_rcnn
