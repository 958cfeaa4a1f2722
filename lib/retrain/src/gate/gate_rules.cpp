#include "ds/retrain/gate_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/metrics/bootstrap.h"
#include "ds/metrics/matching.h"

namespace ds {
namespace {

/// With fewer groups of images than this a bootstrap interval means nothing.
constexpr std::size_t kMinGroups = 10;

struct Difference {
  double champion = 0;
  double challenger = 0;
  std::optional<double> value;  // of AP; nothing when there is no object to find
  std::optional<Interval> interval;
  std::size_t groups = 0;
};

Difference ap_difference(const TruthAndDetections& part, const RetrainPolicy& policy, int threads) {
  Difference difference;
  auto champion = match(part.truth, part.detections.at(0));
  auto challenger = match(part.truth, part.detections.at(1));
  difference.champion = average_precision(champion).numbers.ap();
  difference.challenger = average_precision(challenger).numbers.ap();
  if (difference.champion < 0 || difference.challenger < 0) return difference;
  difference.value = difference.challenger - difference.champion;
  auto bootstrap = paired_bootstrap(part.truth, {&champion, &challenger},
                                    {.resamples = policy.resamples, .threads = threads});
  difference.groups = bootstrap.groups();
  if (difference.groups >= kMinGroups) difference.interval = bootstrap.of_difference(0, 1, 0);
  return difference;
}

std::string both(const Difference& difference) {
  return fmt::format("{:.4f} against {:.4f}", difference.challenger, difference.champion);
}

/// The whole interval above the limit: met. The whole interval below it, or below no difference at all: not met, for a
/// loss is shown and that it is small is not. Else nothing is shown.
RuleCheck shown_difference(std::string name, const Difference& difference, double limit) {
  auto made = check_rule(std::move(name), difference.value, ">=", limit, "AP");
  made.state = RuleState::unknown;
  if (!difference.value) {
    made.note = "no object to find";
    return made;
  }
  made.note = both(difference);
  if (!difference.interval) {
    made.note += fmt::format("; {} groups of images are too few for an interval", difference.groups);
    return made;
  }
  made.low = difference.interval->low;
  made.high = difference.interval->high;
  if (*made.low >= limit)
    made.state = RuleState::met;
  else if (*made.high < std::max(limit, 0.0)) {
    made.state = RuleState::not_met;
    if (*made.high >= limit) made.note += "; a loss is shown, and that it is within the limit is not";
  } else
    made.note += "; the interval crosses the limit";
  return made;
}

/// A floor for one class: what was measured decides, but a loss is only held against the challenger when the
/// interval shows one.
RuleCheck class_floor(const std::string& name, const Difference& difference, double limit) {
  auto made = shown_difference(fmt::format("AP of class '{}', difference", name), difference, limit);
  if (made.value && *made.value >= limit) made.state = RuleState::met;
  return made;
}

RuleCheck ratio(std::string name, const GateInput& input, const char* fact, double limit) {
  auto champion = input.champion.facts.find(fact);
  auto challenger = input.challenger.facts.find(fact);
  if (champion == input.champion.facts.end() || challenger == input.challenger.facts.end() ||
      champion->second <= 0)
    return check_rule(std::move(name), std::nullopt, "<=", limit, "", "not measured");
  return check_rule(std::move(name), challenger->second / champion->second, "<=", limit, "",
                    fmt::format("{:.3f} against {:.3f}", challenger->second, champion->second));
}

std::size_t count_part(const GateInput& input, TestPart part) {
  return static_cast<std::size_t>(std::count(input.parts.begin(), input.parts.end(), part));
}

TruthAndDetections select(const GateInput& input, TestPart part, int class_idx = -1) {
  return part_of(
      input.truth, {&input.champion.detections, &input.challenger.detections},
      [&](std::size_t image) { return input.parts.at(image) == part; }, class_idx);
}

void add_class_floors(const GateInput& input, const RetrainPolicy& policy, int threads,
                      std::vector<RuleCheck>& rules) {
  for (std::size_t c = 0; c < input.truth.classes.size(); ++c) {
    auto part = select(input, TestPart::original, static_cast<int>(c));
    auto objects = std::count_if(part.truth.objects.begin(), part.truth.objects.end(),
                                 [](const TruthObject& object) { return !object.crowd && !object.ignore; });
    if (objects < policy.min_class_objects) continue;
    rules.push_back(class_floor(input.truth.classes[c].name, ap_difference(part, policy, threads),
                                -policy.max_class_loss));
  }
}

RuleCheck holdout_rule(const GateInput& input, const RetrainPolicy& policy, int threads) {
  auto images = count_part(input, TestPart::holdout);
  if (images >= static_cast<std::size_t>(policy.min_holdout_images))
    return shown_difference("AP on the production holdout, difference",
                            ap_difference(select(input, TestPart::holdout), policy, threads),
                            policy.min_holdout_gain);
  auto small =
      check_rule("production holdout images", static_cast<double>(images), ">=", policy.min_holdout_images,
                 "", "too few to count yet: the holdout is not asked");
  small.state = RuleState::met;
  return small;
}

}  // namespace

TruthAndDetections part_of(const TruthTable& truth, const std::vector<const DetectionTable*>& detections,
                           const std::function<bool(std::size_t image_idx)>& keep, int class_idx) {
  TruthAndDetections part;
  std::vector<std::int32_t> new_idx(truth.images.size(), -1);
  for (std::size_t i = 0; i < truth.images.size(); ++i) {
    if (!keep(i)) continue;
    new_idx[i] = static_cast<std::int32_t>(part.truth.images.size());
    part.truth.images.push_back(truth.images[i]);
  }
  if (class_idx < 0)
    part.truth.classes = truth.classes;
  else
    part.truth.classes = {truth.classes.at(static_cast<std::size_t>(class_idx))};
  auto moved = [&](auto item, auto& to) {
    auto idx = new_idx.at(static_cast<std::size_t>(item.image_idx));
    if (idx < 0 || (class_idx >= 0 && item.class_idx != class_idx)) return;
    item.image_idx = idx;
    if (class_idx >= 0) item.class_idx = 0;
    to.push_back(item);
  };
  for (const auto& object : truth.objects) moved(object, part.truth.objects);
  for (const auto* table : detections) {
    DetectionTable kept;
    kept.name = table->name;
    for (const auto& box : table->boxes) moved(box, kept.boxes);
    part.detections.push_back(std::move(kept));
  }
  return part;
}

std::vector<RuleCheck> gate_rules(const GateInput& input, const RetrainPolicy& policy, int threads) {
  std::vector<RuleCheck> rules;
  auto images = count_part(input, TestPart::original);
  auto enough =
      check_rule("images of the frozen test set", static_cast<double>(images), ">=", policy.min_test_images);
  if (enough.state == RuleState::not_met) enough.state = RuleState::unknown;
  rules.push_back(enough);
  rules.push_back(shown_difference("AP on the frozen test set, difference",
                                   ap_difference(select(input, TestPart::original), policy, threads),
                                   -policy.max_loss));
  add_class_floors(input, policy, threads, rules);
  rules.push_back(holdout_rule(input, policy, threads));
  rules.push_back(
      ratio("median latency over the champion's", input, "latency_p50_ms", policy.max_latency_ratio));
  rules.push_back(ratio("size over the champion's", input, "size_mb", policy.max_size_ratio));
  std::vector<std::string> lost;
  for (const auto& name : input.champion.classes)
    if (std::find(input.challenger.classes.begin(), input.challenger.classes.end(), name) ==
        input.challenger.classes.end())
      lost.push_back(name);
  rules.push_back(check_rule("classes of the champion that are missing", static_cast<double>(lost.size()),
                             "<=", 0, "", lost.empty() ? "" : "missing: " + lost.front()));
  return rules;
}

}  // namespace ds
