#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "ds/base/text.h"
#include "report_pictures.h"

namespace ds::detail {

namespace {

using Role = MarkedBox::Role;

const std::string& class_name(const EvalData& data, std::int32_t class_idx) {
  return data.truth.classes.at(static_cast<std::size_t>(class_idx)).name;
}

const EvalImage& image_of(const EvalData& data, std::int32_t image_idx) {
  return data.truth.images.at(static_cast<std::size_t>(image_idx));
}

MarkedBox truth_box(const EvalData& data, std::int32_t object_idx, Role role, const std::string& after = {}) {
  const auto& object = data.truth.objects.at(static_cast<std::size_t>(object_idx));
  return {role, object.x, object.y, object.w, object.h, class_name(data, object.class_idx) + after};
}

MarkedBox detected_box(const EvalData& data, const ComparedModel& model, std::int32_t detection_idx,
                       Role role, const std::string& before = {}) {
  const auto& box = model.detections.boxes.at(static_cast<std::size_t>(detection_idx));
  return {role,  box.x, box.y,
          box.w, box.h, fmt::format("{}{} {:.2f}", before, class_name(data, box.class_idx), box.score)};
}

/// The order of a file's objects must not show.
void sort_by_place(std::vector<MarkedBox>& boxes) {
  auto key = [](const MarkedBox& b) { return std::tuple(b.role, b.x, b.y, b.w, b.h, b.label); };
  std::sort(boxes.begin(), boxes.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

std::string suspect_text(const EvalData& data, const LabelSuspect& s) {
  const std::string label =
      s.object_idx < 0
          ? std::string()
          : class_name(data, data.truth.objects[static_cast<std::size_t>(s.object_idx)].class_idx);
  const std::string seen = s.class_idx < 0 ? std::string() : class_name(data, s.class_idx);
  switch (s.kind) {
    case SuspectKind::missing_label:
      return fmt::format("missing label: {}", seen);
    case SuspectKind::wrong_class:
      return fmt::format("wrong class: labelled {}, seen as {}", label, seen);
    case SuspectKind::loose_box:
      return fmt::format("loose box: {}", label);
    case SuspectKind::spurious_label:
      return fmt::format("spurious label: {}, nothing seen there", label);
  }
  return {};
}

}  // namespace

PictureOrder worst_image_picture(const EvalData& data, const ComparedModel& model,
                                 const ImageOutcome& outcome) {
  PictureOrder order;
  order.image_idx = outcome.image_idx;
  order.caption =
      fmt::format("{}: {}, {} missed, {} found", image_of(data, outcome.image_idx).name,
                  counted(outcome.counts.fp, "false positive"), outcome.counts.fn, outcome.counts.tp);
  for (const auto& hit : outcome.hits) {
    order.boxes.push_back(truth_box(data, hit.object_idx, Role::truth_found));
    order.boxes.push_back(detected_box(data, model, hit.detection_idx, Role::detection_right));
  }
  for (const auto object : outcome.missed) order.boxes.push_back(truth_box(data, object, Role::truth_missed));
  for (const auto detection : outcome.false_positives)
    order.boxes.push_back(detected_box(data, model, detection, Role::detection_wrong));
  sort_by_place(order.boxes);
  return order;
}

PictureOrder suspect_picture(const EvalData& data, const LabelSuspect& suspect) {
  PictureOrder order;
  order.image_idx = suspect.image_idx;
  order.caption =
      fmt::format("{}: {} ({}, confidence {:.2f})", image_of(data, suspect.image_idx).name,
                  suspect_text(data, suspect), counted(suspect.models, "model"), suspect.confidence);
  double x0 = suspect.x, y0 = suspect.y, x1 = suspect.x + suspect.w, y1 = suspect.y + suspect.h;
  for (std::size_t g = 0; g < data.truth.objects.size(); ++g) {
    const auto& object = data.truth.objects[g];
    if (object.image_idx != suspect.image_idx || object.crowd || object.ignore) continue;
    const auto idx = static_cast<std::int32_t>(g);
    const bool is_meant = idx == suspect.object_idx;
    if (is_meant) {
      x0 = std::min(x0, object.x);
      y0 = std::min(y0, object.y);
      x1 = std::max(x1, object.x + object.w);
      y1 = std::max(y1, object.y + object.h);
    }
    if (is_meant && suspect.kind == SuspectKind::spurious_label) continue;  // it is the suspect itself
    order.boxes.push_back(truth_box(data, idx, is_meant ? Role::truth_missed : Role::truth_found));
  }
  const std::string label =
      suspect.class_idx >= 0
          ? class_name(data, suspect.class_idx)
          : class_name(data, data.truth.objects[static_cast<std::size_t>(suspect.object_idx)].class_idx) +
                "?";
  order.boxes.push_back({Role::suspect, suspect.x, suspect.y, suspect.w, suspect.h, label});
  sort_by_place(order.boxes);
  // Enough around it to judge, also of a tiny one.
  const double margin = std::max(32.0, 0.6 * std::max(x1 - x0, y1 - y0));
  order.x = x0 - margin;
  order.y = y0 - margin;
  order.w = x1 - x0 + 2 * margin;
  order.h = y1 - y0 + 2 * margin;
  return order;
}

PictureOrder disagreement_picture(const EvalData& data, const std::vector<std::string>& names,
                                  const std::vector<ComparedModel>& models,
                                  const std::vector<std::vector<ImageOutcome>>& outcomes,
                                  const Disagreement& disagreement) {
  const auto image = static_cast<std::size_t>(disagreement.image_idx);
  PictureOrder order;
  order.image_idx = disagreement.image_idx;
  order.caption = fmt::format("{}: {}", image_of(data, disagreement.image_idx).name,
                              counted(disagreement.differing, "difference"));
  for (std::size_t g = 0; g < data.truth.objects.size(); ++g) {
    const auto& object = data.truth.objects[g];
    if (object.image_idx != disagreement.image_idx || object.crowd || object.ignore) continue;
    std::vector<std::string> finders;
    for (std::size_t m = 0; m < models.size(); ++m) {
      const auto& hits = outcomes[m][image].hits;
      if (std::any_of(hits.begin(), hits.end(),
                      [&](const auto& hit) { return static_cast<std::size_t>(hit.object_idx) == g; }))
        finders.push_back(names[m]);
    }
    const auto idx = static_cast<std::int32_t>(g);
    if (finders.size() == models.size())
      order.boxes.push_back(truth_box(data, idx, Role::truth_found));
    else
      order.boxes.push_back(
          truth_box(data, idx, Role::truth_missed,
                    finders.empty() ? ", found by none" : ", found by " + join(finders, ", ") + " only"));
  }
  for (std::size_t m = 0; m < models.size(); ++m)
    for (const auto detection : outcomes[m][image].false_positives)
      order.boxes.push_back(detected_box(data, models[m], detection, Role::detection_wrong, names[m] + ": "));
  sort_by_place(order.boxes);
  return order;
}

}  // namespace ds::detail
