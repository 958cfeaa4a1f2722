#include <nlohmann/json.hpp>

#include "comparison/parts.h"
#include "ds/report/comparison_page.h"
#include "tables/optional_numbers.h"

namespace ds {

namespace {

using Json = nlohmann::ordered_json;

using detail::interval_or_null;
using detail::number_or_null;

template <typename Items, typename Make>
Json array_of(const Items& items, Make make) {
  Json out = Json::array();
  for (const auto& item : items) out.push_back(make(item));
  return out;
}

Json errors_json(const ErrorTypes& errors) {
  Json kinds = Json::object();
  for (std::size_t type = 0; type < kErrorTypeCount; ++type)
    kinds[to_string(static_cast<ErrorType>(type))] = {{"count", errors.counts[type]},
                                                      {"ap50_gain", errors.gain[type]}};
  return {{"ap50", errors.ap50},
          {"kinds", std::move(kinds)},
          {"ap50_gain_without_false_positives", errors.gain_without_false_positives},
          {"ap50_gain_without_misses", errors.gain_without_misses}};
}

Json bin_json(const CalibrationBin& bin) {
  return {{"low", bin.low},
          {"high", bin.high},
          {"detections", bin.detections},
          {"mean_score", bin.mean_score},
          {"precision", bin.precision},
          {"mean_iou", number_or_null(bin.mean_iou)}};
}

Json calibration_json(const Calibration& calibration) {
  return {{"d_ece", number_or_null(calibration.d_ece)},
          {"la_ece", number_or_null(calibration.la_ece)},
          {"bins", array_of(calibration.bins, bin_json)}};
}

Json localization_json(const LocalizationRecallError& error) {
  return {{"olrp", number_or_null(error.error)},
          {"localization", number_or_null(error.localization)},
          {"false_positives", number_or_null(error.false_positives)},
          {"false_negatives", number_or_null(error.false_negatives)},
          {"threshold", number_or_null(error.threshold)}};
}

Json slice_numbers_json(const SliceNumbers& numbers) {
  return {{"images", numbers.images},
          {"objects", numbers.objects},
          {"ap", numbers.ap},
          {"ap50", numbers.ap50},
          {"interval_95", interval_or_null(numbers.interval)},
          {"against_the_rest", interval_or_null(numbers.against_the_rest)}};
}

Json edges_json(const EdgeError& edges) {
  return {{"rmse", number_or_null(edges.rmse)},
          {"rmse_px", number_or_null(edges.rmse_px)},
          {"pairs", edges.pairs}};
}

Json model_json(const ModelReport& model) {
  Json json = to_json(model.entry.evaluation);
  // The document says once what it is.
  json.erase("format");
  json.erase("version");
  json["settings"] = model.entry.settings;
  json["common_rmse"] = model.entry.common_edges ? edges_json(*model.entry.common_edges) : Json(nullptr);
  json["behind_best"] = interval_or_null(model.entry.behind_best);
  const auto& rank = model.entry.rank;
  json["rank"] = rank ? Json::array({rank->best, rank->worst}) : Json(nullptr);
  json["tied_with_best"] = rank ? Json(model.entry.tied_with_best) : Json(nullptr);
  json["errors"] = errors_json(model.errors);
  json["calibration"] = calibration_json(model.calibration);
  json["localization"] = {{"mean", localization_json(model.localization.mean)},
                          {"classes", array_of(model.localization.classes, localization_json)}};
  json["slices"] = array_of(model.slices, slice_numbers_json);
  json["lineage"] = Json::array();
  for (const auto& [what, value] : model.lineage)
    json["lineage"].push_back({{"what", what}, {"value", value}});
  json["worst"] = array_of(model.worst, [](const auto& picture) { return Json(picture.caption); });
  return json;
}

Json pairwise_json(const PairwiseComparison& pairwise) {
  if (pairwise.pairs.empty()) return nullptr;
  return {{"groups", pairwise.groups},
          {"resamples", pairwise.resamples},
          {"smallest_difference", number_or_null(pairwise.smallest_difference)},
          {"pairs", array_of(pairwise.pairs, [&](const PairComparison& pair) {
             return Json{{"a", pair.a},
                         {"b", pair.b},
                         {"difference", pair.difference},
                         {"interval_95", interval_or_null(pair.interval)},
                         {"p", pair.p_value},
                         {"p_holm", pair.p_adjusted},
                         {"proven", !pairwise.tied(pair.a, pair.b)},
                         {"smallest_difference", number_or_null(pair.smallest_difference)}};
           })}};
}

Json agreement_json(const Agreement& agreement) {
  return {{"pairs", array_of(agreement.pairs,
                             [](const PairAgreement& pair) {
                               return Json{{"a", pair.a},           {"b", pair.b},
                                           {"both", pair.both},     {"only_a", pair.only_a},
                                           {"only_b", pair.only_b}, {"neither", pair.neither},
                                           {"kappa", pair.kappa()}};
                             })},
          {"missed_by_all", agreement.missed_by_all.size()},
          {"differing_images", agreement.disagreements.size()}};
}

Json fronts_json(const ComparisonReport& report) {
  Json json = Json::object();
  for (const auto* fact : {"latency_p50_ms", "size_mb"})
    json[fact] = detail::pareto_front(report, detail::costs_of(report, fact));
  return json;
}

}  // namespace

nlohmann::ordered_json comparison_json(const ComparisonReport& report) {
  return {{"format", "ds-report"},
          {"version", 1},
          {"title", report.title},
          {"created_at", report.created_at},
          {"warnings", report.warnings},
          {"verdicts", detail::verdicts(report)},
          {"models", array_of(report.models, model_json)},
          {"pairwise", pairwise_json(report.pairwise)},
          {"pareto", fronts_json(report)},
          {"slices", array_of(report.slices,
                              [](const Slice& slice) {
                                return Json{{"attribute", slice.attribute},
                                            {"value", slice.value},
                                            {"images", slice.images.size()}};
                              })},
          {"agreement", agreement_json(report.agreement)},
          {"label_suspects",
           {{"count", report.suspect_count},
            {"shown", array_of(report.suspects, [](const auto& p) { return Json(p.caption); })}}}};
}

}  // namespace ds
