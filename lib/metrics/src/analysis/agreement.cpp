#include "ds/metrics/agreement.h"

#include <algorithm>
#include <tuple>

#include "ds/base/error.h"
#include "tables/truth_objects.h"

namespace ds {

namespace {

using detail::corners_of;
using detail::counts;

/// For each model and object, whether it is found.
std::vector<std::vector<char>> found_objects(const TruthTable& truth,
                                             const std::vector<ModelFindings>& models) {
  std::vector<std::vector<char>> found(models.size(), std::vector<char>(truth.objects.size()));
  for (std::size_t m = 0; m < models.size(); ++m) {
    if (models[m].matching->image_count != truth.images.size()) throw Error("a matching over another truth");
    for (const auto& matches : models[m].matching->classes)
      for (const auto& match : matches.matches) {
        if (match.score < models[m].threshold) break;
        if (match.hit[0] & 1) found[m].at(static_cast<std::size_t>(match.object_idx)) = 1;
      }
  }
  return found;
}

/// A false positive of a model.
struct Loose {
  std::size_t model = 0;
  const DetectedBox* box = nullptr;
};

/// Unassigned false positives of one image in an order of their own: whatever the files' order, the same.
std::vector<Loose> sorted(std::vector<Loose> loose) {
  std::stable_sort(loose.begin(), loose.end(), [](const auto& a, const auto& b) {
    const auto key = [](const Loose& l) {
      return std::tuple(-l.box->score, l.model, l.box->class_idx, l.box->x, l.box->y, l.box->w, l.box->h);
    };
    return key(a) < key(b);
  });
  return loose;
}

/// How many false positives of an image some models lack. From the surest on, each takes from every other
/// model the one that overlaps it most.
std::int64_t unshared(std::vector<Loose> loose, std::size_t models) {
  loose = sorted(std::move(loose));
  std::vector<char> taken(loose.size());
  std::int64_t count = 0;
  for (std::size_t i = 0; i < loose.size(); ++i) {
    if (taken[i]) continue;
    std::size_t sharing = 1;
    for (std::size_t m = 0; m < models; ++m) {
      if (m == loose[i].model) continue;
      std::size_t best = loose.size();
      double best_iou = 0.5;
      for (std::size_t k = i + 1; k < loose.size(); ++k) {
        if (taken[k] || loose[k].model != m || loose[k].box->class_idx != loose[i].box->class_idx) continue;
        const double overlap = iou(corners_of(*loose[i].box), corners_of(*loose[k].box));
        if (overlap < best_iou || (best < loose.size() && overlap == best_iou)) continue;
        best = k;
        best_iou = overlap;
      }
      if (best == loose.size()) continue;
      taken[best] = 1;
      ++sharing;
    }
    count += sharing < models;
  }
  return count;
}

std::vector<Disagreement> disagreements_of(const TruthTable& truth, const std::vector<ModelFindings>& models,
                                           const std::vector<std::vector<char>>& found) {
  std::vector<std::int64_t> differing(truth.images.size());
  for (std::size_t g = 0; g < truth.objects.size(); ++g) {
    if (!counts(truth.objects[g])) continue;
    const auto by = std::count_if(found.begin(), found.end(), [&](const auto& f) { return f[g] != 0; });
    const bool differs = by != 0 && static_cast<std::size_t>(by) != models.size();
    differing[static_cast<std::size_t>(truth.objects[g].image_idx)] += differs;
  }
  std::vector<std::vector<Loose>> loose(truth.images.size());
  for (std::size_t m = 0; m < models.size(); ++m)
    for (const auto& matches : models[m].matching->classes)
      for (const auto& match : matches.matches) {
        if (match.score < models[m].threshold) break;
        if ((match.hit[0] & 1) || (match.ignored[0] & 1)) continue;
        loose[static_cast<std::size_t>(match.image_idx)].push_back(
            {m, &models[m].detections->boxes[static_cast<std::size_t>(match.detection_idx)]});
      }
  std::vector<Disagreement> all;
  for (std::size_t i = 0; i < truth.images.size(); ++i) {
    differing[i] += unshared(std::move(loose[i]), models.size());
    if (differing[i] > 0) all.push_back({static_cast<std::int32_t>(i), differing[i]});
  }
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    if (a.differing != b.differing) return a.differing > b.differing;
    return truth.images[static_cast<std::size_t>(a.image_idx)].id <
           truth.images[static_cast<std::size_t>(b.image_idx)].id;
  });
  return all;
}

}  // namespace

double PairAgreement::kappa() const {
  const auto n = static_cast<double>(both + only_a + only_b + neither);
  if (n == 0) return 1;
  const double a_found = static_cast<double>(both + only_a) / n;
  const double b_found = static_cast<double>(both + only_b) / n;
  const double agree = static_cast<double>(both + neither) / n;
  const double by_chance = a_found * b_found + (1 - a_found) * (1 - b_found);
  // Both constant and equal; that they agree is then all that can be seen.
  if (only_a + only_b == 0) return 1;
  return (agree - by_chance) / (1 - by_chance);
}

Agreement agreement(const TruthTable& truth, const std::vector<ModelFindings>& models) {
  Agreement result;
  const auto found = found_objects(truth, models);
  for (std::size_t a = 0; a < models.size(); ++a)
    for (std::size_t b = a + 1; b < models.size(); ++b) {
      PairAgreement pair{a, b};
      for (std::size_t g = 0; g < truth.objects.size(); ++g) {
        if (!counts(truth.objects[g])) continue;
        (found[a][g] ? (found[b][g] ? pair.both : pair.only_a) : found[b][g] ? pair.only_b : pair.neither)++;
      }
      result.pairs.push_back(pair);
    }
  for (std::size_t g = 0; g < truth.objects.size() && !models.empty(); ++g)
    if (counts(truth.objects[g]) &&
        std::none_of(found.begin(), found.end(), [&](const auto& f) { return f[g] != 0; }))
      result.missed_by_all.push_back(static_cast<std::int32_t>(g));
  if (models.size() > 1) result.disagreements = disagreements_of(truth, models, found);
  return result;
}

}  // namespace ds
