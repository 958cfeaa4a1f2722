#include "ds/runs/status.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "json_numbers.h"

namespace ds {

using Json = nlohmann::ordered_json;
using detail::number_if_there;
using detail::number_or_null;

std::string to_json_text(const RunStatus& status) {
  Json json = {{"run", status.run},
               {"state", to_string(status.state)},
               {"title", status.title},
               {"message", status.message},
               {"pid", status.pid},
               {"epoch", status.epoch},
               {"epochs", status.epochs},
               {"step", status.step},
               {"steps", status.steps},
               {"loss", status.loss},
               {"learning_rate", status.learning_rate},
               {"images_per_s", status.images_per_s}};
  json["ap"] = number_or_null(status.ap);
  json["best_ap"] = number_or_null(status.best_ap);
  json["best_epoch"] = status.best_epoch;
  json["elapsed_s"] = status.elapsed_s;
  json["eta_s"] = number_or_null(status.eta_s);
  json["updated"] = status.updated;
  return json.dump(2) + "\n";
}

RunStatus run_status_from_json(const std::string& text, const std::filesystem::path& file) {
  try {
    auto json = Json::parse(text);
    RunStatus status;
    status.run = json.at("run").get<std::string>();
    status.state = run_state_from_string(json.at("state").get<std::string>());
    status.title = json.at("title").get<std::string>();
    status.message = json.at("message").get<std::string>();
    status.pid = json.at("pid").get<int>();
    status.epoch = json.at("epoch").get<int>();
    status.epochs = json.at("epochs").get<int>();
    status.step = json.at("step").get<std::int64_t>();
    status.steps = json.at("steps").get<std::int64_t>();
    status.loss = json.at("loss").is_null() ? 0 : json.at("loss").get<double>();
    status.learning_rate = json.at("learning_rate").get<double>();
    status.images_per_s = json.at("images_per_s").get<double>();
    status.ap = number_if_there(json, "ap");
    status.best_ap = number_if_there(json, "best_ap");
    status.best_epoch = json.at("best_epoch").get<int>();
    status.elapsed_s = json.at("elapsed_s").get<double>();
    status.eta_s = number_if_there(json, "eta_s");
    status.updated = json.at("updated").get<std::string>();
    return status;
  } catch (const Json::exception& error) {
    throw FormatError({file}, fmt::format("not a run's status: {}", error.what()));
  } catch (const UsageError& error) {  // of its state
    throw FormatError({file}, fmt::format("not a run's status: {}", error.what()));
  }
}

}  // namespace ds
