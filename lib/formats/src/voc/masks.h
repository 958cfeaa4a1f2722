#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shared/pictures/label_picture.h"
#include "shared/reading.h"

/// Pascal VOC's SegmentationObject and SegmentationClass: which pixels are which object, and of what class.
namespace ds::detail {

/// One object of a SegmentationObject picture.
struct VocInstance {
  Location place;  // the picture, and the number or colour in it
  int number = 0;  // of its <object> by VOC's convention, from 1; 0: its colour is no index
  RunLengthMask mask;
  Box bounds;
  Box outer;               // the bounds with the void pixels beside the mask: objects have a void border
  std::string class_name;  // what most of its pixels are in SegmentationClass; empty: not known
};

/// An <object> that an instance may belong to.
struct VocTarget {
  int number = 0;  // in its file, from 1
  std::string name;
  Box box;
};

/// The instance of each target. When there are as many instances as objects, the n-th instance is the n-th
/// object's, if its bounds overlap the object's box and its class is the object's. Instances left over, and
/// all when the counts differ, go to the object of their class whose box theirs covers best, with an
/// intersection over union of a half at least; of two that are alike the one with the instance's number.
/// @param count all objects of the file, also those that are no targets
std::vector<std::optional<std::size_t>> pair_instances(const std::vector<VocInstance>& instances,
                                                       const std::vector<VocTarget>& targets, int count);

/// How far a box's sides lie from where the mask ends; the void border counts as either inside or outside.
double distance_to_mask(const Box& box, const VocInstance& instance);

class VocMasks {
 public:
  /// @param used the class names of all objects
  VocMasks(Reading& reading, const std::vector<std::filesystem::path>& roots,
           const std::set<std::string>& used);
  /// The instances of an image, in the order of their numbers; none when it has no such picture.
  /// @param id root/path below JPEGImages, without extension
  std::vector<VocInstance> instances_of(const std::string& id, std::size_t image);
  /// Adds instances that are no target's as objects of their own when their class is known and no object is
  /// theirs; the others are issues.
  /// @param of_target what pair_instances gave
  void add_others(std::vector<VocInstance> instances, const std::vector<VocTarget>& targets,
                  const std::vector<std::optional<std::size_t>>& of_target, int count, std::size_t image);
  /// Says what was not read.
  void finish();

 private:
  struct Root {
    std::filesystem::path folder;
    std::map<std::uint32_t, std::string> names;  // by colour, of labelmap.txt
  };
  std::optional<LabelPicture> read_picture(const std::filesystem::path& file, std::size_t image);
  std::string class_in(const LabelPicture& picture, std::uint32_t value, const Root& root) const;
  std::vector<VocInstance> instances_in(const LabelPicture& objects, const LabelPicture* classes,
                                        const Root& root, const std::filesystem::path& file) const;

  Reading& reading_;
  std::vector<Root> roots_;
  bool standard_classes_;  // no other names than VOC's own are used
  std::size_t only_classes_ = 0;
};

}  // namespace ds::detail
