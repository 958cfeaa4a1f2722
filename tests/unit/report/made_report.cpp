#include "made_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "ds/base/random.h"
#include "ds/media/image_io.h"
#include "ds/media/synthetic_scene.h"
#include "ds/report/comparison.h"

namespace ds::testing {

namespace {

SceneOptions scenes_of(const MadeReport& made) {
  SceneOptions scenes;
  scenes.images = made.images;
  scenes.classes = std::min(8, made.classes);
  scenes.max_objects = 6;
  return scenes;
}

/// Labels of the scenes; more classes than there are shapes are told apart by where an object lies.
TruthTable truth_of(const MadeReport& made) {
  auto truth = truth_from_dataset(make_scene_dataset(scenes_of(made)));
  for (int c = static_cast<int>(truth.classes.size()); c < made.classes; ++c)
    truth.classes.push_back({c + 1, fmt::format("class {}", c + 1)});
  if (made.classes > 8)
    for (auto& object : truth.objects)
      object.class_idx =
          static_cast<std::int32_t>(static_cast<int>(object.x * 7 + object.y * 3) % made.classes);
  for (auto& each : truth.classes) each.name += made.name_suffix;
  for (auto& image : truth.images)
    image.attributes["time"] = (image.id % 3 == 0 ? "night" : "day") + made.name_suffix;
  return truth;
}

DetectionTable detections_of(const TruthTable& truth, const MadeReport& made, int model) {
  DetectionTable table;
  const double skill = 1 - 0.3 * model / (model + 4.0);
  Random random(11, fmt::format("model {}", model / 2));  // two neighbours err alike
  for (const auto& object : truth.objects) {
    const bool found = random.chance(0.93 * skill), confused = random.chance(0.12);
    const double off = random.normal(0, 0.05 + 0.03 * (1 - skill)), trust = random.uniform();
    auto class_idx = object.class_idx;
    if (confused) class_idx = (class_idx + 1) % made.classes;
    if (found)
      table.boxes.push_back({object.x + off * object.w, object.y - off * object.h, object.w * (1 + off),
                             object.h * (1 - off), 0.35 + 0.6 * std::sqrt(trust) - 0.01 * model,
                             object.image_idx, class_idx});
  }
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(truth.images.size()); ++i)
    if (random.chance(0.4 + 0.5 * (1 - skill)))
      table.boxes.push_back(
          {random.uniform(0, 220), random.uniform(0, 160), random.uniform(25, 90), random.uniform(25, 70),
           random.uniform(0.05, 0.6), i,
           static_cast<std::int32_t>(random.below(static_cast<std::size_t>(made.classes)))});
  return table;
}

MarkedPicture picture_of(const TruthTable& truth, const MadeReport& made, int image_idx) {
  cv::Mat pixels;
  make_scene(scenes_of(made), image_idx, &pixels);
  MarkedPicture picture;
  picture.caption = truth.images[static_cast<std::size_t>(image_idx)].name + made.name_suffix;
  picture.jpeg = encode_jpeg(pixels, 85);
  picture.width = pixels.cols;
  picture.height = pixels.rows;
  return picture;
}

MarkedPicture marked_picture(const TruthTable& truth, const MadeReport& made, const ComparedModel& model,
                             const ImageOutcome& outcome) {
  auto picture = picture_of(truth, made, outcome.image_idx);
  auto add_truth = [&](std::int32_t g, MarkedBox::Role role) {
    const auto& o = truth.objects[static_cast<std::size_t>(g)];
    picture.boxes.push_back(
        {role, o.x, o.y, o.w, o.h, truth.classes[static_cast<std::size_t>(o.class_idx)].name});
  };
  auto add_detection = [&](std::int32_t d, MarkedBox::Role role) {
    const auto& b = model.detections.boxes[static_cast<std::size_t>(d)];
    picture.boxes.push_back(
        {role, b.x, b.y, b.w, b.h,
         fmt::format("{} {:.2f}", truth.classes[static_cast<std::size_t>(b.class_idx)].name, b.score)});
  };
  for (const auto& hit : outcome.hits) {
    add_truth(hit.object_idx, MarkedBox::Role::truth_found);
    add_detection(hit.detection_idx, MarkedBox::Role::detection_right);
  }
  for (const auto g : outcome.missed) add_truth(g, MarkedBox::Role::truth_missed);
  for (const auto d : outcome.false_positives) add_detection(d, MarkedBox::Role::detection_wrong);
  return picture;
}

Chart training_chart() {
  Chart chart{.kind = Chart::Kind::line,
              .title = "AP in training",
              .x_title = "epoch",
              .y_title = "AP",
              .decimals = 3};
  chart.series = {{.name = "val"}};
  for (int epoch = 1; epoch <= 20; ++epoch) {
    chart.labels.push_back(std::to_string(epoch));
    chart.series[0].values.emplace_back(0.6 * (1 - std::exp(-epoch / 6.0)));
  }
  chart.marks = {{15, "closing"}};
  return chart;
}

/// What an evaluation knows beyond its numbers.
void describe(Evaluation& e, const MadeReport& made, int m, const TruthTable& truth, std::size_t detections) {
  e.model = {fmt::format("m-{}", m), fmt::format("model {}{}", m, made.name_suffix), "yolox-tiny", 0, 0};
  const auto images = std::ssize(truth.images);
  e.data = {"made up",
            "s-20260101-1",
            "test",
            fingerprint(truth),
            images,
            images,
            std::ssize(truth.objects),
            static_cast<std::int64_t>(detections)};
  e.created_at = "2026-01-02T03:04:05Z";
  e.tool_version = "1.0";
  if (m == 1) e.warnings = {"something to know about this model"};
  if (!made.measured) return;
  e.model.parameters = 9'000'000 - 1'300'000 * (m % 5);
  e.model.file_bytes = 4 * e.model.parameters;
  const double ms = 40 - 7 * (m % 5) + m / 5;
  e.latency = Latency{images, ms, ms * 1.3, ms * 1.05, 210'000'000, 40'000'000, {}};
  e.inference = {"torch", 320, 320, 0.01, 0.65, 100, 2};
  e.machine = {"a processor", 2, 2};
}

ModelReport model_report(const TruthTable& truth, const MadeReport& made, const ComparedModel& model,
                         const std::vector<Slice>& slices, int m) {
  ModelReport report;
  const double threshold = model.evaluation.operating.threshold;
  report.errors = error_types(truth, model.detections);
  report.calibration = calibration(truth, model.detections, model.matching, threshold, 20);
  report.localization = localization_recall(truth, model.detections, model.matching);
  report.slices =
      slice_numbers(truth, model.matching, slices, {.resamples = made.intervals ? 50 : 0, .seed = 3});
  const auto outcomes = image_outcomes(truth, model.detections, model.matching, threshold);
  for (const auto i : worst_first(outcomes, truth))
    if (std::ssize(report.worst) < made.pictures)
      report.worst.push_back(marked_picture(truth, made, model, outcomes[i]));
  if (made.measured) {
    report.lineage = {
        {"trained on", "snapshot s-20260101-1"}, {"run", fmt::format("r-{}", m)}, {"parent", "m-0"}};
    report.training = {training_chart()};
  }
  return report;
}

void add_agreement(const TruthTable& truth, const MadeReport& made, const std::vector<ComparedModel>& models,
                   ComparisonReport& report) {
  std::vector<ModelFindings> findings;
  for (const auto& model : models)
    findings.push_back({&model.detections, &model.matching, model.evaluation.operating.threshold});
  report.agreement = agreement(truth, findings);
  const auto& last = models.back();
  const auto outcomes =
      image_outcomes(truth, last.detections, last.matching, last.evaluation.operating.threshold);
  for (const auto& each : report.agreement.disagreements)
    if (std::ssize(report.disagreements) < made.pictures)
      report.disagreements.push_back(
          marked_picture(truth, made, last, outcomes[static_cast<std::size_t>(each.image_idx)]));
  report.suspect_count = made.pictures > 0 ? made.pictures + 3 : 0;
  for (int i = 0; i < made.pictures; ++i) {
    auto suspect = picture_of(truth, made, i + 5);
    suspect.boxes.push_back({MarkedBox::Role::suspect, 40, 50, 80, 60, "missing label: disc"});
    report.suspects.push_back(std::move(suspect));
  }
}

/// Tests of many pairs take minutes: those of a large report follow from its bootstrap alone.
ModelComparison compared_models(const TruthTable& truth, const std::vector<ComparedModel>& models,
                                const MadeReport& made) {
  const BootstrapOptions options{.resamples = made.intervals ? 100 : 0, .seed = 3};
  if (made.models <= 6 || !made.intervals) return compare_thoroughly(truth, models, options);
  ModelComparison compared{compare_models(truth, models, options), {}};
  std::vector<const Matching*> matchings;
  for (const auto& model : models) matchings.push_back(&model.matching);
  const auto bootstrap = paired_bootstrap(truth, matchings, options);
  auto& pairwise = compared.pairwise;
  pairwise.groups = bootstrap.groups();
  pairwise.resamples = bootstrap.resamples();
  for (std::size_t a = 0; a < models.size(); ++a)
    for (std::size_t b = a + 1; b < models.size(); ++b) {
      PairComparison pair{a, b};
      pair.difference =
          models[b].evaluation.precision.numbers.ap() - models[a].evaluation.precision.numbers.ap();
      pair.interval = bootstrap.of_difference(a, b, 0);
      pair.p_value = pair.p_adjusted = bootstrap.p_value(a, b, 0).value_or(1);
      pair.smallest_difference = pairwise.smallest_difference = bootstrap.smallest_difference(a, b, 0);
      pairwise.pairs.push_back(pair);
    }
  return compared;
}

}  // namespace

ComparisonReport made_report(const MadeReport& made) {
  const auto truth = truth_of(made);
  std::vector<ComparedModel> models;
  for (int m = 0; m < made.models; ++m) {
    auto detections = detections_of(truth, made, m);
    auto [evaluation, matching] =
        evaluate(truth, detections, {.resamples = made.intervals ? 100 : 0, .seed = 3});
    describe(evaluation, made, m, truth, detections.boxes.size());
    models.push_back({std::move(evaluation), std::move(detections), std::move(matching)});
  }
  auto compared = compared_models(truth, models, made);
  ComparisonReport report;
  report.title = "Shapes: models" + made.name_suffix;
  report.created_at = "2026-01-02T03:04:05Z";
  report.warnings = {"one evaluation was made on other images and is left out"};
  report.slices = slices_of(truth);
  report.pairwise = std::move(compared.pairwise);
  for (int m = 0; m < made.models; ++m) {
    const auto i = static_cast<std::size_t>(m);
    report.models.push_back(model_report(truth, made, models[i], report.slices, m));
    report.models.back().entry = std::move(compared.entries[i]);
  }
  add_agreement(truth, made, models, report);
  return report;
}

}  // namespace ds::testing
