#include "ds/curation/dedupe.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "look_alikes.h"
#include "union_find.h"

namespace ds {
namespace {

using detail::LookAlikes;
using detail::UnionFind;

struct Candidate {
  Image image;
  std::size_t objects = 0;
  std::int64_t pixels() const { return static_cast<std::int64_t>(image.width) * image.height; }
  bool done() const { return image.state == ImageState::done; }
};

bool is_better(const Candidate& a, const Candidate& b) {
  if (a.objects != b.objects) return a.objects > b.objects;
  if (a.done() != b.done()) return a.done();
  if (a.pixels() != b.pixels()) return a.pixels() > b.pixels();
  return a.image.id < b.image.id;
}

std::string why_better(const Candidate& best, const Candidate& second) {
  if (best.objects != second.objects) return fmt::format("most objects ({})", best.objects);
  if (best.done() != second.done()) return "done";
  if (best.pixels() != second.pixels())
    return fmt::format("largest ({}x{})", best.image.width, best.image.height);
  return "oldest";
}

Candidate candidate_of(const Image& image) {
  Candidate candidate{.image = image};
  for (const auto& annotation : image.annotations) candidate.objects += !annotation.proposal;
  candidate.image.annotations = {};
  return candidate;
}

using Sets = std::vector<std::vector<std::size_t>>;

Sets chains(std::size_t count, const std::vector<LookAlikes>& pairs) {
  UnionFind sets(count);
  for (const auto& pair : pairs) sets.join(pair.a, pair.b);
  return sets.sets(2);
}

/// The best image that no set has yet takes all that are like it: so nothing is removed that is not like what
/// is kept, as the last frame of a slow video is not like its first.
Sets stars(std::size_t count, const std::vector<LookAlikes>& pairs) {
  std::vector<std::vector<std::size_t>> near(count);
  for (const auto& pair : pairs) {
    near[pair.a].push_back(pair.b);
    near[pair.b].push_back(pair.a);
  }
  std::vector<bool> taken(count, false);
  Sets sets;
  for (std::size_t i = 0; i < count; ++i) {
    if (taken[i]) continue;
    std::vector<std::size_t> set{i};
    for (auto other : near[i])
      if (!taken[other] && other > i) set.push_back(other);
    if (set.size() < 2) continue;
    for (auto member : set) taken[member] = true;
    sets.push_back(std::move(set));
  }
  return sets;
}

DuplicateGroup group_of(const std::vector<std::size_t>& set, const std::vector<Candidate>& candidates,
                        const std::unordered_map<std::size_t, std::vector<const LookAlikes*>>& pairs_of,
                        bool chains) {
  std::vector<bool> in_set(candidates.size(), false);
  for (auto member : set) in_set[member] = true;
  DuplicateGroup group;
  for (auto member : set) {
    DuplicateImage image{.image = candidates[member].image, .objects = candidates[member].objects};
    int nearest = 65;
    for (const auto* pair : pairs_of.at(member)) {
      auto other = pair->a == member ? pair->b : pair->a;
      if (member == set.front() || !(chains ? in_set[other] : other == set.front())) continue;
      image.same_pixels = image.same_pixels || pair->same_pixels;
      nearest = std::min(nearest, pair->distance);
    }
    image.distance = nearest == 65 ? 0 : nearest;
    group.images.push_back(std::move(image));
  }
  auto second = *std::min_element(set.begin() + 1, set.end());
  group.why = why_better(candidates[set.front()], candidates[second]);
  std::sort(group.images.begin() + 1, group.images.end(),
            [](const DuplicateImage& a, const DuplicateImage& b) { return a.image.name < b.image.name; });
  return group;
}

}  // namespace

std::size_t DedupeReport::others() const {
  return std::accumulate(groups.begin(), groups.end(), std::size_t{0},
                         [](std::size_t sum, const auto& group) { return sum + group.images.size() - 1; });
}

namespace {

DedupeReport duplicates_among(std::vector<Candidate> candidates, ImageLooks& looks,
                              const DedupeOptions& options, Progress& progress) {
  // Best first, so that the first of every set is the one to keep.
  std::sort(candidates.begin(), candidates.end(), is_better);
  std::vector<Image> images;
  images.reserve(candidates.size());
  for (const auto& candidate : candidates) images.push_back(candidate.image);
  auto pairs = detail::find_look_alikes(images, looks, options.distance, options.exact, progress);
  std::unordered_map<std::size_t, std::vector<const LookAlikes*>> pairs_of;
  for (const auto& pair : pairs) {
    pairs_of[pair.a].push_back(&pair);
    pairs_of[pair.b].push_back(&pair);
  }
  DedupeReport report{.images = images.size(), .groups = {}, .unreadable = looks.unreadable()};
  for (const auto& set : options.chains ? chains(images.size(), pairs) : stars(images.size(), pairs))
    report.groups.push_back(group_of(set, candidates, pairs_of, options.chains));
  std::sort(report.groups.begin(), report.groups.end(), [](const auto& a, const auto& b) {
    return a.images.front().image.name < b.images.front().image.name;
  });
  return report;
}

}  // namespace

DedupeReport find_duplicates(Project& project, const DedupeOptions& options, Progress& progress) {
  std::vector<Candidate> candidates;
  project.images().for_each(options.where, WithAnnotations::yes,
                            [&](const Image& image) { candidates.push_back(candidate_of(image)); });
  ImageLooks looks(project, options.threads);
  return duplicates_among(std::move(candidates), looks, options, progress);
}

DedupeReport find_duplicates(const std::vector<Image>& images, ImageLooks& looks,
                             const DedupeOptions& options, Progress& progress) {
  std::vector<Candidate> candidates;
  for (const auto& image : images) candidates.push_back(candidate_of(image));
  return duplicates_among(std::move(candidates), looks, options, progress);
}

}  // namespace ds
