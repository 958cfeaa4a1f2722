#include "look_alikes.h"

#include <algorithm>
#include <unordered_map>

#include "ds/curation/hash_index.h"

namespace ds::detail {
namespace {

// Two files of the same pixels are hashed from pictures at a fraction of their size, which the decoders of
// two formats make in two ways: so many bits may differ.
constexpr int kSamePixelsDistance = 6;

// Ten thousand black frames would be fifty million pairs; each with the first few is enough
// to tie them together.
constexpr std::size_t kMostOfOneHash = 64;

/// Images by equal perceptual hash, each hash once in the index.
struct Distinct {
  std::vector<std::uint64_t> hashes;
  std::vector<std::vector<std::size_t>> images;
};

Distinct distinct_hashes(const std::vector<std::optional<ImageLook>>& looks) {
  Distinct distinct;
  std::unordered_map<std::uint64_t, std::size_t> place;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    if (!looks[i]) continue;
    auto [found, is_new] = place.try_emplace(looks[i]->perceptual, distinct.hashes.size());
    if (is_new) {
      distinct.hashes.push_back(looks[i]->perceptual);
      distinct.images.emplace_back();
    }
    distinct.images[found->second].push_back(i);
  }
  return distinct;
}

bool same_size(const Image& a, const Image& b) {
  return a.width == b.width && a.height == b.height;
}

void mark_same_pixels(const std::vector<Image>& images, ImageLooks& looks, std::vector<LookAlikes>& pairs,
                      Progress& progress) {
  std::vector<std::size_t> places;
  for (const auto& pair : pairs) {
    if (!same_size(images[pair.a], images[pair.b])) continue;
    places.push_back(pair.a);
    places.push_back(pair.b);
  }
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  std::vector<Image> needed;
  for (auto place : places) needed.push_back(images[place]);
  auto hashes = looks.pixels_of(needed, progress);
  std::unordered_map<std::size_t, std::string> hash_of;
  for (std::size_t i = 0; i < places.size(); ++i)
    if (hashes[i]) hash_of[places[i]] = *hashes[i];
  for (auto& pair : pairs) {
    auto a = hash_of.find(pair.a), b = hash_of.find(pair.b);
    pair.same_pixels = a != hash_of.end() && b != hash_of.end() && a->second == b->second;
  }
}

}  // namespace

std::vector<LookAlikes> find_look_alikes(const std::vector<Image>& images, ImageLooks& looks, int distance,
                                         bool exact, Progress& progress) {
  auto look = looks.of(images, progress);
  auto distinct = distinct_hashes(look);
  int reach = std::max(exact ? 0 : distance, kSamePixelsDistance);
  HashIndex index(distinct.hashes, reach);
  std::vector<LookAlikes> pairs;
  auto consider = [&](std::size_t a, std::size_t b, int bits) {
    bool near = !exact && look_alike(*look[a], *look[b], distance);
    bool maybe_same = look_alike(*look[a], *look[b], kSamePixelsDistance) && same_size(images[a], images[b]);
    if (near || maybe_same) pairs.push_back({std::min(a, b), std::max(a, b), bits, false});
  };
  for (std::size_t place = 0; place < index.size(); ++place) {
    const auto& here = distinct.images[place];
    auto first = std::min(here.size(), kMostOfOneHash);
    for (std::size_t i = 0; i < first; ++i)
      for (std::size_t j = i + 1; j < here.size(); ++j) consider(here[i], here[j], 0);
    index.for_each_near(place, [&](std::size_t other, int bits) {
      if (other < place) return;
      for (std::size_t i = 0; i < first; ++i)
        for (auto b : distinct.images[other]) consider(here[i], b, bits);
    });
  }
  std::sort(pairs.begin(), pairs.end(),
            [](const LookAlikes& x, const LookAlikes& y) { return x.a != y.a ? x.a < y.a : x.b < y.b; });
  mark_same_pixels(images, looks, pairs, progress);
  std::erase_if(pairs, [&](const LookAlikes& pair) {
    return !pair.same_pixels && (exact || !look_alike(*look[pair.a], *look[pair.b], distance));
  });
  return pairs;
}

}  // namespace ds::detail
