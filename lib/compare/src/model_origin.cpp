#include "model_origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_set>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/project/project.h"
#include "ds/runs/folder.h"

namespace ds::detail {

namespace {

constexpr std::size_t kNamesShown = 3;

template <typename Get>
auto found(Get get) -> std::optional<decltype(get())> {
  try {
    return get();
  } catch (const UsageError&) {
    return std::nullopt;  // removed since
  }
}

Chart epochs_chart(const std::string& title, const std::vector<EpochMetrics>& epochs) {
  Chart chart{.kind = Chart::Kind::line, .title = title, .x_title = "epoch", .decimals = 3};
  for (int epoch = 1; epoch <= epochs.back().epoch; ++epoch) chart.labels.push_back(std::to_string(epoch));
  const auto closing =
      std::find_if(epochs.begin(), epochs.end(), [](const auto& epoch) { return epoch.closing; });
  if (closing != epochs.end()) chart.marks.push_back({closing->epoch - 1.0, "closing part"});
  return chart;
}

template <typename Get>
void add_series(Chart& chart, const std::string& name, const std::vector<EpochMetrics>& epochs, Get get) {
  ChartSeries series{.name = name, .values = std::vector<std::optional<double>>(chart.labels.size())};
  bool any = false;
  for (const auto& epoch : epochs) {
    if (epoch.epoch < 1) continue;
    const std::optional<double> value = get(epoch);
    series.values.at(static_cast<std::size_t>(epoch.epoch) - 1) = value;
    any = any || value;
  }
  if (any) chart.series.push_back(std::move(series));
}

std::vector<Chart> training_charts(const std::vector<EpochMetrics>& epochs) {
  if (epochs.empty()) return {};
  auto loss = epochs_chart("Loss", epochs);
  add_series(loss, "total", epochs, [](const auto& epoch) { return epoch.loss; });
  std::vector<std::string> parts;
  for (const auto& epoch : epochs)
    for (const auto& [name, value] : epoch.parts)
      if (std::find(parts.begin(), parts.end(), name) == parts.end()) parts.push_back(name);
  for (const auto& part : parts)
    add_series(loss, part, epochs, [&](const auto& epoch) -> std::optional<double> {
      for (const auto& [name, value] : epoch.parts)
        if (name == part) return value;
      return std::nullopt;
    });
  auto precision = epochs_chart("AP on val", epochs);
  add_series(precision, "AP", epochs, [](const auto& epoch) { return epoch.ap; });
  add_series(precision, "AP50", epochs, [](const auto& epoch) { return epoch.ap50; });
  std::vector<Chart> charts{std::move(loss)};
  if (!precision.series.empty()) charts.push_back(std::move(precision));
  return charts;
}

/// Which images of the evaluation stand in a split of the snapshots that a model and its parents trained on.
struct Shared {
  std::vector<std::string> names;    // natural order
  std::vector<std::string> missing;  // snapshots that are gone
};

Shared shared_images(Project& project, const std::vector<std::string>& snapshots, Split split,
                     const EvalData& data) {
  Shared shared;
  std::unordered_set<std::string> hashes;
  for (const auto& id : snapshots) {
    const auto dataset = found([&] { return project.snapshots().load(id, split); });
    if (!dataset) {
      shared.missing.push_back(id);
      continue;
    }
    for (const auto& image : dataset->images) hashes.insert(image.sha256);
  }
  for (std::size_t i = 0; i < data.hashes.size(); ++i)
    if (hashes.contains(data.hashes[i])) shared.names.push_back(data.truth.images[i].name);
  std::sort(shared.names.begin(), shared.names.end(), natural_less);
  return shared;
}

std::string shared_text(const Shared& shared, std::size_t images) {
  std::string text = shared.names.empty() ? fmt::format("none of {}", images)
                                          : fmt::format("{} of {}: ", shared.names.size(), images);
  const auto shown = std::min(shared.names.size(), kNamesShown);
  text += join({shared.names.begin(), shared.names.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
  if (shared.names.size() > shown) text += " ...";
  if (!shared.missing.empty())
    text += fmt::format("; not known of {}, which the project no longer has", join(shared.missing, ", "));
  return text;
}

/// The model and what it was trained from, as far as the registry goes.
std::vector<ModelRecord> ancestry(Project& project, const ModelRecord& model) {
  std::vector<ModelRecord> line{model};
  std::set<std::string> seen{model.id};
  while (!line.back().parent_id.empty()) {
    const auto parent = found([&] { return project.models().get(line.back().parent_id); });
    if (!parent || !seen.insert(parent->id).second) break;
    line.push_back(*parent);
  }
  return line;
}

std::string snapshot_text(Project& project, const std::string& id) {
  const auto snapshot = found([&] { return project.snapshots().get(id); });
  if (!snapshot) return id + ", which the project no longer has";
  return fmt::format("snapshot {}{}: {} train, {} val, {} test images", snapshot->id,
                     snapshot->name.empty() ? "" : " (" + snapshot->name + ")", snapshot->train,
                     snapshot->val, snapshot->test);
}

class OriginReader {
 public:
  OriginReader(Project& project, const EvalData& data) : project_(project), data_(data) {}

  ModelOrigin read(const ModelRecord& model, const std::string& name) {
    add("model",
        model.aliases.empty() ? model.id : fmt::format("{} ({})", model.id, join(model.aliases, ", ")));
    add("made", model.created_at);
    if (!model.run_id.empty()) add_run(model.run_id);
    const auto line = ancestry(project_, model);
    add_parent(model, line);
    if (!model.snapshot_id.empty()) add("trained on", snapshot_text(project_, model.snapshot_id));
    add_shared(model, line, name);
    return std::move(origin_);
  }

 private:
  void add(const std::string& label, const std::string& value) {
    if (!value.empty()) origin_.lineage.emplace_back(label, value);
  }

  void add_run(const std::string& run_id) {
    const auto run = found([&] { return project_.runs().get(run_id); });
    if (!run) {
      add("run", run_id + ", which the project no longer has");
      return;
    }
    const RunFolder folder(run->folder);
    const auto epochs = folder.read_metrics();
    add("run", epochs.empty() ? run->id : fmt::format("{}, {} epochs", run->id, epochs.back().epoch));
    std::vector<std::string> by_hand;
    for (const auto& option : folder.read_options()) {
      if (option.name == "recipe") add("recipe", option.value);
      if (option.origin.starts_with("--")) by_hand.push_back(option.origin + " " + option.value);
    }
    add("set by hand", join(by_hand, ", "));
    origin_.training = training_charts(epochs);
  }

  void add_parent(const ModelRecord& model, const std::vector<ModelRecord>& line) {
    if (line.size() > 1)
      add("started from", fmt::format("{} ({})", line[1].name, line[1].id));
    else
      add("started from", model.parent_id);
  }

  void add_shared(const ModelRecord& model, const std::vector<ModelRecord>& line, const std::string& name) {
    std::vector<std::string> snapshots;
    for (const auto& one : line)
      if (!one.snapshot_id.empty() &&
          std::find(snapshots.begin(), snapshots.end(), one.snapshot_id) == snapshots.end())
        snapshots.push_back(one.snapshot_id);
    if (snapshots.empty() || data_.hashes.empty()) {
      add("evaluation images it trained on", "not known");
      return;
    }
    const auto trained = shared_images(project_, snapshots, Split::train, data_);
    add("evaluation images it trained on", shared_text(trained, data_.hashes.size()));
    if (!trained.names.empty())
      origin_.warning =
          fmt::format("{} trained on {} of the {} images it is measured on: its numbers flatter", name,
                      trained.names.size(), data_.hashes.size());
    if (model.snapshot_id.empty()) return;
    const auto chosen = shared_images(project_, {model.snapshot_id}, Split::val, data_);
    if (!chosen.names.empty())
      add("evaluation images its best epoch was chosen by", shared_text(chosen, data_.hashes.size()));
  }

  Project& project_;
  const EvalData& data_;
  ModelOrigin origin_;
};

}  // namespace

ModelOrigin origin_of(Project& project, const std::string& model_id, const std::string& name,
                      const EvalData& data) {
  if (model_id.starts_with("file-"))
    return {{{"model", "a weight file outside the project's models"},
             {"evaluation images it trained on", "not known"}},
            {},
            {}};
  const auto model = found([&] { return project.models().get(model_id); });
  if (!model) return {{{"model", model_id + ", which the project no longer has"}}, {}, {}};
  return OriginReader(project, data).read(*model, name);
}

}  // namespace ds::detail
