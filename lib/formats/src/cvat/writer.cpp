// Writes CVAT XML 1.1: "CVAT for images", or "CVAT for video" when all images are frames
// of one tracked video.
#include "cvat/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <sstream>

#include "cvat/file.h"
#include "cvat/shape.h"
#include "ds/base/text.h"
#include "shared/losses.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

void add(pugi::xml_node parent, const char* tag, const std::string& text) {
  parent.append_child(tag).append_child(pugi::node_pcdata).set_value(text.c_str());
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

std::string label_of(const ClassInfo& info) {
  return info.name == kCvatNoLabel ? std::string() : info.name;
}

std::string value_of(const std::map<std::string, std::string>& attributes, const std::string& name,
                     const std::string& otherwise = {}) {
  auto found = attributes.find(name);
  return found == attributes.end() ? otherwise : found->second;
}

// As CVAT's own projects call them.
std::string subset_of(const Image& image) {
  switch (image.split) {
    case Split::train:
      return "Train";
    case Split::val:
      return "Validation";
    case Split::test:
      return "Test";
    case Split::none:
      break;
  }
  return value_of(image.attributes, "subset");
}

// Attributes of an image that its elements have a place for.
bool has_place(const Image& image, const std::string& name, const ClassList& classes) {
  if (name == "subset" || name == "task_id") return true;
  return std::any_of(image.tags.begin(), image.tags.end(), [&](const ImageTag& tag) {
    return tag.present && name.starts_with(classes[tag.class_idx].name + ".");
  });
}

// The values that occur, so that the labels can declare them.
class Attributes {
 public:
  void add_to(pugi::xml_node node, int class_idx, const std::string& name, const std::string& value) {
    auto attribute = node.append_child("attribute");
    set(attribute, "name", name);
    attribute.append_child(pugi::node_pcdata).set_value(value.c_str());
    auto& seen = values_[class_idx][name];
    if (seen.size() < 3 && std::find(seen.begin(), seen.end(), value) == seen.end()) seen.push_back(value);
  }
  const auto& values() const { return values_; }

 private:
  std::map<int, std::map<std::string, std::vector<std::string>>> values_;
};

void add_marks(pugi::xml_node node, const Annotation& annotation) {
  set(node, "occluded", annotation.occluded.value_or(0) != 0 ? "1" : "0");
  set(node, "z_order", std::to_string(annotation.z));
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
    add(root, "version", "1.1");
    auto meta = root.append_child("meta");
    for (std::size_t i = 0; i < dataset_.images.size(); ++i) add_image(root, i);
    auto task = meta.append_child("task");
    add(task, "name", "ds");
    add(task, "size", std::to_string(dataset_.images.size()));
    add(task, "mode", "annotation");
    add_cvat_labels(task, dataset_.classes, attributes_.values());
    add(meta, "dumper", "ds");
    std::ostringstream out;
    document_.save(out, "  ");
    return out.str();
  }

 private:
  void add_image(pugi::xml_node root, std::size_t index) {
    const auto& image = dataset_.images[index];
    auto node = root.append_child("image");
    set(node, "id", std::to_string(index));
    set(node, "name", image.name);
    if (auto subset = subset_of(image); !subset.empty()) set(node, "subset", subset);
    if (auto task = value_of(image.attributes, "task_id"); !task.empty()) set(node, "task_id", task);
    set(node, "width", std::to_string(image.width));
    set(node, "height", std::to_string(image.height));
    if (image.annotations.empty() && image.state != ImageState::unlabelled) set(node, "reviewed", "1");
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
      set(node, "label", label_of(info));
      set(node, "source", value_of(annotation.attributes, "source", "manual"));
      add_marks(node, annotation);
      if (group) set(node, "group_id", std::to_string(*group));
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
    set(node, "label", label_of(info));
    set(node, "source", "manual");
    auto prefix = info.name + ".";
    for (const auto& [name, value] : from.attributes)
      if (name.starts_with(prefix)) attributes_.add_to(node, class_idx, name.substr(prefix.size()), value);
  }

  const Dataset& dataset_;
  LossReport& losses_;
  pugi::xml_document document_;
  Attributes attributes_;
  std::int64_t last_group_ = 0;
};

// One object through the video.
struct TrackOut {
  std::int64_t id = 0;
  int class_idx = 0;
  std::optional<std::int64_t> group;
  std::map<std::int64_t, const Annotation*> shapes;  // by frame
};

class VideoFile {
 public:
  VideoFile(const Dataset& dataset, LossReport& losses) : dataset_(dataset), losses_(losses) {
    bool numbered = true;
    std::int64_t last = -1;
    for (const auto& image : dataset.images) {
      auto number = cvat_frame_number(image.name);
      numbered = numbered && number && *number > last;
      if (number) last = *number;
    }
    for (std::size_t i = 0; i < dataset.images.size(); ++i) {
      const auto& name = dataset.images[i].name;
      frames_.push_back(numbered ? *cvat_frame_number(name) : static_cast<std::int64_t>(i));
      if (!numbered) losses.add("name", "become frame_NUMBER");
    }
    std::int64_t step = 0;
    for (auto frame : frames_) step = std::gcd(step, frame - frames_.front());
    step_ = std::max<std::int64_t>(1, step);
    numbered_ = numbered;
    collect_tracks();
  }

  std::string image_path(std::size_t index) const {
    const auto& name = dataset_.images[index].name;
    if (numbered_) return "images/" + name;
    return fmt::format("images/frame_{:06}{}", frames_[index], fs::path(name).extension().string());
  }

  std::string text() {
    pugi::xml_document document;
    auto root = document.append_child("annotations");
    add(root, "version", "1.1");
    auto meta = root.append_child("meta");
    for (const auto& track : tracks_) add_track(root, track);
    add_meta(meta);
    std::ostringstream out;
    document.save(out, "  ");
    return out.str();
  }

 private:
  void collect_tracks() {
    std::map<std::pair<std::int64_t, int>, std::size_t> known;  // by id and class
    std::int64_t last_id = -1;
    for (const auto& image : dataset_.images)
      for (const auto& a : image.annotations) last_id = std::max(last_id, a.track_id.value_or(-1));
    std::set<std::int64_t> ids;
    for (std::size_t i = 0; i < dataset_.images.size(); ++i) {
      for (const auto& a : dataset_.images[i].annotations) {
        const auto* polygon = std::get_if<Polygon>(&a.shape);
        if (polygon && polygon->rings.size() > 1) losses_.add("parts", "all but the first are left out");
        auto found = a.track_id ? known.find({*a.track_id, a.class_idx}) : known.end();
        bool fits = found != known.end() && !tracks_[found->second].shapes.contains(frames_[i]) &&
                    tracks_[found->second].group == a.group_id;
        if (!fits) {
          bool own = a.track_id && ids.insert(*a.track_id).second;
          if (!own) losses_.add("track", "get a track of their own");
          auto id = own ? *a.track_id : ++last_id;
          if (a.track_id) known[{*a.track_id, a.class_idx}] = tracks_.size();
          tracks_.push_back({.id = id, .class_idx = a.class_idx, .group = a.group_id, .shapes = {}});
          tracks_.back().shapes[frames_[i]] = &a;
        } else {
          tracks_[found->second].shapes[frames_[i]] = &a;
        }
      }
    }
  }

  void add_track(pugi::xml_node root, const TrackOut& track) {
    auto node = root.append_child("track");
    set(node, "id", std::to_string(track.id));
    set(node, "label", label_of(dataset_.classes[track.class_idx]));
    set(node, "source", "manual");
    if (track.group) set(node, "group_id", std::to_string(*track.group));
    const Annotation* previous = nullptr;
    std::int64_t expected = 0;
    for (const auto& [frame, annotation] : track.shapes) {
      if (previous && frame != expected) add_shape(node, *previous, expected, true);
      add_shape(node, *annotation, frame, false);
      previous = annotation;
      expected = frame + step_;
    }
    if (expected <= frames_.back()) add_shape(node, *previous, expected, true);
  }

  void add_shape(pugi::xml_node track, const Annotation& annotation, std::int64_t frame, bool outside) {
    auto nodes = add_cvat_shape(track, annotation, dataset_.classes[annotation.class_idx]);
    while (nodes.size() > 1) {
      track.remove_child(nodes.back());
      nodes.pop_back();
    }
    if (nodes.empty()) return;
    auto node = nodes.front();
    set(node, "frame", std::to_string(frame));
    bool key = outside || value_of(annotation.attributes, "keyframe", "true") != "false";
    set(node, "keyframe", key ? "1" : "0");
    set(node, "outside", outside ? "1" : "0");
    add_marks(node, annotation);
    auto all = cvat_attributes(annotation);
    if (std::string(node.name()) == "cuboid") all.erase("cuboid");
    all.erase("keyframe");
    for (const auto& [name, value] : all) attributes_.add_to(node, annotation.class_idx, name, value);
  }

  void add_meta(pugi::xml_node meta) {
    const auto& first = dataset_.images.front();
    auto task = meta.append_child("task");
    add(task, "name", first.group);
    add(task, "size", std::to_string((frames_.back() - frames_.front()) / step_ + 1));
    add(task, "mode", "interpolation");
    if (auto subset = subset_of(first); !subset.empty()) add(task, "subset", subset);
    add(task, "start_frame", std::to_string(frames_.front()));
    add(task, "stop_frame", std::to_string(frames_.back()));
    add(task, "frame_filter", step_ == 1 ? "" : fmt::format("step={}", step_));
    add_cvat_labels(task, dataset_.classes, attributes_.values());
    auto size = task.append_child("original_size");
    add(size, "width", std::to_string(first.width));
    add(size, "height", std::to_string(first.height));
    add(task, "source", first.group);
    add(meta, "dumper", "ds");
    std::vector<std::string> reviewed;
    for (std::size_t i = 0; i < dataset_.images.size(); ++i) {
      const auto& image = dataset_.images[i];
      if (image.annotations.empty() && image.state != ImageState::unlabelled)
        reviewed.push_back(std::to_string(frames_[i]));
    }
    if (!reviewed.empty()) add(meta, "reviewed_frames", join(reviewed, " "));
  }

  const Dataset& dataset_;
  LossReport& losses_;
  std::vector<std::int64_t> frames_;  // beside the images
  std::int64_t step_ = 1;
  bool numbered_ = true;
  std::vector<TrackOut> tracks_;
  Attributes attributes_;
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
    if (subset_of(image) != subset_of(first))
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
  VideoFile video(dataset, losses);
  return any && losses.empty();
}

bool wants_video(const Dataset& dataset, const std::string& kind) {
  static const std::vector<std::string> known = {"auto", "images", "video"};
  if (std::find(known.begin(), known.end(), kind) == known.end())
    throw_unknown_name("--cvat-kind", kind, known);
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
          return !(video ? attribute.first == "subset" : has_place(image, attribute.first, dataset.classes));
        }))
      losses.add("image-attributes", "lose them");
    for (const auto& annotation : image.annotations) {
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

WrittenDataset write_cvat(const Dataset& dataset, const WriteOptions& options) {
  WrittenDataset written;
  bool video = wants_video(dataset, options.cvat_kind);
  count_cvat_losses(dataset, video, written.losses);
  if (video) {
    VideoFile file(dataset, written.losses);
    for (std::size_t i = 0; i < dataset.images.size(); ++i) written.images[file.image_path(i)] = i;
    written.texts["annotations.xml"] = file.text();
    written.notes.push_back("written as CVAT for video: every image is a frame of one video");
    return written;
  }
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    auto subset = subset_of(image);
    auto path = "images/" + (is_plain_name(subset) ? subset + "/" : "") + image.name;
    if (auto [other, is_new] = written.images.emplace(path, i); !is_new)
      throw DataError(fmt::format("{} and {} would both become {}; rename one",
                                  dataset.images[other->second].name, image.name, path));
  }
  written.texts["annotations.xml"] = ImagesFile(dataset, written.losses).text();
  return written;
}

}  // namespace ds::detail
