#include "ds/curation/leaks.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "look_alikes.h"
#include "union_find.h"

namespace ds {
namespace {

using detail::LookAlikes;
using detail::UnionFind;

struct FoundPair {
  LeakKind kind;
  std::size_t a, b;
  int distance;
};

/// The video that a frame was taken from: its origin is `path#frame`.
std::string video_of(const Image& image) {
  if (!image.time_s) return {};
  auto at = image.origin.rfind('#');
  return at == std::string::npos ? std::string() : image.origin.substr(0, at);
}

class LeakFinder {
 public:
  explicit LeakFinder(std::vector<Image> images) : images_(std::move(images)), sets_(images_.size()) {}

  const std::vector<Image>& images() const { return images_; }

  /// Images with one key hang together; those next to each other in the list that are in two splits leak.
  void add_groups() {
    by_key([](const Image& image) { return image.group; },
           [](const Image& a, const Image& b) { return a.id < b.id; }, LeakKind::group);
  }
  void add_videos() {
    by_key(
        video_of, [](const Image& a, const Image& b) { return *a.time_s < *b.time_s; }, LeakKind::video);
  }
  void add(const LookAlikes& pair) {
    sets_.join(pair.a, pair.b);
    note(pair.same_pixels ? LeakKind::same_pixels : LeakKind::look_alike, pair.a, pair.b, pair.distance);
  }

  void finish(LeakReport& report) {
    std::vector<std::vector<FoundPair>> pairs_of(images_.size());
    for (const auto& pair : pairs_) pairs_of[sets_.root(pair.a)].push_back(pair);
    for (auto& set : sets_.sets(2))
      if (auto& pairs = pairs_of[set.front()]; !pairs.empty()) report.leaks.push_back(leak_of(set, pairs));
    std::sort(report.leaks.begin(), report.leaks.end(),
              [](const Leak& a, const Leak& b) { return a.images.front().name < b.images.front().name; });
    count_exposed(report);
  }

 private:
  template <typename Key, typename Before>
  void by_key(const Key& key, const Before& before, LeakKind kind) {
    std::map<std::string, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < images_.size(); ++i)
      if (auto text = key(images_[i]); !text.empty()) members[text].push_back(i);
    for (auto& [text, places] : members) {
      std::stable_sort(places.begin(), places.end(),
                       [&](std::size_t a, std::size_t b) { return before(images_[a], images_[b]); });
      for (std::size_t i = 1; i < places.size(); ++i) {
        sets_.join(places[i - 1], places[i]);
        note(kind, places[i - 1], places[i], 0);
      }
    }
  }

  void note(LeakKind kind, std::size_t a, std::size_t b, int distance) {
    if (images_[a].split != images_[b].split) pairs_.push_back({kind, a, b, distance});
  }

  Leak leak_of(const std::vector<std::size_t>& set, const std::vector<FoundPair>& pairs) {
    auto order = set;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return images_[a].name < images_[b].name; });
    Leak leak;
    std::unordered_map<std::size_t, std::size_t> place;
    for (auto i : order) {
      place[i] = leak.images.size();
      leak.images.push_back(images_[i]);
      ++leak.of_split[static_cast<std::size_t>(images_[i].split)];
    }
    for (const auto& pair : pairs) {
      auto a = place.at(pair.a), b = place.at(pair.b);
      leak.pairs.push_back({pair.kind, std::min(a, b), std::max(a, b), pair.distance});
    }
    std::sort(leak.pairs.begin(), leak.pairs.end(), [](const LeakPair& x, const LeakPair& y) {
      return std::tuple(x.kind, x.a, x.b) < std::tuple(y.kind, y.a, y.b);
    });
    return leak;
  }

  // An image counts once for each split that gives it away.
  void count_exposed(LeakReport& report) const {
    std::set<std::pair<std::size_t, Split>> seen;
    for (const auto& pair : pairs_)
      for (auto [of, by] : {std::pair(pair.a, pair.b), std::pair(pair.b, pair.a)})
        if (seen.emplace(of, images_[by].split).second)
          ++report.exposed[{images_[of].split, images_[by].split}];
  }

  std::vector<Image> images_;
  UnionFind sets_;
  std::vector<FoundPair> pairs_;
};

}  // namespace

std::string to_string(LeakKind kind) {
  switch (kind) {
    case LeakKind::same_pixels:
      return "same-pixels";
    case LeakKind::look_alike:
      return "look-alike";
    case LeakKind::group:
      return "group";
    case LeakKind::video:
      break;
  }
  return "video";
}

std::set<LeakKind> Leak::kinds() const {
  std::set<LeakKind> kinds;
  for (const auto& pair : pairs) kinds.insert(pair.kind);
  return kinds;
}

LeakReport find_leaks(Project& project, const LeakOptions& options, Progress& progress) {
  ImageLooks looks(project, options.threads);
  return find_leaks(project.images().list(options.where), looks, options, progress);
}

LeakReport find_leaks(const std::vector<Image>& all, ImageLooks& looks, const LeakOptions& options,
                      Progress& progress) {
  std::vector<Image> images;
  for (const auto& image : all)
    if (image.split != Split::none && image.state != ImageState::rejected) images.push_back(image);
  LeakReport report{.images = images.size(), .leaks = {}, .unreadable = {}, .exposed = {}};
  LeakFinder finder(std::move(images));
  finder.add_groups();
  finder.add_videos();
  if (options.looks) {
    for (const auto& pair :
         detail::find_look_alikes(finder.images(), looks, options.distance, false, progress))
      finder.add(pair);
    report.unreadable = looks.unreadable();
  }
  finder.finish(report);
  return report;
}

Split home_of(const Leak& leak, const LeakFix& fix) {
  auto count = [&](Split split) { return leak.of_split[static_cast<std::size_t>(split)]; };
  if (count(Split::test) > 0 && !fix.from_test) return Split::test;
  const auto& oldest = *std::min_element(leak.images.begin(), leak.images.end(),
                                         [](const Image& a, const Image& b) { return a.id < b.id; });
  auto home = oldest.split;
  for (auto split : {Split::train, Split::val, Split::test})
    if (count(split) > count(home)) home = split;
  return home;
}

LeakFixReport fix_leaks(Project& project, const LeakReport& report, const LeakFix& fix, bool dry_run) {
  LeakFixReport result;
  std::vector<ImageStore::Placement> placements;
  for (const auto& leak : report.leaks) {
    auto home = home_of(leak, fix);
    ++result.leaks;
    for (const auto& image : leak.images) {
      if (image.split == home) continue;
      ++result.moves[{image.split, home}];
      ++result.images;
      placements.push_back({image.id, home, image.group});
    }
  }
  if (!dry_run) project.images().place(placements);
  return result;
}

}  // namespace ds
