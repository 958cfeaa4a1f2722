#include "printing.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/text.h"

namespace ds::deploy_tool {

nlohmann::ordered_json to_json(const DeploymentStatus& status) {
  const auto& record = status.record;
  nlohmann::ordered_json json{{"name", record.name},
                              {"state", to_string(status.state)},
                              {"model", record.model_id},
                              {"generation", record.generation},
                              {"url", status.url},
                              {"pid", status.pid},
                              {"created_at", record.created_at},
                              {"updated_at", record.updated_at}};
  if (!status.live.empty()) json["server"] = nlohmann::ordered_json::parse(status.live);
  return json;
}

void print(Context& context, const DeploymentStatus& status) {
  if (context.shared.json) return context.out.json(to_json(status));
  const auto& record = status.record;
  context.out.line(fmt::format("{}: {}", record.name, to_string(status.state)));
  context.out.line(fmt::format("model       {} (generation {})", record.model_id, record.generation));
  if (status.state == DeploymentState::failed)
    context.out.line(fmt::format("            it ended by itself: ds-deploy logs {}", record.name));
  if (status.live.empty()) return;
  auto live = nlohmann::json::parse(status.live);
  context.out.line(fmt::format("server      {} pid {}, up {}", status.url, status.pid,
                               human_duration(live.at("uptime_s").get<double>())));
  context.out.line(fmt::format("pictures    {} answered, {} waiting", live.at("images").get<std::int64_t>(),
                               live.at("waiting").get<std::int64_t>()));
  context.out.line(fmt::format("capture     {}", live.at("capture").get<std::string>()));
  if (live.contains("capture_files"))
    context.out.line(fmt::format("captured    {} pictures, {}", live.at("capture_files").get<std::int64_t>(),
                                 human_bytes(live.at("capture_bytes").get<std::uint64_t>())));
  if (status.live_model != record.model_id || status.live_generation != record.generation)
    context.out.line(fmt::format(
        "            but the server still serves {} (generation {}): promote again, or stop and start",
        status.live_model, status.live_generation));
}

}  // namespace ds::deploy_tool
