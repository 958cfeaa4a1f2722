#include "ds/compare/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/clock.h"
#include "ds/project/project.h"
#include "model_origin.h"
#include "report_pictures.h"

namespace ds {

namespace {

void add_once(std::vector<std::string>& sentences, const std::string& sentence) {
  if (sentence.empty() || std::find(sentences.begin(), sentences.end(), sentence) != sentences.end()) return;
  sentences.push_back(sentence);
}

/// Which pictures belong where: ranges of the orders.
struct PicturePlan {
  std::vector<detail::PictureOrder> orders;
  std::vector<std::vector<MarkedPicture>*> places;  // beside the orders

  void add(detail::PictureOrder order, std::vector<MarkedPicture>& place) {
    orders.push_back(std::move(order));
    places.push_back(&place);
  }
  void make(const EvalData& data, int side, int threads, std::vector<std::string>& warnings) {
    auto pictures = detail::make_pictures(data, orders, side, threads, warnings);
    for (std::size_t i = 0; i < pictures.size(); ++i)
      if (!pictures[i].jpeg.empty()) places[i]->push_back(std::move(pictures[i]));
  }
};

std::vector<std::string> names_of(const std::vector<LeaderboardEntry>& entries) {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) names.push_back(shown_name(entry));
  return names;
}

std::vector<std::vector<ImageOutcome>> outcomes_of(const Comparison& comparison) {
  std::vector<std::vector<ImageOutcome>> outcomes;
  for (const auto& model : comparison.models)
    outcomes.push_back(image_outcomes(comparison.data.truth, model.detections, model.matching,
                                      model.evaluation.operating.threshold));
  return outcomes;
}

std::vector<ModelFindings> findings_of(const Comparison& comparison) {
  std::vector<ModelFindings> findings;
  for (const auto& model : comparison.models)
    findings.push_back({&model.detections, &model.matching, model.evaluation.operating.threshold});
  return findings;
}

/// Pictures of every kind. The report's vectors must not move afterwards.
void add_pictures(const Comparison& comparison, const std::vector<LabelSuspect>& suspects,
                  const ReportOptions& options, int threads, ComparisonReport& report) {
  PicturePlan plan;
  const auto& data = comparison.data;
  const auto outcomes = outcomes_of(comparison);
  for (std::size_t m = 0; m < comparison.models.size(); ++m) {
    auto worst = worst_first(outcomes[m], data.truth);
    worst.resize(std::min(worst.size(), options.worst));
    for (const auto i : worst)
      plan.add(detail::worst_image_picture(data, comparison.models[m], outcomes[m][i]),
               report.models[m].worst);
  }
  for (std::size_t i = 0; i < std::min(suspects.size(), options.suspects); ++i)
    plan.add(detail::suspect_picture(data, suspects[i]), report.suspects);
  const auto names = names_of(comparison.entries);
  const auto& disagreements = report.agreement.disagreements;
  for (std::size_t i = 0; i < std::min(disagreements.size(), options.disagreements); ++i)
    plan.add(detail::disagreement_picture(data, names, comparison.models, outcomes, disagreements[i]),
             report.disagreements);
  plan.make(data, options.picture_side, threads, report.warnings);
}

}  // namespace

ModelReport analyse_model(const TruthTable& truth, const ComparedModel& model,
                          const std::vector<Slice>& slices, const BootstrapOptions& bootstrap) {
  ModelReport report;
  report.errors = error_types(truth, model.detections);
  report.calibration =
      calibration(truth, model.detections, model.matching, model.evaluation.operating.threshold);
  report.localization = localization_recall(truth, model.detections, model.matching);
  report.slices = slice_numbers(truth, model.matching, slices, bootstrap);
  return report;
}

ComparisonReport comparison_report(Project& project, const StoredSelection& selection,
                                   const BootstrapOptions& bootstrap, const ReportOptions& options) {
  const auto comparison = compare_stored(project, selection, bootstrap);
  const auto& truth = comparison.data.truth;
  ComparisonReport report;
  report.title = project.settings().name + ": models";
  report.created_at = utc_now();
  report.slices = slices_of(truth, options.slice_values);
  report.pairwise = comparison.pairwise;
  for (const auto& warning : comparison.data.warnings) add_once(report.warnings, warning);
  for (std::size_t m = 0; m < comparison.models.size(); ++m) {
    const auto& entry = comparison.entries[m];
    for (const auto& warning : entry.evaluation.warnings) add_once(report.warnings, warning);
    auto& model =
        report.models.emplace_back(analyse_model(truth, comparison.models[m], report.slices, bootstrap));
    model.entry = entry;
    auto origin = detail::origin_of(project, entry.evaluation.model.id, shown_name(entry), comparison.data);
    model.training = std::move(origin.training);
    model.lineage = std::move(origin.lineage);
    add_once(report.warnings, origin.warning);
  }
  const auto findings = findings_of(comparison);
  report.agreement = agreement(truth, findings);
  const auto suspects = label_suspects(truth, findings);
  report.suspect_count = static_cast<std::int64_t>(suspects.size());
  add_pictures(comparison, suspects, options, bootstrap.threads, report);
  return report;
}

}  // namespace ds
