#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ds/base/progress.h"
#include "ds/curation/image_looks.h"
#include "ds/project/project.h"

/// What one split knows of another: scores on such a test set are better than the model.
namespace ds {

enum class LeakKind {
  same_pixels,  // two images show exactly the same
  look_alike,   // two images look alike (look_alike)
  group,        // a group is in two splits
  video,        // frames that follow each other in a video are in two splits
};
std::string to_string(LeakKind kind);

struct LeakOptions {
  Filter where = {};
  int distance = kLookAlikeDistance;  // as DedupeOptions
  bool looks = true;                  // false: only groups and videos, without looking at a picture
  int threads = 0;
};

struct LeakPair {
  LeakKind kind = LeakKind::look_alike;
  std::size_t a = 0, b = 0;  // indices into Leak::images; in two splits
  int distance = 0;
};

/// Images that hang together and stand in more than one split. Images of one group or video hang together
/// too, so that moving a leak as a whole makes no new one.
struct Leak {
  std::vector<Image> images;  // by name; without annotations
  std::vector<LeakPair> pairs;
  std::array<std::size_t, 4> of_split{};  // images, by Split
  std::set<LeakKind> kinds() const;
};

struct LeakReport {
  std::size_t images = 0;  // looked at: those that have a split and are not rejected
  std::vector<Leak> leaks;
  std::map<std::string, std::string> unreadable;
  /// Images of split `of` that one of split `from` gives away, by (of, from).
  std::map<std::pair<Split, Split>, std::size_t> exposed;
};

/// Changes nothing but the cache of looks.
LeakReport find_leaks(Project& project, const LeakOptions& options, Progress& progress);
/// As above among images that are in no project; `options.where` and `options.threads` do not count.
LeakReport find_leaks(const std::vector<Image>& images, ImageLooks& looks, const LeakOptions& options,
                      Progress& progress);

struct LeakFix {
  /// Whether images may leave test. Without it every leak that touches test goes to test as a whole: an image
  /// that has been an exam question is never trained on, and the test set only grows.
  bool from_test = false;
};
/// Where a leak goes as a whole: to test when it touches test (unless LeakFix::from_test), else to the split
/// that has most of its images, and of two such to that of its oldest image.
Split home_of(const Leak& leak, const LeakFix& fix);

struct LeakFixReport {
  std::size_t leaks = 0;
  std::size_t images = 0;                                // that moved
  std::map<std::pair<Split, Split>, std::size_t> moves;  // from, to
};
/// One transaction, journalled. With `dry_run` only counts.
LeakFixReport fix_leaks(Project& project, const LeakReport& report, const LeakFix& fix, bool dry_run);

}  // namespace ds
