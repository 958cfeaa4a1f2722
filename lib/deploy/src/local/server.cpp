#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/lock.h"
#include "ds/base/log.h"
#include "ds/base/stop.h"
#include "ds/deploy/deployments.h"
#include "ds/notify/notify.h"
#include "ds/project/project.h"
#include "local/server_file.h"

namespace ds {
namespace {

void serve_until_stopped(Service& service) {
  while (stop_signal() == 0 && !service.drain_requested())
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  log::info("stopping: requests in flight are answered, new ones refused");
  if (!service.drain()) log::warning("some requests were not answered in time");
  log::info("stopped");
}

/// What a running server leaves behind goes with it, however it ends short of being killed.
class Presence {
 public:
  Presence(Project& project, const std::string& name) : project_(project), name_(name) {}
  ~Presence() {
    try {
      auto record = project_.deployments().get(name_);
      detail::remove_server_file(record.folder);
      record.state = failed_ ? "failed" : "stopped";
      record.pid = 0;
      record.admin_port = 0;
      project_.deployments().update(record);
    } catch (const std::exception& error) {
      log::warning(fmt::format("cannot note that {} has ended: {}", name_, error.what()));
    }
  }
  void ended_well() { failed_ = false; }

 private:
  Project& project_;
  std::string name_;
  bool failed_ = true;
};

}  // namespace

void Deployments::run_server(const std::string& name, int threads,
                             const std::function<void(const std::string& url)>& on_ready) {
  auto record = project_.deployments().get(name);
  FileLock running(detail::server_lock(record.folder), fmt::format("deployment {}", name), 1);
  Presence presence(project_, name);
  // No promotion while we start: it would be neither in the model we load nor in a server that can be asked.
  std::optional<FileLock> starting(detail::lock_deployment(project_, name));
  record = project_.deployments().get(name);
  auto settings = ServeSettings::from_yaml(record.options, name);
  auto options = settings.to_options(threads);
  options.name = name;
  options.folder = record.folder;
  options.admin = true;
  options.admin_token = random_hex(24);
  options.capture_key = project_.settings().split_key;
  Service service(options);
  service.start();
  detail::write_server_file(record.folder, {static_cast<int>(::getpid()), service.url(), service.admin_port(),
                                            options.admin_token, settings.tls_cert.string()});
  record.state = "running";
  record.host = settings.host;
  record.port = service.port();
  record.admin_port = service.admin_port();
  record.pid = static_cast<int>(::getpid());
  project_.deployments().update(record);
  auto model = project_.models().get(record.model_id);
  service.load({model.id, model.folder, record.generation});
  starting.reset();
  on_ready(service.url());
  notify(project_, {{},
                    "deployment-started",
                    fmt::format("{} serves {} on {}", name, model.id, service.url()),
                    {{"deployment", name}, {"model", model.id}}});
  serve_until_stopped(service);
  presence.ended_well();
  notify(project_, {{}, "deployment-stopped", fmt::format("{} was stopped", name), {{"deployment", name}}});
}

void serve_model(const std::string& id, const std::filesystem::path& path, const ServeSettings& settings,
                 int threads, const std::function<void(const std::string& url)>& on_ready) {
  auto options = settings.to_options(threads);
  options.name = path.stem().empty() ? path.parent_path().filename().string() : path.stem().string();
  Service service(options);
  service.start();
  service.load({id, path, 1});
  on_ready(service.url());
  serve_until_stopped(service);
}

}  // namespace ds
