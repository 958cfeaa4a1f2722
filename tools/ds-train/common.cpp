#include "common.h"

#include <fmt/format.h>

namespace ds::train_tool {

void bind_run(Verb& verb, std::string& run) {
  verb.argument("run", run, "run id, unique beginning of one, or latest (the default)", false);
}

std::string score_text(const std::optional<double>& score) {
  return score && *score >= 0 ? fmt::format("{:.3f}", *score) : "-";
}

std::optional<double> metric(const std::map<std::string, double>& metrics, const std::string& name) {
  auto found = metrics.find(name);
  return found == metrics.end() ? std::nullopt : std::optional(found->second);
}

RunSummary run_summary(const RunRecord& run) {
  RunFolder folder(run.folder);
  if (!std::filesystem::exists(folder.config())) return {};
  const auto config = folder.read_config();
  return {config.options.input_size, config.recipe};
}

std::string epochs_text(const RunRecord& run) {
  auto status = RunFolder(run.folder).read_status();
  if (!status || status->step == 0) return "-";
  return status->epochs > 0 ? fmt::format("{}/{}", status->epoch, status->epochs)
                            : fmt::format("{}", status->epoch);
}

nlohmann::ordered_json run_json(const RunRecord& run) {
  auto summary = run_summary(run);
  nlohmann::ordered_json json = {{"run", run.id},
                                 {"group", run.group},
                                 {"state", to_string(run.state)},
                                 {"message", run.message},
                                 {"arch", run.architecture},
                                 {"input_size", summary.input_size},
                                 {"recipe", summary.recipe},
                                 {"snapshot", run.snapshot_id},
                                 {"model", run.model_id.empty() ? nlohmann::ordered_json(nullptr)
                                                                : nlohmann::ordered_json(run.model_id)},
                                 {"created_at", run.created_at},
                                 {"finished_at", run.finished_at},
                                 {"folder", run.folder.string()}};
  auto status = RunFolder(run.folder).read_status();
  json["epoch"] = status ? nlohmann::ordered_json(status->epoch) : nullptr;
  json["epochs_planned"] = status ? nlohmann::ordered_json(status->epochs) : nullptr;
  json["images_per_s"] = status ? nlohmann::ordered_json(status->images_per_s) : nullptr;
  json["metrics"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : run.metrics) json["metrics"][name] = value;
  return json;
}

}  // namespace ds::train_tool
