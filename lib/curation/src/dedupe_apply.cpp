#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "ds/curation/dedupe.h"
#include "scaled_shape.h"
#include "union_find.h"

namespace ds {
namespace {

using detail::UnionFind;

constexpr double kSameObject = 0.5;

/// Objects of `from` that the kept image lacks, in its coordinates.
std::vector<Annotation> missing_on(const Image& kept, const Image& from) {
  double sx = static_cast<double>(kept.width) / from.width;
  double sy = static_cast<double>(kept.height) / from.height;
  std::vector<Annotation> missing;
  for (const auto& annotation : from.annotations) {
    if (annotation.proposal) continue;
    auto moved = annotation;
    moved.id = 0;
    if (sx != 1 || sy != 1) {
      moved.shape = detail::scaled_shape(annotation.shape, sx, sy);
      moved.area = std::nullopt;
    }
    auto covers = [&](const Annotation& there) {
      return !there.proposal && there.class_idx == moved.class_idx &&
             iou(there.box(), moved.box()) >= kSameObject;
    };
    if (std::none_of(kept.annotations.begin(), kept.annotations.end(), covers))
      missing.push_back(std::move(moved));
  }
  return missing;
}

}  // namespace

RemoveReport remove_duplicates(Project& project, const DedupeReport& report, const RemoveOptions& options) {
  RemoveReport result;
  project.transaction([&] {
    std::vector<std::int64_t> ids;
    for (const auto& group : report.groups) {
      auto kept = project.images().get(group.images.front().image.id);
      auto objects = kept.annotations.size();
      for (auto other = group.images.begin() + 1; other != group.images.end(); ++other) {
        ids.push_back(other->image.id);
        auto missing = missing_on(kept, project.images().get(other->image.id));
        if (!options.merge_labels) {
          result.objects_lost += missing.size();
          continue;
        }
        kept.annotations.insert(kept.annotations.end(), missing.begin(), missing.end());
      }
      if (kept.annotations.size() == objects) continue;
      result.objects_merged += kept.annotations.size() - objects;
      ++result.images_merged;
      project.images().edit(kept.id, {.action = "annotate",
                                      .comment = "objects of duplicates that were removed",
                                      .annotations = kept.annotations});
    }
    result.removed = project.images().remove(ids);
  });
  return result;
}

TieReport tie_duplicates(Project& project, const DedupeReport& report) {
  TieReport result;
  project.transaction([&] {
    // Whole groups are tied, or the rest of a video would part from the frame that was tied to another image.
    auto images = project.images().list();
    std::unordered_map<std::int64_t, std::size_t> place;
    std::unordered_map<std::string, std::size_t> first_of_group;
    UnionFind sets(images.size());
    for (std::size_t i = 0; i < images.size(); ++i) {
      place[images[i].id] = i;
      if (images[i].group.empty()) continue;
      auto [first, is_new] = first_of_group.try_emplace(images[i].group, i);
      if (!is_new) sets.join(first->second, i);
    }
    std::set<std::size_t> tied;
    for (const auto& group : report.groups)
      for (const auto& member : group.images)
        sets.join(place.at(group.images.front().image.id), place.at(member.image.id));
    for (const auto& group : report.groups) tied.insert(sets.root(place.at(group.images.front().image.id)));
    std::map<std::size_t, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < images.size(); ++i)
      if (tied.contains(sets.root(i))) members[sets.root(i)].push_back(i);
    std::vector<ImageStore::Placement> placements;
    for (const auto& [root, all] : members) {
      const Image *oldest = nullptr, *oldest_named = nullptr;
      std::set<Split> splits;
      for (auto i : all) {
        const auto& image = images[i];
        if (oldest == nullptr || image.id < oldest->id) oldest = &image;
        if (!image.group.empty() && (oldest_named == nullptr || image.id < oldest_named->id))
          oldest_named = &image;
        if (image.split != Split::none) splits.insert(image.split);
      }
      auto name = oldest_named != nullptr ? oldest_named->group : "same:" + oldest->sha256.substr(0, 12);
      for (auto i : all) placements.push_back({images[i].id, images[i].split, name});
      ++result.groups;
      result.straddling += splits.size() > 1;
    }
    result.images = project.images().place(placements);
  });
  return result;
}

}  // namespace ds
