#include "ds/importing/project_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <opencv2/core/mat.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_io.h"
#include "shape_faults.h"

namespace ds {

const std::map<std::string, std::string>& check_codes() {
  static const std::map<std::string, std::string> codes = {
      {"CLASS_UNUSED", "a class without a single object"},
      {"DEGENERATE_RING", "an outline has rings or points that enclose nothing"},
      {"DONE_WITH_PROPOSALS", "an image is done while a model's proposals wait for a person"},
      {"DUPLICATE_OBJECT", "two objects are the same in everything"},
      {"SAME_BYTES", "two images are the same file"},
      {"SPLIT_LEAK", "the same file, or one group, is in two splits"},
      {"STORE_DAMAGED", "a stored file is missing or has changed"},
      {"TINY_OBJECT", "a side under 2 pixels"},
      {"TWIN_OBJECTS", "two objects of one class cover each other by more than 0.95"},
      {"UNLABELLED_WITH_OBJECTS", "an image counts as unlabelled but has objects"},
  };
  return codes;
}

namespace {

/// Looks at labels alone, never at a file: one pass over the images, then over groups and classes, which need
/// all of them. Proposals are looked at like labels.
class LabelCheck {
 public:
  explicit LabelCheck(const Dataset& dataset) : dataset_(dataset) {}

  std::vector<Issue> run() {
    for (const auto& image : dataset_.images) check(image);
    check_groups();
    std::vector<std::size_t> uses(static_cast<std::size_t>(dataset_.classes.size()));
    for (const auto& image : dataset_.images)
      for (const auto& annotation : image.annotations) ++uses[static_cast<std::size_t>(annotation.class_idx)];
    for (int i = 0; i < dataset_.classes.size(); ++i)
      if (uses[static_cast<std::size_t>(i)] == 0)
        issue(Severity::note, "CLASS_UNUSED", {.path = "classes", .pointer = dataset_.classes[i].name},
              "no object has this class");
    return std::move(issues_);
  }

 private:
  void issue(Severity severity, const std::string& code, Location location, std::string message) {
    issues_.push_back({code, severity, std::move(location), std::move(message)});
  }

  static Location at(const Image& image, const Annotation& annotation) {
    return {.path = image.name, .pointer = fmt::format("object {}", annotation.id)};
  }

  void check(const Image& image) {
    bool proposals = false;
    for (const auto& annotation : image.annotations) {
      check(image, annotation);
      proposals |= annotation.proposal;
    }
    if (proposals && image.state == ImageState::done)
      issue(Severity::warning, "DONE_WITH_PROPOSALS", {.path = image.name}, "proposals wait for a person");
    if (image.state == ImageState::unlabelled && !image.annotations.empty() && !proposals)
      issue(Severity::warning, "UNLABELLED_WITH_OBJECTS", {.path = image.name},
            fmt::format("{} objects", image.annotations.size()));
    for (std::size_t i = 0; i < image.annotations.size(); ++i) {
      for (std::size_t k = i + 1; k < image.annotations.size(); ++k) {
        const auto& a = image.annotations[i];
        const auto& b = image.annotations[k];
        if (a.class_idx != b.class_idx || a.proposal != b.proposal || a.crowd != b.crowd) continue;
        if (detail::is_duplicate(a, b)) {
          issue(Severity::warning, "DUPLICATE_OBJECT", at(image, b),
                fmt::format("{} is the same as object {}", name_of(b), a.id));
          continue;
        }
        if (double overlap = iou(a.box(), b.box()); overlap > 0.95)
          issue(Severity::warning, "TWIN_OBJECTS", at(image, b),
                fmt::format("{} covers object {} by {:.2f}", name_of(b), a.id, overlap));
      }
    }
  }

  std::string name_of(const Annotation& annotation) const {
    return dataset_.classes[annotation.class_idx].name;
  }

  void check(const Image& image, const Annotation& annotation) {
    auto box = annotation.box();
    auto text = fmt::format("{} [{}, {}, {}, {}]", name_of(annotation), shortest(box.x0), shortest(box.y0),
                            shortest(box.x1), shortest(box.y1));
    if (!is_proper(box)) {
      issue(Severity::warning, "ZERO_SIZE_BOX", at(image, annotation),
            text + " has no area; it is never trained on or counted");
      return;
    }
    if (detail::without_degenerate_rings(annotation.shape))
      issue(Severity::warning, "DEGENERATE_RING", at(image, annotation),
            text + " has rings or points that enclose nothing");
    double slack = 1e-6 * std::max(image.width, image.height);
    if (box.x0 < -slack || box.y0 < -slack || box.x1 > image.width + slack || box.y1 > image.height + slack)
      issue(Severity::warning, "BOX_OUTSIDE_IMAGE", at(image, annotation),
            fmt::format("{} reaches outside {}x{}", text, image.width, image.height));
    else if (std::min(box.width(), box.height()) < 2)
      issue(Severity::note, "TINY_OBJECT", at(image, annotation), text + " has a side under 2 pixels");
  }

  void check_groups() {
    std::map<std::string, const Image*> by_bytes;
    std::map<std::string, const Image*> by_group;
    for (const auto& image : dataset_.images) {
      if (!image.sha256.empty()) {
        auto [other, is_new] = by_bytes.emplace(image.sha256, &image);
        if (!is_new) report_pair(*other->second, image, "the same file");
      }
      if (image.group.empty()) continue;
      auto [other, is_new] = by_group.emplace(image.group, &image);
      if (!is_new && differ(*other->second, image))
        issue(Severity::error, "SPLIT_LEAK", {.path = image.name},
              fmt::format("group '{}' is in {} here and in {} with {}", image.group, to_string(image.split),
                          to_string(other->second->split), other->second->name));
    }
  }

  static bool differ(const Image& a, const Image& b) {
    return a.split != b.split && a.split != Split::none && b.split != Split::none;
  }

  void report_pair(const Image& first, const Image& second, const std::string& how) {
    if (differ(first, second))
      issue(Severity::error, "SPLIT_LEAK", {.path = second.name},
            fmt::format("{} is in {} here and in {} as {}", how, to_string(second.split),
                        to_string(first.split), first.name));
    else
      issue(Severity::note, "SAME_BYTES", {.path = second.name}, fmt::format("{} as {}", how, first.name));
  }

  const Dataset& dataset_;
  std::vector<Issue> issues_;
};

Dataset load(Project& project, const std::string& where) {
  Dataset dataset;
  dataset.classes = project.classes().list();
  dataset.images =
      project.images().list(where.empty() ? Filter() : Filter::parse(where), WithAnnotations::yes);
  return dataset;
}

}  // namespace

std::vector<Issue> check_labels(const Dataset& dataset) {
  return LabelCheck(dataset).run();
}

std::vector<Issue> check_project(Project& project, const CheckOptions& options, Progress& progress) {
  auto dataset = load(project, options.where);
  auto issues = check_labels(dataset);
  auto add = [&](const std::string& code, Location location, const std::string& message) {
    issues.push_back({code, Severity::error, std::move(location), message});
  };
  if (options.files)
    project.verify([&](const std::string& line) { add("STORE_DAMAGED", {.path = "project"}, line); });
  if (!options.decode) return issues;
  progress.begin("decode", static_cast<std::int64_t>(dataset.images.size()));
  for (const auto& image : dataset.images) {
    throw_if_stopped();
    progress.advance();
    try {
      auto picture =
          decode_image(read_file(project.media().path_of(image.sha256)), image.name, {.strict = true});
      if (picture.cols != image.width || picture.rows != image.height)
        add("SIZE_MISMATCH", {.path = image.name},
            fmt::format("{}x{} is recorded, the picture is {}x{}", image.width, image.height, picture.cols,
                        picture.rows));
    } catch (const DataError& error) {
      add("BROKEN_IMAGE", {.path = image.name}, error.what());
    }
  }
  progress.end();
  return issues;
}

}  // namespace ds
