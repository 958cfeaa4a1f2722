#include "validation.h"

#include <ATen/ATen.h>

#include <opencv2/core.hpp>

#include "ds/geometry/letterbox.h"
#include "ds/media/image_io.h"
#include "ds/metrics/matching.h"
#include "ds/metrics/operating_point.h"
#include "ds/train/batch_loader.h"

namespace ds {
namespace {

// As ds-compare eval uses them, so that the numbers agree.
constexpr PostprocessOptions kScoring{0.01, 0.65, 100};

}  // namespace

ValidationSet::ValidationSet(const std::vector<TrainImage>& images, const Dataset& truth,
                             const InputSpec& spec, InputSize input)
    : images_(images),
      truth_(truth_from_dataset(truth)),
      spec_(spec),
      input_(input),
      samples_(images.size()) {}

const TrainSample& ValidationSet::sample(std::size_t index) {
  auto& kept = samples_[index];
  if (!kept) {
    const auto& image = images_[index];
    auto pixels = decode_image_file(image.file);
    auto picture = make_picture(pixels, image.width, image.height, {}, pixels.cols + pixels.rows);
    kept =
        std::make_unique<TrainSample>(plain_sample(*picture, input_.width, input_.height, spec_.pad_value));
  }
  return *kept;
}

std::vector<Detection> ValidationSet::to_image(const std::vector<ScoredBox>& found, std::size_t index) const {
  const auto& image = images_[index];
  auto letterbox = letterbox_top_left(image.width, image.height, input_.width, input_.height);
  std::vector<Detection> detections;
  for (const auto& box : found) {
    Detection detection{box.class_idx, box.score,
                        clipped(letterbox.to_image(box.box), image.width, image.height)};
    if (is_proper(detection.box)) detections.push_back(detection);
  }
  return detections;
}

ValidationResult ValidationSet::evaluate(DetectorNet& net, WorkerTeam& team) {
  std::vector<ImageDetections> found(images_.size());
  const auto device = net.parameters().front().device();
  const auto stride = static_cast<std::int64_t>(input_.width) * input_.height * 3;
  constexpr std::size_t kBatch = 4;
  team.run([&](int worker) {
    at::NoGradGuard no_grad;
    for (std::size_t begin = static_cast<std::size_t>(worker) * kBatch; begin < images_.size();
         begin += kBatch * static_cast<std::size_t>(team.size())) {
      auto count = std::min(kBatch, images_.size() - begin);
      auto values = at::empty({static_cast<std::int64_t>(count), input_.height, input_.width, 3});
      for (std::size_t i = 0; i < count; ++i)
        write_values(sample(begin + i), pixel_scale(spec_),
                     values.data_ptr<float>() + static_cast<std::int64_t>(i) * stride);
      auto boxes = net.detect(values.permute({0, 3, 1, 2}).to(device), kScoring);
      for (std::size_t i = 0; i < count; ++i)
        found[begin + i] = {images_[begin + i].id, images_[begin + i].name, to_image(boxes[i], begin + i)};
    }
  });
  auto table = detections_from(found, truth_, "validation");
  auto matching = match(truth_, table);
  return {average_precision(matching), operating_point(matching, std::nullopt).threshold};
}

}  // namespace ds
