#include "loop/validation.h"

#include <ATen/ATen.h>

#include <opencv2/core.hpp>

#include "ds/geometry/letterbox.h"
#include "ds/media/image_io.h"
#include "ds/metrics/matching.h"
#include "ds/metrics/operating_point.h"
#include "ds/nn/detector_net.h"
#include "ds/train/batch_loader.h"
#include "loop/replicas.h"
#include "ranks/message.h"

namespace ds::detail {
namespace {

// As ds-compare eval uses them, so that the numbers agree.
constexpr PostprocessOptions kScoring{0.01, 0.65, 100};

}  // namespace

ValidationSet::ValidationSet(const std::vector<TrainImage>& images, const Dataset& truth,
                             const Preprocessing& preprocessing, InputSize input)
    : images_(images),
      truth_(truth_from_dataset(truth)),
      preprocessing_(preprocessing),
      input_(input),
      samples_(images.size()) {}

const TrainSample& ValidationSet::sample(std::size_t index) {
  auto& kept = samples_[index];
  if (!kept) {
    const auto& image = images_[index];
    auto pixels = decode_image_file(image.file);
    auto picture = make_picture(pixels, image.width, image.height, {}, pixels.cols + pixels.rows);
    kept = std::make_unique<TrainSample>(
        plain_sample(*picture, input_.width, input_.height, preprocessing_.pad_value));
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

std::string ValidationSet::detect(DetectorNet& net, WorkerTeam& team, const Ranks& ranks) {
  std::vector<std::vector<Detection>> found(images_.size());
  const auto device = net.parameters().front().device();
  const auto stride = static_cast<std::int64_t>(input_.width) * input_.height * 3;
  constexpr std::size_t kBatch = 4;
  const auto workers = static_cast<std::size_t>(team.size() * ranks.size());
  team.run([&](int worker) {
    at::NoGradGuard no_grad;
    const auto number = static_cast<std::size_t>(ranks.rank() * team.size() + worker);
    for (std::size_t begin = number * kBatch; begin < images_.size(); begin += kBatch * workers) {
      auto count = std::min(kBatch, images_.size() - begin);
      auto values = at::empty({static_cast<std::int64_t>(count), input_.height, input_.width, 3});
      for (std::size_t i = 0; i < count; ++i)
        write_values(sample(begin + i), preprocessing_,
                     values.data_ptr<float>() + static_cast<std::int64_t>(i) * stride);
      auto boxes = net.detect(values.permute({0, 3, 1, 2}).to(device), kScoring);
      for (std::size_t i = 0; i < count; ++i) found[begin + i] = to_image(boxes[i], begin + i);
    }
  });
  MessageWriter writer;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].empty()) continue;
    writer.put(static_cast<std::uint64_t>(i));
    writer.put(static_cast<std::uint64_t>(found[i].size()));
    for (const auto& detection : found[i]) {
      writer.put(detection.class_idx);
      writer.put(detection.score);
      writer.put(detection.box);
    }
  }
  return writer.take();
}

void ValidationSet::add_detections(const std::string& bytes, std::vector<ImageDetections>& found) const {
  MessageReader reader(bytes);
  while (!reader.at_end()) {
    auto& image = found.at(reader.get<std::uint64_t>());
    for (auto count = reader.get<std::uint64_t>(); count > 0; --count) {
      Detection detection;
      detection.class_idx = reader.get<decltype(detection.class_idx)>();
      detection.score = reader.get<decltype(detection.score)>();
      detection.box = reader.get<Box>();
      image.detections.push_back(detection);
    }
  }
}

ValidationResult ValidationSet::evaluate(DetectorNet& net, WorkerTeam& team, Ranks& ranks) {
  auto answers = ranks.together("a validation", [&] { return detect(net, team, ranks); });
  std::vector<ImageDetections> found(images_.size());
  for (std::size_t i = 0; i < images_.size(); ++i) found[i] = {images_[i].id, images_[i].name, {}};
  for (const auto& answer : answers) add_detections(answer, found);
  auto table = detections_from(found, truth_, "validation");
  auto matching = match(truth_, table);
  return {average_precision(matching), operating_point(matching, std::nullopt).threshold};
}

}  // namespace ds::detail
