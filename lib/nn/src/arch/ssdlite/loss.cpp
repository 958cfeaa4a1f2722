#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>

#include "arch/ssdlite/net.h"
#include "assign/anchor_match.h"
#include "assign/box_coder.h"
#include "ds/base/error.h"

namespace ds::detail::ssdlite {
namespace {

constexpr AnchorMatchOptions kMatching{0.5F, 0.5F, BestAnchor::one};
constexpr std::size_t kNegativesPerPositive = 3;
/// In an image without positives, so that one without objects teaches what background looks like.
constexpr std::size_t kFewestNegatives = 3;

/// What a batch learns from, as rows image * A + default box.
struct Rows {
  std::vector<std::int64_t> positives;
  std::vector<std::int64_t> anchors;  // of the positives, without the image
  std::vector<CornerBox> objects;     // of the positives
  std::vector<std::int64_t> wanted;   // [B*A] 0 background, else 1 + class
  std::vector<std::int64_t> negatives;
};

/// The background boxes of one image with the largest loss.
void add_hardest(const std::vector<int>& matches, const float* losses, std::size_t count,
                 std::int64_t first_row, std::vector<std::int64_t>& rows) {
  std::vector<std::int64_t> order;
  for (std::size_t a = 0; a < matches.size(); ++a)
    if (matches[a] == kBackground) order.push_back(static_cast<std::int64_t>(a));
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return losses[a] > losses[b]; });
  order.resize(std::min(order.size(), count));
  for (std::int64_t a : order) rows.push_back(first_row + a);
}

/// @param background_losses [B,A] of calling each box background
Rows choose_rows(const std::vector<CornerBox>& anchors, const at::Tensor& background_losses,
                 const std::vector<ImageTargets>& targets, int num_classes) {
  auto losses = background_losses.detach().to(at::kCPU, at::kFloat).contiguous();
  const auto num_anchors = static_cast<std::int64_t>(anchors.size());
  Rows rows;
  rows.wanted.assign(targets.size() * anchors.size(), 0);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto first_row = static_cast<std::int64_t>(i) * num_anchors;
    auto objects = box_targets_of(targets[i], num_classes);
    auto matches = match_anchors(anchors, objects, kMatching);
    std::size_t positives = 0;
    for (std::size_t a = 0; a < matches.size(); ++a) {
      if (matches[a] < 0) continue;
      const auto object = static_cast<std::size_t>(matches[a]);
      const auto row = first_row + static_cast<std::int64_t>(a);
      rows.positives.push_back(row);
      rows.anchors.push_back(static_cast<std::int64_t>(a));
      rows.objects.push_back(objects.boxes[object]);
      rows.wanted[static_cast<std::size_t>(row)] = 1 + objects.classes[object];
      ++positives;
    }
    add_hardest(matches, losses.data_ptr<float>() + first_row,
                std::max(kNegativesPerPositive * positives, kFewestNegatives), first_row, rows.negatives);
  }
  return rows;
}

}  // namespace

LossParts ssdlite_loss(const HeadOutput& output, int input_height, int input_width,
                       const std::vector<ImageTargets>& targets, const LossOptions& options) {
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const auto device = output.logits.device();
  const auto num_classes = static_cast<int>(output.logits.size(2)) - 1;
  if (static_cast<std::int64_t>(targets.size()) != output.logits.size(0))
    throw Error(std::to_string(targets.size()) + " targets for a batch of " +
                std::to_string(output.logits.size(0)));
  auto anchors = default_boxes(input_height, input_width);
  auto log_shares = output.logits.log_softmax(2);  // [B,A,1+C]
  auto rows = choose_rows(to_corners(anchors), -log_shares.select(2, 0), targets, num_classes);
  const double share = 1.0 / static_cast<double>(std::max<std::size_t>(rows.positives.size(), 1));

  auto positives = to_tensor(rows.positives, device);
  auto offsets = output.offsets.reshape({-1, 4}).index_select(0, positives);  // [N,4]
  auto wanted_offsets =
      encode_boxes(to_tensor(rows.objects, device),
                   anchors.to(device).index_select(0, to_tensor(rows.anchors, device)), CoderWeights{});
  auto box_part = at::smooth_l1_loss(offsets, wanted_offsets, at::Reduction::Sum, 1.0) * share;

  auto learning = at::cat({positives, to_tensor(rows.negatives, device)});
  auto wanted = to_tensor(rows.wanted, device).index_select(0, learning);
  auto class_part = at::nll_loss(log_shares.reshape({-1, 1 + num_classes}).index_select(0, learning), wanted,
                                 class_weights_with_background(options.class_weights, num_classes, device),
                                 at::Reduction::Sum) *
                    share;

  auto stacked = at::stack({box_part, class_part});
  auto values = stacked.detach().to(at::kCPU);
  return {stacked.sum(),
          {{"box", values[0].item<double>()}, {"cls", values[1].item<double>()}},
          static_cast<int>(rows.positives.size())};
}

}  // namespace ds::detail::ssdlite
