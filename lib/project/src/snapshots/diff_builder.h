#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "ds/project/snapshot_diff.h"

namespace ds::detail {

/// Collects a DatasetDiff from images that are handed in pairs, by name.
class DiffBuilder {
 public:
  using Visit = std::function<void(const ImageDiff&)>;
  DiffBuilder(const ClassList& before, const ClassList& after, Visit visit);

  /// True when equal manifest lines mean equal images: no class has another index.
  bool equal_lines_are_equal() const { return same_indices_; }
  /// A manifest line that is the same in both.
  void add_unchanged(std::string_view line);
  void add_added(const Image& image);
  void add_removed(const Image& image);
  void add_pair(const Image& before, const Image& after);
  DatasetDiff finish();

 private:
  void with_joint_classes(const Image& image, const std::vector<int>& joint, std::vector<Annotation>& objects,
                          std::vector<ImageTag>& tags) const;
  void count_objects(ImageDiff& image, const std::vector<Annotation>& before,
                     const std::vector<Annotation>& after);
  void count(const ImageDiff& image);
  ObjectCounts& counts(int joint_idx) { return diff_.classes[static_cast<std::size_t>(joint_idx)].objects; }

  Visit visit_;
  DatasetDiff diff_;
  std::vector<int> joint_of_before_, joint_of_after_;
  bool same_indices_ = true;
};

}  // namespace ds::detail
