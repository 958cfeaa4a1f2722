#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ds/dataset/dataset.h"

/// What changed between two versions of a dataset, in the terms of the people who label it.
namespace ds {

/// How one object became another.
enum class ObjectChange {
  unchanged,
  changed,       // same class and place, other properties (crowd, difficult, attributes, score ...)
  moved,         // same class, IoU of the boxes at least 0.5, other coordinates
  reclassified,  // other class, IoU of the boxes at least 0.5
};

struct ObjectPair {
  std::size_t before = 0, after = 0;  // indices into the two lists
  ObjectChange change = ObjectChange::unchanged;
};

/// Pairs the objects of one image one to one; what stays alone was removed or added. First those that are
/// equal, then pairs of one class, then pairs of two classes, each greedily by falling IoU (equal IoU: by the
/// order of the lists). So an object is called moved rather than reclassified where both could be. Ids and
/// provenance do not count. Objects without area pair only when they are equal.
std::vector<ObjectPair> pair_objects(const std::vector<Annotation>& before,
                                     const std::vector<Annotation>& after);

/// Counts of one class. before = unchanged + changed + moved + to_other + removed,
/// after = unchanged + changed + moved + from_other + added.
struct ObjectCounts {
  std::size_t before = 0, after = 0;
  std::size_t unchanged = 0, changed = 0, moved = 0, added = 0, removed = 0;
  std::size_t to_other = 0, from_other = 0;  // reclassified
  ObjectCounts& operator+=(const ObjectCounts& other);
  bool operator==(const ObjectCounts&) const = default;
  bool same() const { return before == unchanged && after == unchanged; }
};

struct ClassDiff {
  std::string before, after;  // names; empty: it is not there
  ObjectCounts objects;
};

/// One image that differs.
struct ImageDiff {
  enum class Kind { added, removed, changed };
  Kind kind = Kind::changed;
  std::string name;
  Split split_before = Split::none, split_after = Split::none;  // of an added or removed image both its own
  ImageState state_before = ImageState::unlabelled, state_after = ImageState::unlabelled;
  bool bytes = false, group = false, tags = false, attributes = false;  // whether these differ
  ObjectCounts objects;                                                 // of all classes
  /// Class names of the reclassified objects: before, after.
  std::vector<std::pair<std::string, std::string>> reclassified;
};

struct DatasetDiff {
  std::string before, after;  // ids of the snapshots, or "now"
  /// In the order of `after`, then those that are gone. Classes are the same when their id is (a rename), and
  /// where there are no ids when their name is.
  std::vector<ClassDiff> classes;
  bool class_order = false;    // the classes that are in both stand in another order
  bool class_details = false;  // supercategory, key points or skeleton differ
  ObjectCounts objects;
  /// Names before and after.
  std::map<std::pair<std::string, std::string>, std::size_t> reclassified;

  struct Images {
    std::size_t before = 0, after = 0, added = 0, removed = 0, unchanged = 0, changed = 0;
    // Of the changed ones; an image may count in several.
    std::size_t bytes = 0, objects = 0, split = 0, state = 0, group = 0, tags = 0, attributes = 0;
  } images;
  bool empty() const;
};

/// The whole comparison in memory; images are told apart by name and may come in any order. `visit` gets each
/// image that differs, by name.
DatasetDiff diff_datasets(const Dataset& before, const Dataset& after,
                          const std::function<void(const ImageDiff&)>& visit = {});

}  // namespace ds
