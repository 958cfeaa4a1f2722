#include "cvat/video_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <sstream>

#include "cvat/file.h"
#include "cvat/shape.h"
#include "ds/base/text.h"

namespace ds::detail {
namespace fs = std::filesystem;

CvatVideo::CvatVideo(const Dataset& dataset, LossReport& losses) : dataset_(dataset), losses_(losses) {
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

std::string CvatVideo::image_path(std::size_t index) const {
  const auto& name = dataset_.images[index].name;
  if (numbered_) return "images/" + name;
  return fmt::format("images/frame_{:06}{}", frames_[index], fs::path(name).extension().string());
}

std::string CvatVideo::text() {
  pugi::xml_document document;
  auto root = document.append_child("annotations");
  add_text(root, "version", "1.1");
  auto meta = root.append_child("meta");
  for (const auto& track : tracks_) add_track(root, track);
  add_meta(meta);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

void CvatVideo::collect_tracks() {
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

void CvatVideo::add_track(pugi::xml_node root, const Track& track) {
  auto node = root.append_child("track");
  set_attribute(node, "id", std::to_string(track.id));
  set_attribute(node, "label", cvat_label(dataset_.classes[track.class_idx]));
  set_attribute(node, "source", "manual");
  if (track.group) set_attribute(node, "group_id", std::to_string(*track.group));
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

void CvatVideo::add_shape(pugi::xml_node track, const Annotation& annotation, std::int64_t frame,
                          bool outside) {
  auto nodes = add_cvat_shape(track, annotation, dataset_.classes[annotation.class_idx]);
  while (nodes.size() > 1) {
    track.remove_child(nodes.back());
    nodes.pop_back();
  }
  if (nodes.empty()) return;
  auto node = nodes.front();
  set_attribute(node, "frame", std::to_string(frame));
  bool key = outside || value_or(annotation.attributes, "keyframe", "true") != "false";
  set_attribute(node, "keyframe", key ? "1" : "0");
  set_attribute(node, "outside", outside ? "1" : "0");
  set_cvat_marks(node, annotation);
  auto all = cvat_attributes(annotation);
  if (std::string(node.name()) == "cuboid") all.erase("cuboid");
  all.erase("keyframe");
  for (const auto& [name, value] : all) attributes_.add_to(node, annotation.class_idx, name, value);
}

void CvatVideo::add_meta(pugi::xml_node meta) {
  const auto& first = dataset_.images.front();
  auto task = meta.append_child("task");
  add_text(task, "name", first.group);
  add_text(task, "size", std::to_string((frames_.back() - frames_.front()) / step_ + 1));
  add_text(task, "mode", "interpolation");
  if (auto subset = cvat_subset(first); !subset.empty()) add_text(task, "subset", subset);
  add_text(task, "start_frame", std::to_string(frames_.front()));
  add_text(task, "stop_frame", std::to_string(frames_.back()));
  add_text(task, "frame_filter", step_ == 1 ? "" : fmt::format("step={}", step_));
  add_cvat_labels(task, dataset_.classes, attributes_.values());
  auto size = task.append_child("original_size");
  add_text(size, "width", std::to_string(first.width));
  add_text(size, "height", std::to_string(first.height));
  add_text(task, "source", first.group);
  add_text(meta, "dumper", "ds");
  std::vector<std::string> reviewed;
  for (std::size_t i = 0; i < dataset_.images.size(); ++i) {
    const auto& image = dataset_.images[i];
    if (image.annotations.empty() && image.state != ImageState::unlabelled)
      reviewed.push_back(std::to_string(frames_[i]));
  }
  if (!reviewed.empty()) add_text(meta, "reviewed_frames", join(reviewed, " "));
}

}  // namespace ds::detail
