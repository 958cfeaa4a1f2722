#include "mots/objects.h"

#include <fmt/format.h>

namespace ds::detail {

namespace {

constexpr std::int64_t kInstances = 1000;  // ids of one class
constexpr std::int64_t kIgnoredId = 10 * kInstances;
constexpr const char* kIgnoredClass = "ignored";

}  // namespace

MotsClasses::MotsClasses(std::vector<std::string> labels)
    : names_(labels.empty() ? std::vector<std::string>{"car", "pedestrian"} : std::move(labels)) {}

void MotsClasses::add(Reading& reading, std::size_t image, std::int64_t id, RunLengthMask mask,
                      const Location& place) const {
  auto number = id / kInstances;
  bool known = number >= 1 && number <= static_cast<std::int64_t>(names_.size());
  bool ignored = id == kIgnoredId && !known;
  if (!known && !ignored) {
    reading.issue(
        Severity::error, "UNKNOWN_CLASS", place,
        fmt::format("id {} is of class {}, which is none of the {}; left out", id, number, names_.size()));
    return;
  }
  const auto name = ignored ? kIgnoredClass : names_[static_cast<std::size_t>(number - 1)];
  Annotation annotation{.class_idx = reading.class_of(name), .shape = std::move(mask)};
  annotation.ignore = ignored;
  if (!ignored) annotation.track_id = id;
  reading.add_annotation(image, std::move(annotation), place);
}

std::map<std::uint32_t, RunLengthMask> masks_by_value(const LabelPicture& picture) {
  struct Growing {
    RunLengthMask mask;
    std::uint64_t end = 0;  // behind its last pixel
  };
  std::map<std::uint32_t, Growing> found;
  std::uint64_t position = 0;
  for (int x = 0; x < picture.width; ++x)
    for (int y = 0; y < picture.height; ++y, ++position) {
      auto value = picture.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
                                  static_cast<std::size_t>(x)];
      if (value == 0) continue;
      auto& [mask, end] = found[value];
      if (mask.counts.empty() || end != position) {
        mask.counts.push_back(static_cast<std::uint32_t>(position - end));
        mask.counts.push_back(0);
      }
      ++mask.counts.back();
      end = position + 1;
    }
  std::map<std::uint32_t, RunLengthMask> masks;
  for (auto& [value, grown] : found) {
    grown.mask.height = picture.height;
    grown.mask.width = picture.width;
    if (grown.end < position) grown.mask.counts.push_back(static_cast<std::uint32_t>(position - grown.end));
    masks.emplace(value, std::move(grown.mask));
  }
  return masks;
}

}  // namespace ds::detail
