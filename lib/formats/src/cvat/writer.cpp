// Writes CVAT XML 1.1: "CVAT for images", or "CVAT for video" when all images are frames
// of one tracked video.
#include "cvat/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "cvat/elements.h"
#include "cvat/file.h"
#include "cvat/shape.h"
#include "cvat/video_writer.h"
#include "ds/base/text.h"
#include "ds/formats/cvat/options.h"
#include "shared/losses.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// Attributes of an image that its elements have a place for.
bool has_place(const Image& image, const std::string& name, const ClassList& classes) {
  if (name == "subset" || name == "task_id") return true;
  return std::any_of(image.tags.begin(), image.tags.end(), [&](const ImageTag& tag) {
    return tag.present && name.starts_with(classes[tag.class_idx].name + ".");
  });
}

std::string path_below_images(const Image& image, const std::string& name) {
  auto subset = cvat_subset(image);
  return (is_plain_name(subset) ? subset + "/" : "") + name;
}

class ImagesFile {
 public:
  ImagesFile(const Dataset& dataset, LossReport& losses) : dataset_(dataset), losses_(losses) {
    for (const auto& image : dataset.images)
      for (const auto& annotation : image.annotations)
        last_group_ = std::max(last_group_, annotation.group_id.value_or(0));
  }

  std::string text() {
    auto root = document_.append_child("annotations");
    add_text(root, "version", "1.1");
    auto meta = root.append_child("meta");
    for (std::size_t i = 0; i < dataset_.images.size(); ++i) add_image(root, i);
    auto task = meta.append_child("task");
    add_text(task, "name", "ds");
    add_text(task, "size", std::to_string(dataset_.images.size()));
    add_text(task, "mode", "annotation");
    add_cvat_labels(task, dataset_.classes, attributes_.values());
    add_text(meta, "dumper", "ds");
    std::ostringstream out;
    document_.save(out, "  ");
    return out.str();
  }

 private:
  void add_image(pugi::xml_node root, std::size_t index) {
    const auto& image = dataset_.images[index];
    auto node = root.append_child("image");
    set_attribute(node, "id", std::to_string(index));
    set_attribute(node, "name", image.name);
    if (auto subset = cvat_subset(image); !subset.empty()) set_attribute(node, "subset", subset);
    if (auto task = value_or(image.attributes, "task_id"); !task.empty())
      set_attribute(node, "task_id", task);
    set_attribute(node, "width", std::to_string(image.width));
    set_attribute(node, "height", std::to_string(image.height));
    if (image.annotations.empty() && image.state != ImageState::unlabelled)
      set_attribute(node, "reviewed", "1");
    for (const auto& annotation : image.annotations) add_object(node, annotation);
    for (const auto& tag : image.tags)
      if (tag.present) add_tag(node, image, tag.class_idx);
  }

  void add_object(pugi::xml_node image, const Annotation& annotation) {
    const auto& info = dataset_.classes[annotation.class_idx];
    auto nodes = add_cvat_shape(image, annotation, info);
    auto group = annotation.group_id;
    if (nodes.size() > 1) {
      losses_.add("parts", "become shapes of one group");
      if (!group) group = ++last_group_;
    }
    for (auto& node : nodes) {
      set_attribute(node, "label", cvat_label(info));
      set_attribute(node, "source", value_or(annotation.attributes, "source", "manual"));
      set_cvat_marks(node, annotation);
      if (group) set_attribute(node, "group_id", std::to_string(*group));
      auto all = cvat_attributes(annotation);
      if (std::string(node.name()) == "cuboid") all.erase("cuboid");
      all.erase("source");
      if (annotation.track_id) all["track_id"] = std::to_string(*annotation.track_id);
      for (const auto& [name, value] : all) attributes_.add_to(node, annotation.class_idx, name, value);
    }
  }

  void add_tag(pugi::xml_node image, const Image& from, int class_idx) {
    const auto& info = dataset_.classes[class_idx];
    auto node = image.append_child("tag");
    set_attribute(node, "label", cvat_label(info));
    set_attribute(node, "source", "manual");
    auto prefix = info.name + ".";
    for (const auto& [name, value] : from.attributes)
      if (name.starts_with(prefix)) attributes_.add_to(node, class_idx, name.substr(prefix.size()), value);
  }

  const Dataset& dataset_;
  LossReport& losses_;
  pugi::xml_document document_;
  CvatAttributes attributes_;
  std::int64_t last_group_ = 0;
};

// Why the images are no frames of one video; empty when they are.
std::string why_no_video(const Dataset& dataset) {
  if (dataset.images.empty()) return "there are no images";
  const auto& first = dataset.images.front();
  for (const auto& image : dataset.images) {
    if (image.group.empty() || image.group != first.group)
      return fmt::format("{} and {} are not of one group", first.name, image.name);
    if (image.width != first.width || image.height != first.height)
      return fmt::format("{} is {}x{}, {} is {}x{}", first.name, first.width, first.height, image.name,
                         image.width, image.height);
    if (cvat_subset(image) != cvat_subset(first))
      return fmt::format("{} and {} are of different splits", first.name, image.name);
  }
  return {};
}

// True when the video form keeps everything.
bool all_in_tracks(const Dataset& dataset) {
  LossReport losses;
  std::set<std::string> names;
  bool any = false;
  for (const auto& image : dataset.images) {
    if (!image.tags.empty() || !names.insert(fs::path(image.name).filename().string()).second) return false;
    for (const auto& annotation : image.annotations)
      if (any = true; !annotation.track_id) return false;
  }
  CvatVideo video(dataset, losses);
  return any && losses.empty();
}

bool wants_video(const Dataset& dataset, const std::string& kind) {
  if (std::find(kCvatKinds.begin(), kCvatKinds.end(), kind) == kCvatKinds.end())
    throw_unknown_name("--cvat-kind", kind, kCvatKinds);
  if (kind == "images") return false;
  auto why = why_no_video(dataset);
  if (kind == "auto") return why.empty() && all_in_tracks(dataset);
  if (!why.empty()) throw DataError("no CVAT video file can be written: " + why, "use --cvat-kind images");
  return true;
}

void count_cvat_losses(const Dataset& dataset, bool video, LossReport& losses) {
  FormatHolds holds{
      .shapes = {"rotated-box", "polygon", "mask", "points", "polyline", "ellipse"},
      .crowd = true,
      .difficult = true,
      .ignore = true,
      .truncated = FormatHolds::exact,
      .occluded = FormatHolds::exact,
      .score = true,
      .track = true,
      .group = true,
      .z = true,
      .attributes = true,
      .tags = !video,
      .image_attributes = true,
      .key_point_names = true,
  };
  count_losses(dataset, holds, losses);
  for (const auto& image : dataset.images) {
    if (std::any_of(image.attributes.begin(), image.attributes.end(), [&](const auto& attribute) {
          return tells_of_image(attribute.first, attribute.second) &&
                 !(video ? attribute.first == "subset" : has_place(image, attribute.first, dataset.classes));
        }))
      losses.add("image-attributes", "lose them");
    for (const auto& annotation : image.annotations) {
      if (std::any_of(annotation.attributes.begin(), annotation.attributes.end(), [](const auto& a) {
            return says_something(a.second) &&
                   (is_cvat_mark(a.first, a.second) || (a.first == "source" && a.second == "manual"));
          }))
        losses.add("attributes", "lose those called like a mark");
      const auto* points = std::get_if<KeyPoints>(&annotation.shape);
      if (points == nullptr) continue;
      std::vector<Point> labelled;
      for (std::size_t i = 0; i < points->points.size(); ++i)
        if (points->visibility[i] > 0) labelled.push_back(points->points[i]);
      if (!(bounding_box(Polyline{labelled.empty() ? points->points : labelled}) == points->box))
        losses.add("points", "lose their own box");
    }
  }
}

}  // namespace

NameRules cvat_names() {
  return {
      .by_suffix = false,
      .looked_for = [](const Image& image,
                       const std::string& name) { return NameRules::Paths{path_below_images(image, name)}; },
      .bare_classes = true};
}

WrittenDataset write_cvat(const Dataset& dataset, const WriteOptions& options) {
  WrittenDataset written;
  bool video = wants_video(dataset, options.own.of<CvatWriting>().kind);
  count_cvat_losses(dataset, video, written.losses);
  if (video) {
    CvatVideo file(dataset, written.losses);
    for (std::size_t i = 0; i < dataset.images.size(); ++i) written.images[file.image_path(i)] = i;
    written.texts["annotations.xml"] = file.text();
    written.notes.push_back("written as CVAT for video: every image is a frame of one video");
    return written;
  }
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    written.images["images/" + path_below_images(image, image.name)] = i;
  }
  written.texts["annotations.xml"] = ImagesFile(dataset, written.losses).text();
  return written;
}

}  // namespace ds::detail
