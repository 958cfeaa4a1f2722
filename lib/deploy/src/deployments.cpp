#include "ds/deploy/deployments.h"

#include <fmt/format.h>
#include <sys/wait.h>

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
  auto options = settings.to_options(0);
  options.folder = "unused";  // a deployment has one: capturing is possible
  options.validate();
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
  project_.transaction([&] {
    record = project_.deployments().create(record);
    if (!project_.models().alias("champion")) project_.models().set_alias("champion", model_id);
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

void Deployments::destroy(const std::string& name) {
  auto record = project_.deployments().get(name);
  auto lock = detail::lock_deployment(project_, name);
  if (detail::running_server(record.folder))
    throw Busy(fmt::format("deployment {} is running", name),
               fmt::format("stop it first: ds-deploy stop {}", name));
  project_.deployments().remove(name);
}

}  // namespace ds
