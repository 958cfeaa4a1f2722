#include <fmt/format.h>

#include <algorithm>

#include "comparison/parts.h"
#include "ds/base/text.h"
#include "tables/optional_numbers.h"

namespace ds::detail {

namespace {

/// Fewer groups of images than this give intervals that mean little (GateOptions::min_groups).
constexpr std::size_t kFewGroups = 10;

const Evaluation& evaluation_of(const ComparisonReport& report, std::size_t model) {
  return report.models[model].entry.evaluation;
}

/// "a", "a and b", "a, b and c"; many are counted.
std::string listed(const std::vector<std::string>& names) {
  if (names.size() > 6) return fmt::format("{} other models", names.size());
  if (names.size() < 2) return join(names, "");
  return join({names.begin(), names.end() - 1}, ", ") + " and " + names.back();
}

std::string single_verdict(const ComparisonReport& report) {
  const auto& e = evaluation_of(report, 0);
  const auto ap = ap_of(report.models[0]);
  if (!ap) return "There are no objects to find, so there is no AP.";
  return fmt::format("{} has AP {} on {} with {}.", name_of(report.models[0]),
                     with_interval(*ap, e.intervals[0]), counted(e.data.images, "image"),
                     counted(e.data.objects, "object"));
}

std::string best_verdict(const ComparisonReport& report, std::size_t best,
                         const std::vector<std::string>& tied) {
  const auto& model = report.models[best];
  const auto begin = fmt::format("{} has the highest AP, {}", name_of(model),
                                 with_interval(*ap_of(model), model.entry.evaluation.intervals[0]));
  if (report.pairwise.pairs.empty()) return begin + ".";
  if (tied.empty()) return begin + ", and is proven better than every other model.";
  return fmt::format("{}. This data cannot tell it from {}.", begin, listed(tied));
}

void add_pairwise_verdicts(const ComparisonReport& report, std::size_t best, std::vector<std::string>& out) {
  std::vector<std::string> behind;
  for (std::size_t i = 0; i < report.models.size(); ++i)
    if (i != best && !report.pairwise.tied(best, i)) behind.push_back(name_of(report.models[i]));
  if (!behind.empty() && behind.size() + 1 < report.models.size())
    out.push_back(fmt::format("Proven worse than it: {}.", listed(behind)));
  if (report.pairwise.smallest_difference)
    out.push_back(fmt::format("Differences of AP under about {:.3f} cannot be told here ({}, {} resamples).",
                              *report.pairwise.smallest_difference,
                              counted(report.pairwise.groups, "group of images", "groups of images"),
                              report.pairwise.resamples));
  if (report.pairwise.groups < kFewGroups)
    out.push_back(fmt::format("{} are too few for intervals that mean much: label more images.",
                              counted(report.pairwise.groups, "group of images", "groups of images")));
}

bool any_calibration(const ComparisonReport& report) {
  return std::any_of(report.models.begin(), report.models.end(),
                     [](const auto& m) { return !m.calibration.bins.empty(); });
}

}  // namespace

std::string name_of(const ModelReport& model) {
  return shown_name(model.entry);
}

std::vector<std::string> model_names(const ComparisonReport& report) {
  std::vector<std::string> names;
  for (const auto& model : report.models) names.push_back(name_of(model));
  return names;
}

std::optional<double> ap_of(const ModelReport& model, int number) {
  return known(model.entry.evaluation.precision.numbers.values.at(static_cast<std::size_t>(number)));
}

std::size_t best_model(const ComparisonReport& report) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < report.models.size(); ++i)
    if (ap_of(report.models[i]).value_or(-1) > ap_of(report.models[best]).value_or(-1)) best = i;
  return best;
}

std::string with_interval(double value, const std::optional<Interval>& interval) {
  return interval ? fmt::format("{:.3f} [{:.3f} to {:.3f}]", value, interval->low, interval->high)
                  : fmt::format("{:.3f}", value);
}

std::vector<std::string> verdicts(const ComparisonReport& report) {
  if (report.models.empty()) return {};
  if (report.models.size() == 1) return {single_verdict(report)};
  const auto best = best_model(report);
  if (!ap_of(report.models[best])) return {"There are no objects to find, so no model has an AP."};
  std::vector<std::string> tied;
  for (std::size_t i = 0; i < report.models.size(); ++i)
    if (i != best && report.pairwise.tied(best, i)) tied.push_back(name_of(report.models[i]));
  std::vector<std::string> out = {best_verdict(report, best, tied)};
  if (report.pairwise.pairs.empty())
    out.emplace_back("No intervals were computed, so small differences may be chance.");
  else
    add_pairwise_verdicts(report, best, out);
  return out;
}

std::vector<std::string> report_definitions(const ComparisonReport& report) {
  std::vector<std::string> out;
  if (!report.pairwise.pairs.empty())
    out.emplace_back(
        "Pairs: AP of the model minus AP of the one it stands against, with the 95 % interval of a paired "
        "bootstrap over "
        "groups of images. p: a randomisation test of \"no difference\" (Yeh 2000), adjusted for the number "
        "of pairs "
        "(Holm 1979); from .05 down a difference is proven. A rank is a range: 1 + the models proven better, "
        "to the "
        "number of models not proven worse.");
  out.emplace_back(
      "Error types (TIDE, Bolya et al. 2020), at IoU .50, of all detections: classification: good place, "
      "wrong class; "
      "localization: right class, IoU .1 to .5; both: neither; duplicate: found before; background: nothing "
      "there; "
      "missed: not found. The gain is what AP50 would be higher by without errors of this kind alone; gains "
      "do not add "
      "up.");
  out.emplace_back(
      "oLRP (Oksuz et al. 2021): 0 is perfect, 1 the worst; per class at its own best score threshold, then "
      "the mean. "
      "Its parts: 1 - IoU of the hits, share of detections that are wrong, share of objects missed.");
  if (any_calibration(report))
    out.emplace_back(
        "D-ECE (Kueppers et al. 2020): mean distance between score and share of right detections, over "
        "ranges of "
        "scores, weighted by their detections. LaECE (Oksuz et al. 2023): the same against that share times "
        "the mean "
        "IoU, mean of the classes. 0 is perfect.");
  if (!report.slices.empty())
    out.emplace_back(
        "Slices: images that share a value of an attribute. The interval is over groups of the slice's "
        "images; \"against "
        "the rest\" is AP minus AP of all other images, 95 %. Many slices are looked at: of twenty, one "
        "differs by "
        "chance.");
  if (!report.agreement.pairs.empty())
    out.emplace_back(
        "Agreement counts objects that count, at each model's threshold. Kappa (Cohen 1960): 1 is full "
        "agreement, 0 what "
        "chance gives.");
  if (report.suspect_count > 0)
    out.emplace_back(
        "Likely label errors: places where every model contradicts the label in the same way (one confident "
        "model alone "
        "when there is only one). A person decides.");
  return out;
}

}  // namespace ds::detail
