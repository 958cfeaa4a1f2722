#include "ds/deploy/deployments.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/deploy/register_model.h"
#include "ds/notify/notify.h"
#include "ds/project/project.h"
#include "ds/serve/audit_log.h"
#include "local/server_file.h"
#include "production.h"

namespace ds {
namespace {

constexpr const char* kStopped = "stopped";  // DeploymentRecord::state

/// What /status of a server says; an older or newer one may know other words.
DeploymentState state_of_server(const std::string& word) {
  for (auto state : {DeploymentState::loading, DeploymentState::ready, DeploymentState::draining})
    if (to_string(state) == word) return state;
  throw DataError(fmt::format("the server says that it is '{}', expected loading, ready or draining", word));
}

void nap() {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

std::string log_file(const DeploymentRecord& record) {
  return (record.folder / "log.txt").string();
}

std::string last_lines(const std::string& text, std::size_t count) {
  auto lines = split(trim(text), '\n');
  std::size_t first = lines.size() > count ? lines.size() - count : 0;
  return join({lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end()}, "\n");
}

/// The last error in a server's log, without the tool's name before it.
std::string last_error(const std::string& log) {
  static constexpr std::string_view kMark = ": error: ";
  auto at = log.rfind(kMark);
  if (at == std::string::npos) return last_lines(log, 1);
  at += kMark.size();
  return log.substr(at, log.find('\n', at) - at);
}

}  // namespace

std::string to_string(DeploymentState state) {
  switch (state) {
    case DeploymentState::stopped:
      return kStopped;
    case DeploymentState::failed:
      return "failed";
    case DeploymentState::loading:
      return "loading";
    case DeploymentState::ready:
      return "ready";
    case DeploymentState::draining:
      break;
  }
  return "draining";
}

DeploymentRecord Deployments::create(const std::string& name, const std::string& model,
                                     const ServeSettings& settings, const std::string& user) {
  DeploymentStore::require_name(name);
  settings.require_deployable();
  for (const auto& taken : project_.deployments().list())
    if (taken.name == name)
      throw UsageError(fmt::format("deployment '{}' is there already", name),
                       "choose another name, or destroy the old one first");
  auto model_id = register_model(project_, model, settings.arch);
  DeploymentRecord record;
  record.name = name;
  record.model_id = model_id;
  record.generation = 1;
  record.state = kStopped;
  record.host = settings.host;
  record.port = settings.port;
  record.options = settings.to_yaml();
  detail::prove(project_, record);
  project_.transaction([&] {
    record = project_.deployments().create(record);
    detail::follow_champions(project_);
  });
  AuditEntry entry;
  entry.user = user;
  entry.action = "create";
  entry.to_model = model_id;
  entry.generation = record.generation;
  AuditLog(record.folder / "audit.jsonl").append(std::move(entry));
  return record;
}

DeploymentStatus Deployments::status(const std::string& name) const {
  DeploymentStatus status;
  status.record = project_.deployments().get(name);
  auto server = detail::running_server(status.record.folder);
  if (!server) {
    status.state = status.record.state == kStopped ? DeploymentState::stopped : DeploymentState::failed;
    return status;
  }
  status.state = DeploymentState::loading;
  status.url = server->url;
  status.pid = server->pid;
  try {
    status.live = detail::ask_admin(*server, "GET", "/status");
    auto live = nlohmann::json::parse(status.live);
    status.state = state_of_server(live.at("state").get<std::string>());
    status.live_model = live.at("model").get<std::string>();
    status.live_generation = live.at("generation").get<std::int64_t>();
  } catch (const Busy&) {
    // It holds its lock but does not listen yet, or not any more.
  }
  return status;
}

std::vector<DeploymentStatus> Deployments::list() const {
  std::vector<DeploymentStatus> all;
  for (const auto& record : project_.deployments().list()) all.push_back(status(record.name));
  return all;
}

DeploymentStatus Deployments::start(const std::string& name, double wait_s) {
  auto now = status(name);
  if (now.state == DeploymentState::ready) return now;
  if (now.state == DeploymentState::draining)
    throw Busy(fmt::format("deployment {} is stopping", name), "try again in a moment");
  pid_t child = 0;
  if (now.state != DeploymentState::loading) {
    SpawnOptions options;
    options.detached = true;
    options.stdout_file = log_file(now.record);
    options.stderr_file = log_file(now.record);
    child =
        spawn({sibling_tool("ds-deploy").string(), "serve", name, "--project",
               std::filesystem::absolute(project_.folder()).string(), "--no-progress", "--color", "never"},
              options);
  }
  Stopwatch waited;
  for (;;) {
    throw_if_stopped();
    int how = 0;
    if (child != 0 && ::waitpid(child, &how, WNOHANG) == child) {
      auto said = last_error(read_file(log_file(now.record)));
      auto text =
          fmt::format("deployment {} did not start: {}", name, said.empty() ? "it said nothing" : said);
      notify(project_, {{}, "deployment-failed", text, {{"deployment", name}}});
      auto advice = fmt::format("its whole log: ds-deploy logs {}", name);
      if (WIFEXITED(how) && WEXITSTATUS(how) == 75) throw Busy(text, advice);
      if (WIFEXITED(how) && WEXITSTATUS(how) == 2) throw UsageError(text, advice);
      if (WIFEXITED(how) && WEXITSTATUS(how) == 3) throw DataError(text, advice);
      throw Error(text, advice);
    }
    now = status(name);
    if (now.state == DeploymentState::ready) return now;
    if (waited.seconds() > wait_s)
      throw Busy(
          fmt::format("deployment {} is not ready after {}", name, human_duration(wait_s)),
          fmt::format("it goes on starting; look with ds-deploy status {0} and ds-deploy logs {0}", name));
    nap();
  }
}

bool Deployments::stop(const std::string& name) {
  auto record = project_.deployments().get(name);
  auto server = detail::running_server(record.folder);
  if (!server) {
    if (record.state != kStopped) {  // it crashed; now that somebody has asked, it is stopped
      record.state = kStopped;
      record.pid = 0;
      project_.deployments().update(record);
    }
    return false;
  }
  try {
    detail::ask_admin(*server, "POST", "/drain");
  } catch (const Error&) {
    // Its lock says that it lives, so the pid in its file is its own.
    if (server->pid == 0 || ::kill(server->pid, SIGTERM) != 0)
      throw Busy(fmt::format("deployment {} cannot be reached", name), "try again in a moment");
  }
  double wait_s = ServeSettings::from_yaml(record.options, record.name).drain_s + 15;
  Stopwatch waited;
  while (detail::running_server(record.folder)) {
    throw_if_stopped();
    if (waited.seconds() > wait_s)
      throw Busy(fmt::format("deployment {} (pid {}) has not ended after {}", name, server->pid,
                             human_duration(wait_s)));
    nap();
  }
  return true;
}

std::string Deployments::log_tail(const std::string& name, std::size_t lines) const {
  auto record = project_.deployments().get(name);
  std::error_code ignored;
  if (!std::filesystem::exists(log_file(record), ignored)) return {};
  return last_lines(read_file(log_file(record)), lines);
}

void Deployments::change_settings(const std::string& name, const ServeSettings& settings) {
  settings.require_deployable();
  project_.deployments().get(name);  // an unknown name is told before a lock is made for it
  auto lock = detail::lock_deployment(project_, name);
  auto record = project_.deployments().get(name);
  record.options = settings.to_yaml();
  if (!detail::running_server(record.folder)) {  // else the row says where the server listens
    record.host = settings.host;
    record.port = settings.port;
  }
  project_.deployments().update(record);
}

DestroyPlan Deployments::look_at_destroy(const std::string& name) const {
  namespace fs = std::filesystem;
  DestroyPlan plan;
  plan.folder = project_.deployments().folder_of(name);
  std::error_code error;
  const auto all = project_.deployments().list();
  auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
  if (found != all.end())
    plan.model_id = found->model_id;
  else if (DeploymentStore::require_name(name); !fs::is_directory(plan.folder, error))
    project_.deployments().get(name);  // throws, naming the known ones
  for (const auto& entry : fs::directory_iterator(plan.folder, error)) {
    if (entry.path().filename() == "captures") continue;
    plan.going.push_back(entry.path().filename().string());
    if (entry.is_regular_file(error)) plan.going_bytes += entry.file_size(error);
  }
  std::sort(plan.going.begin(), plan.going.end());
  for (const auto& entry : fs::recursive_directory_iterator(plan.folder / "captures", error)) {
    if (!entry.is_regular_file(error)) continue;
    plan.captures += entry.path().extension() == ".json";
    plan.capture_bytes += entry.file_size(error);
  }
  return plan;
}

void Deployments::destroy(const std::string& name, bool with_captures) {
  const auto folder = look_at_destroy(name).folder;
  auto lock = detail::lock_deployment(project_, name);
  if (detail::running_server(folder))
    throw Busy(fmt::format("deployment {} is running", name),
               fmt::format("stop it first: ds-deploy stop {}", name));
  project_.deployments().remove(name, with_captures);
  project_.transaction([&] { detail::follow_champions(project_); });
}

}  // namespace ds
