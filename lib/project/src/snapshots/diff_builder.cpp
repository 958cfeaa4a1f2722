#include "snapshots/diff_builder.h"

#include <algorithm>

#include "snapshots/manifest.h"

namespace ds::detail {
namespace {

bool same_details(const ClassInfo& a, const ClassInfo& b) {
  return a.supercategory == b.supercategory && a.key_points == b.key_points && a.skeleton == b.skeleton;
}

/// Index in `after` of a class of `before`.
std::optional<int> partner_of(const ClassInfo& info, const ClassList& before, const ClassList& after) {
  if (info.id != 0)
    if (auto same_id = after.find_id(info.id)) return same_id;
  auto same_name = after.find(info.name);
  if (!same_name) return std::nullopt;
  // A class of that name which is the heir of another one by its id is not this one.
  int id = after[*same_name].id;
  return id != 0 && info.id != 0 && before.find_id(id) ? std::nullopt : same_name;
}

}  // namespace

DiffBuilder::DiffBuilder(const ClassList& before, const ClassList& after, Visit visit)
    : visit_(std::move(visit)) {
  for (int i = 0; i < after.size(); ++i) {
    diff_.classes.push_back({.before = {}, .after = after[i].name, .objects = {}});
    joint_of_after_.push_back(i);
  }
  int last = -1;
  for (int i = 0; i < before.size(); ++i) {
    const auto& info = before[i];
    auto joint = partner_of(info, before, after);
    if (!joint) {
      joint = static_cast<int>(diff_.classes.size());
      diff_.classes.push_back({.before = info.name, .after = {}, .objects = {}});
    } else {
      diff_.classes[static_cast<std::size_t>(*joint)].before = info.name;
      if (*joint < last) diff_.class_order = true;
      last = *joint;
      if (!same_details(info, after[*joint])) diff_.class_details = true;
    }
    joint_of_before_.push_back(*joint);
    if (*joint != i) same_indices_ = false;
  }
}

void DiffBuilder::with_joint_classes(const Image& image, const std::vector<int>& joint,
                                     std::vector<Annotation>& objects, std::vector<ImageTag>& tags) const {
  for (const auto& annotation : image.annotations) {
    if (annotation.proposal) continue;
    objects.push_back(annotation);
    objects.back().class_idx = joint.at(static_cast<std::size_t>(annotation.class_idx));
  }
  tags = image.tags;
  for (auto& tag : tags) tag.class_idx = joint.at(static_cast<std::size_t>(tag.class_idx));
  std::sort(tags.begin(), tags.end(),
            [](const ImageTag& a, const ImageTag& b) { return a.class_idx < b.class_idx; });
}

void DiffBuilder::count_objects(ImageDiff& image, const std::vector<Annotation>& before,
                                const std::vector<Annotation>& after) {
  std::map<int, ObjectCounts> of_class;
  for (const auto& a : before) ++of_class[a.class_idx].before;
  for (const auto& a : after) ++of_class[a.class_idx].after;
  for (const auto& pair : pair_objects(before, after)) {
    int from = before[pair.before].class_idx, to = after[pair.after].class_idx;
    switch (pair.change) {
      case ObjectChange::unchanged:
        ++of_class[from].unchanged;
        break;
      case ObjectChange::changed:
        ++of_class[from].changed;
        break;
      case ObjectChange::moved:
        ++of_class[from].moved;
        break;
      case ObjectChange::reclassified:
        ++of_class[from].to_other;
        ++of_class[to].from_other;
        image.reclassified.emplace_back(diff_.classes[static_cast<std::size_t>(from)].before,
                                        diff_.classes[static_cast<std::size_t>(to)].after);
        ++diff_.reclassified[image.reclassified.back()];
    }
  }
  for (auto& [joint_idx, c] : of_class) {
    c.removed = c.before - c.unchanged - c.changed - c.moved - c.to_other;
    c.added = c.after - c.unchanged - c.changed - c.moved - c.from_other;
    image.objects += c;
    counts(joint_idx) += c;
  }
}

void DiffBuilder::add_unchanged(std::string_view line) {
  for_each_class_in_line(line, [&](int class_idx) {
    auto& c = counts(class_idx);
    ++c.before;
    ++c.after;
    ++c.unchanged;
  });
  ++diff_.images.before;
  ++diff_.images.after;
  ++diff_.images.unchanged;
}

void DiffBuilder::add_added(const Image& image) {
  ImageDiff diff{.kind = ImageDiff::Kind::added,
                 .name = image.name,
                 .split_before = image.split,
                 .split_after = image.split,
                 .state_before = image.state,
                 .state_after = image.state};
  std::vector<Annotation> objects;
  std::vector<ImageTag> tags;
  with_joint_classes(image, joint_of_after_, objects, tags);
  count_objects(diff, {}, objects);
  ++diff_.images.after;
  ++diff_.images.added;
  if (visit_) visit_(diff);
}

void DiffBuilder::add_removed(const Image& image) {
  ImageDiff diff{.kind = ImageDiff::Kind::removed,
                 .name = image.name,
                 .split_before = image.split,
                 .split_after = image.split,
                 .state_before = image.state,
                 .state_after = image.state};
  std::vector<Annotation> objects;
  std::vector<ImageTag> tags;
  with_joint_classes(image, joint_of_before_, objects, tags);
  count_objects(diff, objects, {});
  ++diff_.images.before;
  ++diff_.images.removed;
  if (visit_) visit_(diff);
}

void DiffBuilder::add_pair(const Image& before, const Image& after) {
  ImageDiff diff{.name = after.name,
                 .split_before = before.split,
                 .split_after = after.split,
                 .state_before = before.state,
                 .state_after = after.state,
                 .bytes = before.sha256 != after.sha256,
                 .group = before.group != after.group,
                 .attributes = before.attributes != after.attributes};
  std::vector<Annotation> old_objects, new_objects;
  std::vector<ImageTag> old_tags, new_tags;
  with_joint_classes(before, joint_of_before_, old_objects, old_tags);
  with_joint_classes(after, joint_of_after_, new_objects, new_tags);
  diff.tags = old_tags != new_tags;
  count_objects(diff, old_objects, new_objects);
  ++diff_.images.before;
  ++diff_.images.after;
  count(diff);
}

void DiffBuilder::count(const ImageDiff& image) {
  auto& n = diff_.images;
  bool split = image.split_before != image.split_after, state = image.state_before != image.state_after;
  bool objects = !image.objects.same();
  if (!(image.bytes || image.group || image.tags || image.attributes || split || state || objects)) {
    ++n.unchanged;
    return;
  }
  ++n.changed;
  n.bytes += image.bytes;
  n.group += image.group;
  n.tags += image.tags;
  n.attributes += image.attributes;
  n.split += split;
  n.state += state;
  n.objects += objects;
  if (visit_) visit_(image);
}

DatasetDiff DiffBuilder::finish() {
  for (const auto& c : diff_.classes) diff_.objects += c.objects;
  return std::move(diff_);
}

}  // namespace ds::detail
