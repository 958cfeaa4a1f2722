#pragma once

#include <vector>

#include "ds/curation/image_looks.h"
#include "ds/project/filter.h"

namespace ds {

/// Finds the image that a new picture looks like (look_alike), among images of a project and what was added
/// since. For one picture at a time; find_look_alikes is for all pairs.
class LookAlikeFinder {
 public:
  /// Looks at the images that `where` chooses; one that cannot be decoded is left out with a warning.
  LookAlikeFinder(Project& project, const Filter& where, int distance = kLookAlikeDistance);
  /// Null when there is none; else the one with the nearest perceptual hash, of equal ones the first. The
  /// pointer holds until the next `add`.
  const Image* nearest(const ImageLook& look) const;
  void add(const Image& image, const ImageLook& look);
  /// Remembers the looks of what was added for the next run.
  void save() { looks_.save(); }

 private:
  struct Known {
    Image image;
    ImageLook look;
  };
  ImageLooks looks_;
  int distance_;
  std::vector<Known> known_;
};

}  // namespace ds
