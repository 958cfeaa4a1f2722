#include <fmt/format.h>

#include <cctype>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/base/text.h"
#include "notifiers.h"

namespace ds::detail {
namespace {

/// `best-model` to `DS_EVENT_BEST_MODEL`.
std::string variable_name(const std::string& field) {
  std::string name = "DS_EVENT_";
  for (char c : field)
    name += std::isalnum(static_cast<unsigned char>(c))
                ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                : '_';
  return name;
}

DeliveryAttempt run_command(const NotificationSettings& settings, const Event& event, double timeout_s) {
  TemporaryFolder folder;
  SpawnOptions options;
  options.timeout_s = timeout_s;
  options.stdout_file = "/dev/null";  // a tool's stdout is its result
  options.stderr_file = folder.path() / "stderr";
  for (const auto& [name, value] : event.fields) options.environment.emplace_back(variable_name(name), value);
  options.environment.emplace_back("DS_EVENT", event.kind);
  options.environment.emplace_back("DS_EVENT_MESSAGE", event.message);
  options.environment.emplace_back("DS_EVENT_TIME", event.time);
  options.environment.emplace_back("DS_EVENT_JSON", event_to_json(event));
  int code = run_and_wait({"/bin/sh", "-c", settings.target}, options);
  if (code == 0) return {true};
  if (code == 124)
    return {false, false, fmt::format("not finished after {} s, or exit code 124", shortest(timeout_s))};
  auto said = read_file(options.stderr_file);
  auto lines = split(trim(said), '\n');
  return {
      false, false,
      fmt::format("exit code {}{}{}", code, lines.empty() ? "" : ": ", lines.empty() ? "" : lines.back())};
}

}  // namespace

Notifier command_notifier() {
  return {run_command, [](const NotificationSettings& settings) { check_parameters(settings, {}); }};
}

}  // namespace ds::detail
