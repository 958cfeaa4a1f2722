#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ds/base/progress.h"
#include "ds/curation/image_looks.h"
#include "ds/project/project.h"

/// Images that show the same, and what to do about them.
namespace ds {

struct DedupeOptions {
  Filter where = {};
  /// Only images whose decoded pixels are the same (the same bytes cannot be in a project twice).
  bool exact = false;
  /// Most bits of the 64 of the perceptual hash that may differ (look_alike). 0..20.
  int distance = kLookAlikeDistance;
  /// Groups for tying together: chains count (a is like b, b like c), so that none of them can straddle
  /// splits. Without it every image of a group is like the one that is kept, which is what removing needs.
  bool chains = false;
  int threads = 0;  // 0: as many as the machine has
};

struct DuplicateImage {
  Image image;  // without its annotations
  std::size_t objects = 0;
  int distance = 0;          // to the kept one; with chains to the nearest of the group
  bool same_pixels = false;  // as the kept one; with chains as one of the group
};

/// The first is the best: it has the most objects, else it is done, else it has the most pixels, else
/// it is the oldest.
struct DuplicateGroup {
  std::vector<DuplicateImage> images;  // at least 2; the others by name
  std::string why;                     // "most objects (3)", "done", "largest (640x480)", "oldest"
};

struct DedupeReport {
  std::size_t images = 0;  // looked at
  std::vector<DuplicateGroup> groups;
  std::map<std::string, std::string> unreadable;  // name, reason
  std::size_t others() const;                     // images that are not the kept one of their group
};

/// Changes nothing but the cache of looks.
DedupeReport find_duplicates(Project& project, const DedupeOptions& options, Progress& progress);
/// As above among images that are in no project; `options.where` and `options.threads` do not count.
DedupeReport find_duplicates(const std::vector<Image>& images, ImageLooks& looks,
                             const DedupeOptions& options, Progress& progress);

struct RemoveOptions {
  /// Objects of a removed image that overlap none of the same class (IoU 0.5) on the kept one move there,
  /// scaled by the ratio of the sizes; proposals do not.
  bool merge_labels = false;
};
struct RemoveReport {
  std::size_t removed = 0;
  std::size_t objects_merged = 0;
  std::size_t images_merged = 0;  // kept images that got objects
  std::size_t objects_lost = 0;   // that were on removed images and overlap nothing on the kept one
};
/// Removes all but the first of each group; one transaction, journalled.
RemoveReport remove_duplicates(Project& project, const DedupeReport& report, const RemoveOptions& options);

struct TieReport {
  std::size_t groups = 0;      // that were tied
  std::size_t images = 0;      // whose group changed
  std::size_t straddling = 0;  // of the tied groups, those that are in more than one split already
};
/// Gives all images of a group one group name, together with the whole groups (videos, bursts) that they
/// belonged to: the oldest of these names, else "same:" and 12 digits of the first image's hash. Splits stay.
TieReport tie_duplicates(Project& project, const DedupeReport& report);

}  // namespace ds
