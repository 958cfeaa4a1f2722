#include "data/label_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/shared.h"
#include "ds/base/text.h"

namespace ds::detail {
namespace {

constexpr double kSameBox = 0.9;          // IoU above which two boxes are around the same thing
constexpr double kWholeImage = 0.95;      // share of the image's area
constexpr double kRareWholeImage = 0.05;  // of the boxes; where more are like that, it is how the set is made
constexpr double kThinSides = 20;         // longer over shorter side
constexpr double kRareThin = 0.01;        // of the boxes

/// How often something was seen, and on which images.
struct Sightings {
  std::size_t count = 0;
  std::vector<std::string> images = {};
  std::string example = {};
  void add(const TrainImage& image, const std::string& text) {
    if (count++ == 0) example = text;
    if (images.size() < kMostNames && (images.empty() || images.back() != image.name))
      images.push_back(image.name);
  }
};

std::string box_text(const Box& box) {
  return fmt::format("[{:.0f}, {:.0f}, {:.0f}, {:.0f}]", box.x0, box.y0, box.x1, box.y1);
}

class LabelErrors {
 public:
  explicit LabelErrors(const std::vector<std::string>& classes) : classes_(classes) {}

  void look_at(const TrainImage& image) {
    // By their left edges, so that only boxes that can overlap are compared.
    std::vector<const TrainObject*> objects;
    for (const auto& object : image.objects)
      if (!object.ignore) objects.push_back(&object);
    std::stable_sort(objects.begin(), objects.end(),
                     [](const auto* a, const auto* b) { return a->box.x0 < b->box.x0; });
    for (std::size_t i = 0; i < objects.size(); ++i) {
      look_at(image, *objects[i]);
      for (std::size_t k = i + 1; k < objects.size() && objects[k]->box.x0 < objects[i]->box.x1; ++k)
        if (iou(objects[i]->box, objects[k]->box) > kSameBox) note_pair(image, *objects[i], *objects[k]);
    }
  }

  void report(std::vector<DataFinding>& findings) const {
    const auto boxes = static_cast<double>(boxes_);
    if (doubles_.count > 0)
      add(findings, "double-boxes", doubles_,
          fmt::format("{} drawn twice", counted(doubles_.count, "object is", "objects are")),
          "the second box is learnt and scored as an object of its own: ds-import check lists them");
    if (two_classes_.count > 0)
      add(findings, "two-classes", two_classes_,
          fmt::format("{} two classes", counted(two_classes_.count, "object has", "objects have")),
          "one of them is likely wrong: look at them, or with a yolox-* set --label-smoothing 0.05 when many are "
          "doubtful");
    if (whole_.count > 0 && static_cast<double>(whole_.count) < kRareWholeImage * boxes)
      add(findings, "whole-image-boxes", whole_,
          fmt::format("{} the whole image", counted(whole_.count, "box covers", "boxes cover")),
          "they are rare in this set, so likely drawn by mistake: look at them");
    if (thin_.count > 0 && static_cast<double>(thin_.count) < kRareThin * boxes)
      add(findings, "thin-boxes", thin_,
          fmt::format("{} more than {:.0f} times as long as wide",
                      counted(thin_.count, "box is", "boxes are"), kThinSides),
          "they are rare in this set, so likely drawn by mistake: look at them");
  }

 private:
  static void add(std::vector<DataFinding>& findings, const std::string& kind, const Sightings& seen,
                  const std::string& what, const std::string& advice) {
    findings.push_back(
        {kind, false, fmt::format("{}, the first is {}", what, seen.example), advice, seen.images});
  }

  std::string name_of(const TrainObject& object) const {
    return classes_.at(static_cast<std::size_t>(object.class_idx));
  }

  void note_pair(const TrainImage& image, const TrainObject& a, const TrainObject& b) {
    if (a.class_idx == b.class_idx)
      doubles_.add(image, fmt::format("'{}' {} on {}", name_of(a), box_text(a.box), image.name));
    else
      two_classes_.add(
          image, fmt::format("'{}' and '{}' {} on {}", name_of(a), name_of(b), box_text(a.box), image.name));
  }

  void look_at(const TrainImage& image, const TrainObject& object) {
    ++boxes_;
    const auto& box = object.box;
    auto text = [&] { return fmt::format("'{}' {} on {}", name_of(object), box_text(box), image.name); };
    if (box.area() > kWholeImage * image.width * image.height) whole_.add(image, text());
    if (std::max(box.width(), box.height()) > kThinSides * std::min(box.width(), box.height()))
      thin_.add(image, text());
  }

  const std::vector<std::string>& classes_;
  std::size_t boxes_ = 0;
  Sightings doubles_;
  Sightings two_classes_;
  Sightings whole_;
  Sightings thin_;
};

}  // namespace

void find_label_errors(const std::vector<TrainImage>& images, const std::vector<std::string>& classes,
                       std::vector<DataFinding>& findings) {
  LabelErrors errors(classes);
  for (const auto& image : images) errors.look_at(image);
  errors.report(findings);
}

}  // namespace ds::detail
