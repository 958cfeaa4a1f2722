#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ds/formats/annotation_format.h"
#include "ds/formats/proof.h"

/// The objects of one image, before they were written and after they were read.
namespace ds::detail {

/// What differs between an object and the one read back.
struct ObjectDifference {
  std::set<std::string> kinds;  // of loss, one for each thing that differs; each is enough by itself
  double error = 0;             // of coordinates, when the shape is to stay the same
  bool same_shape = true;
  std::string refused;  // what differs without a loss that names it; empty: nothing
  bool added_attributes = false;
};

class ObjectProof {
 public:
  ObjectProof(const Dataset& expected, const Dataset& found, const LossReport& losses, Proof& proof)
      : expected_(expected), found_(found), losses_(losses), proof_(proof) {}

  /// Throws DataError on the first difference no loss names.
  void compare(const Image& expected, const Image& found);

 private:
  std::string class_refusal(const std::string& was, const std::string& is) const;
  ObjectDifference difference(const Image& image, const Annotation& a, const Annotation& b) const;
  void compare_shape(const Image& image, const Annotation& a, const Annotation& b,
                     ObjectDifference& result) const;
  void compare_marks(const Annotation& a, const Annotation& b, ObjectDifference& result) const;
  bool named(const std::string& kind) const { return losses_.kinds.contains(kind); }
  /// True when each ring of an outline is an object of its own, the parts of one group; marks them taken.
  bool found_in_parts(const Image& image, const Annotation& annotation, const std::vector<Annotation>& theirs,
                      std::vector<bool>& taken);
  /// The kind of loss by which the object was left out; empty: none.
  std::string left_out_as(const Image& image, const Annotation& annotation) const;
  void count(const Annotation& written, const Annotation& read, const ObjectDifference& result);

  std::map<std::string, std::string> renamed_;  // classes, as written -> as read
  const Dataset& expected_;
  const Dataset& found_;
  const LossReport& losses_;
  Proof& proof_;
};

}  // namespace ds::detail
