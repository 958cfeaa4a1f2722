#include "ds/metrics/pairwise.h"

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "ds/metrics/significance.h"

namespace ds {

namespace {

/// A randomised p-value is at least 1 / (1 + permutations), and Holm multiplies the smallest by the number of
/// pairs: with too few permutations no difference could ever be proven. Only pairs that may be proven at all
/// are worth the many.
double p_value_of(const TruthTable& truth, const Matching& a, const Matching& b, std::size_t pairs,
                  const BootstrapOptions& options) {
  RandomizationOptions randomization{options.resamples, options.seed, options.threads};
  const double first = randomization_p_value(truth, a, b, randomization);
  const int wanted = static_cast<int>(std::ceil(2 * static_cast<double>(pairs) / (1 - options.level)));
  // A p-value close above the limit of few permutations may be below it with many.
  const double undecided = 1 - options.level + 2 / std::sqrt(static_cast<double>(options.resamples));
  if (wanted <= options.resamples || first > undecided) return first;
  randomization.permutations = wanted;
  return randomization_p_value(truth, a, b, randomization);
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return percentile(values, 0.5);
}

void adjust(std::vector<PairComparison>& pairs) {
  std::vector<double> p_values;
  p_values.reserve(pairs.size());
  for (const auto& pair : pairs) p_values.push_back(pair.p_value);
  const auto adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].p_adjusted = adjusted[i];
}

/// A model's best rank is 1 + how many are proven better, its worst how many are not proven worse.
std::vector<RankRange> ranks_of(const PairwiseComparison& comparison, std::size_t models) {
  std::vector<RankRange> ranks(models, RankRange{1, static_cast<int>(models)});
  for (const auto& pair : comparison.pairs) {
    if (comparison.tied(pair.a, pair.b)) continue;
    const bool second_is_better = pair.difference > 0;
    ++ranks[second_is_better ? pair.a : pair.b].best;
    --ranks[second_is_better ? pair.b : pair.a].worst;
  }
  return ranks;
}

}  // namespace

const PairComparison* PairwiseComparison::find(std::size_t a, std::size_t b) const {
  for (const auto& pair : pairs)
    if (pair.a == std::min(a, b) && pair.b == std::max(a, b) && a != b) return &pair;
  return nullptr;
}

bool PairwiseComparison::tied(std::size_t a, std::size_t b) const {
  const auto* pair = find(a, b);
  return pair == nullptr || pair->p_adjusted > 1 - level + 1e-12;
}

PairwiseComparison compare_pairwise(const TruthTable& truth, const std::vector<const Matching*>& models,
                                    const BootstrapOptions& options) {
  for (const auto* matching : models)
    if (matching->image_count != truth.images.size()) throw Error("matchings over different truths");
  return compare_pairwise(truth, models, options, paired_bootstrap(truth, models, options));
}

PairwiseComparison compare_pairwise(const TruthTable& truth, const std::vector<const Matching*>& models,
                                    const BootstrapOptions& options, const PairedBootstrap& bootstrap) {
  PairwiseComparison result;
  result.groups = bootstrap.groups();
  result.resamples = bootstrap.resamples();
  result.level = options.level;
  std::vector<double> ap, smallest;
  for (const auto* matching : models) ap.push_back(average_precision(*matching).numbers.ap());
  const auto pair_count = models.size() < 2 ? 0 : models.size() * (models.size() - 1) / 2;
  for (std::size_t a = 0; a < models.size(); ++a)
    for (std::size_t b = a + 1; b < models.size(); ++b) {
      PairComparison pair{a, b, ap[b] - ap[a]};
      pair.interval = bootstrap.of_difference(a, b, 0);
      pair.smallest_difference = bootstrap.smallest_difference(a, b, 0);
      if (pair.smallest_difference) smallest.push_back(*pair.smallest_difference);
      pair.p_value = p_value_of(truth, *models[a], *models[b], pair_count, options);
      result.pairs.push_back(pair);
    }
  adjust(result.pairs);
  result.ranks = ranks_of(result, models.size());
  result.smallest_difference = median(std::move(smallest));
  return result;
}

}  // namespace ds
