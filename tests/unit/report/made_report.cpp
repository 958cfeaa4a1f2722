#include "made_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "ds/base/random.h"
#include "ds/media/image_io.h"
#include "ds/media/synthetic_scene.h"
#include "ds/metrics/significance.h"

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
  for (auto& image : truth.images) image.attributes["time"] = image.id % 3 == 0 ? "night" : "day";
  return truth;
}

DetectionTable detections_of(const TruthTable& truth, const MadeReport& made, int model) {
  DetectionTable table;
  const double skill = 1 - 0.06 * model;
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
    if (random.chance(0.4 + 0.05 * model))
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

struct Model {
  DetectionTable detections;
  EvaluatedMatching found;
};

/// Truth and detections of one image at the operating threshold.
MarkedPicture marked_picture(const TruthTable& truth, const MadeReport& made, const Model& model,
                             int image_idx) {
  auto picture = picture_of(truth, made, image_idx);
  const auto& operating = model.found.evaluation.operating;
  auto hit = [&](auto holds) { return std::any_of(operating.pairs.begin(), operating.pairs.end(), holds); };
  for (std::size_t g = 0; g < truth.objects.size(); ++g) {
    const auto& o = truth.objects[g];
    if (o.image_idx != image_idx) continue;
    const bool found = hit([&](const auto& pair) { return pair.object_idx == static_cast<int>(g); });
    picture.boxes.push_back({found ? MarkedBox::Role::truth_found : MarkedBox::Role::truth_missed, o.x, o.y,
                             o.w, o.h, truth.classes[static_cast<std::size_t>(o.class_idx)].name});
  }
  for (std::size_t d = 0; d < model.detections.boxes.size(); ++d) {
    const auto& b = model.detections.boxes[d];
    if (b.image_idx != image_idx || b.score < operating.threshold) continue;
    const bool right = hit([&](const auto& pair) { return pair.detection_idx == static_cast<int>(d); });
    picture.boxes.push_back(
        {right ? MarkedBox::Role::detection_right : MarkedBox::Role::detection_wrong, b.x, b.y, b.w, b.h,
         fmt::format("{} {:.2f}", truth.classes[static_cast<std::size_t>(b.class_idx)].name, b.score)});
  }
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

ModelReport model_report(const TruthTable& truth, const MadeReport& made, const Model& model, int m) {
  ModelReport report;
  auto& e = report.entry.evaluation;
  e = model.found.evaluation;
  e.model = {fmt::format("m-{}", m), fmt::format("model {}{}", m, made.name_suffix), "yolox-tiny", 0, 0};
  e.data = {"made up",
            "s-20260101-1",
            "test",
            fingerprint(truth),
            std::ssize(truth.images),
            std::ssize(truth.images),
            std::ssize(truth.objects),
            std::ssize(model.detections.boxes)};
  e.created_at = "2026-01-02T03:04:05Z";
  e.tool_version = "1.0";
  e.warnings =
      m == 1 ? std::vector<std::string>{"something to know about this model"} : std::vector<std::string>{};
  if (made.measured) {
    e.model.parameters = 9'000'000 - 1'300'000 * (m % 5);
    e.model.file_bytes = 4 * e.model.parameters;
    const double ms = 40 - 7 * (m % 5) + m / 5;
    e.latency = Latency{std::ssize(truth.images), ms, ms * 1.3, ms * 1.05, 210'000'000};
    e.inference = {"torch", 320, 320, 0.01, 0.65, 100, 2};
    report.lineage = {
        {"trained on", "snapshot s-20260101-1"}, {"run", fmt::format("r-{}", m)}, {"parent", "m-0"}};
    report.training = {training_chart()};
  }
  report.errors = error_types(truth, model.detections);
  report.calibration = calibration(truth, model.detections, model.found.matching, e.operating.threshold, 20);
  report.localization = localization_recall(truth, model.detections, model.found.matching);
  for (int i = 0; i < made.pictures; ++i) report.worst.push_back(marked_picture(truth, made, model, i));
  const double ap = e.precision.numbers.ap();
  report.slices = {{40, 120, ap + 0.02, ap + 0.2, Interval{ap - 0.03, ap + 0.06}, Interval{0.01, 0.1}},
                   {20, 60, ap - 0.05, ap + 0.1, Interval{ap - 0.12, ap + 0.01}, Interval{-0.1, -0.01}},
                   {1, 0, -1, -1, std::nullopt, std::nullopt}};
  return report;
}

PairwiseComparison pairs_of(const TruthTable& truth, const std::vector<Model>& models) {
  std::vector<const Matching*> matchings;
  for (const auto& model : models) matchings.push_back(&model.found.matching);
  const auto bootstrap = paired_bootstrap(truth, matchings, {.resamples = 100, .seed = 3});
  PairwiseComparison made;
  std::vector<double> p_values;
  for (std::size_t a = 0; a < models.size(); ++a)
    for (std::size_t b = a + 1; b < models.size(); ++b) {
      PairComparison pair{a, b};
      pair.difference = models[b].found.evaluation.precision.numbers.ap() -
                        models[a].found.evaluation.precision.numbers.ap();
      pair.interval = bootstrap.of_difference(a, b, 0);
      pair.p_value = bootstrap.p_value(a, b, 0).value_or(1);
      pair.smallest_difference = bootstrap.smallest_difference(a, b, 0);
      p_values.push_back(pair.p_value);
      made.pairs.push_back(pair);
    }
  const auto adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < adjusted.size(); ++i) made.pairs[i].p_adjusted = adjusted[i];
  made.ranks = rank_ranges(bootstrap);
  if (!made.pairs.empty()) made.smallest_difference = made.pairs[made.pairs.size() / 2].smallest_difference;
  made.groups = bootstrap.groups();
  made.resamples = bootstrap.resamples();
  return made;
}

}  // namespace

ComparisonReport made_report(const MadeReport& made) {
  const auto truth = truth_of(made);
  std::vector<Model> models;
  for (int m = 0; m < made.models; ++m) {
    auto detections = detections_of(truth, made, m);
    auto found = evaluate(truth, detections, {.resamples = made.intervals ? 100 : 0, .seed = 3});
    models.push_back({std::move(detections), std::move(found)});
  }
  ComparisonReport report;
  report.title = "Shapes: models" + made.name_suffix;
  report.created_at = "2026-01-02T03:04:05Z";
  report.warnings = {"one evaluation was made on other images and is left out"};
  report.slices = {
      {"time", "day" + made.name_suffix, {}}, {"time", "night", {}}, {"shape of the image", "wide", {}}};
  for (int m = 0; m < made.models; ++m)
    report.models.push_back(model_report(truth, made, models[static_cast<std::size_t>(m)], m));
  if (made.intervals && made.models > 1) report.pairwise = pairs_of(truth, models);
  const auto objects = std::ssize(truth.objects);
  for (std::size_t a = 0; a < models.size(); ++a)
    for (std::size_t b = a + 1; b < models.size(); ++b)
      report.agreement.pairs.push_back({a, b, objects - 30, 12, 8, 10});
  report.agreement.missed_by_all = {1, 4};
  report.agreement.disagreements = {{3, 2}, {1, 1}};
  report.suspect_count = made.pictures > 0 ? made.pictures + 3 : 0;
  for (int i = 0; i < made.pictures; ++i) {
    auto suspect = picture_of(truth, made, i + 5);
    suspect.boxes.push_back({MarkedBox::Role::suspect, 40, 50, 80, 60, "missing label: disc"});
    report.suspects.push_back(std::move(suspect));
    report.disagreements.push_back(marked_picture(truth, made, models.back(), i + 9));
  }
  return report;
}

}  // namespace ds::testing
