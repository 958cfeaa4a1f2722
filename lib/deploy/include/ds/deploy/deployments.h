#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ds/deploy/serve_settings.h"
#include "ds/project/deployment_store.h"

namespace ds {

class Project;

/// `failed`: it ended without stopping.
enum class DeploymentState { stopped, failed, loading, ready, draining };
std::string to_string(DeploymentState state);

/// A deployment as it is, not as it was left.
struct DeploymentStatus {
  DeploymentRecord record;
  DeploymentState state = DeploymentState::stopped;
  std::string url;                   // while it runs
  int pid = 0;                       // while it runs
  std::string live;                  // the server's own status, JSON; empty when it does not run
  std::string live_model;            // in the running server
  std::int64_t live_generation = 0;  // likewise; 0 when it does not run
};

struct ModelChange {
  std::string action = "promote";  // or "rollback"
  std::string user;
  std::string reason = {};
  /// Only when this model is in production now.
  std::optional<std::string> expected_model = std::nullopt;
  /// Only when this is the deployment's generation now.
  std::optional<std::int64_t> expected_generation = std::nullopt;
  /// What says that a promotion is right, for the audit log: the verdict of a cycle of ds-retrain, or a person there.
  std::string proof = {};
  bool force = false;  // without proof, and also a model that was rolled back from
};

struct ModelChangeReport {
  bool changed = false;  // false: it was in production already
  std::string from_model;
  std::string to_model;
  std::int64_t generation = 0;  // afterwards
  bool live = false;            // the running server was switched
};

/// What destroying a deployment removes and what it leaves.
struct DestroyPlan {
  std::filesystem::path folder;
  std::string model_id;            // empty: it was destroyed before, and only files are left
  std::vector<std::string> going;  // names in the folder, captures/ apart
  std::uint64_t going_bytes = 0;
  std::size_t captures = 0;  // pictures
  std::uint64_t capture_bytes = 0;
};

/// Deployments on this machine: each is one background process that serves one model of the project, with its
/// folder deployments/<name>/ (settings, captures, requests.jsonl, audit.jsonl, log.txt). Whether one runs is
/// told by a kernel lock its process holds, so a crash is never taken for a running server.
class Deployments {
 public:
  explicit Deployments(Project& project) : project_(project) {}

  /// Records the deployment. Its model becomes its champion (alias champion.NAME), and the project's where no other
  /// deployment serves another model. Throws UsageError for a name that is taken, an unknown model or settings that
  /// cannot work, DataError for a model that fails the golden check (ds/detect/golden.h).
  DeploymentRecord create(const std::string& name, const std::string& model, const ServeSettings& settings,
                          const std::string& user);
  DeploymentStatus status(const std::string& name) const;
  std::vector<DeploymentStatus> list() const;

  /// Starts the server in the background (this program's `serve NAME`) and waits until it is ready.
  /// Nothing to do when it runs. Throws Error with the end of its log when it ends instead, Busy when it
  /// is not ready in time.
  DeploymentStatus start(const std::string& name, double wait_s);
  /// Asks the server to drain and waits for its end. False when it did not run.
  bool stop(const std::string& name);
  /// The last lines of its log.
  std::string log_tail(const std::string& name, std::size_t lines) const;
  /// Throws UsageError for an unknown name.
  DestroyPlan look_at_destroy(const std::string& name) const;
  /// Removes the record and its folder; the captures only `with_captures`. Run again after a crash, or for captures that
  /// were kept, it removes what is left. Throws Busy while it runs.
  void destroy(const std::string& name, bool with_captures);
  /// Other settings, from its next start on. Throws UsageError for settings that cannot work.
  void change_settings(const std::string& name, const ServeSettings& settings);

  /// Puts another model into production: under the deployment's lock, the running server loads, warms and
  /// switches (compare-and-swap on the generation), then record and champion aliases change in one
  /// transaction, then the audit log. Idempotent: run again after a crash at any point, it completes what is
  /// missing. Throws Busy when production is not what was expected, UsageError for a promotion without proof and for a
  /// model that was rolled back from (unless forced), DataError for a model that fails the golden check.
  ModelChangeReport change_model(const std::string& name, const std::string& model,
                                 const ModelChange& change);
  /// change_model to the model before the newest promotion that stands. Throws UsageError when there is none.
  ModelChangeReport roll_back(const std::string& name, ModelChange change);
  /// What roll_back would go to.
  std::string rollback_model(const std::string& name) const;

  /// The server process: serves until SIGTERM, SIGINT or an admin's drain, then drains.
  /// @param on_ready called with the URL once the model is loaded and warmed
  void run_server(const std::string& name, int threads,
                  const std::function<void(const std::string& url)>& on_ready);

 private:
  Project& project_;
};

/// Throws what change_model throws before it touches anything: Busy where the record is not what was expected,
/// UsageError without proof, and for a model that was rolled back from.
void refuse_change(const DeploymentRecord& record, const std::string& model_id, const ModelChange& change);

/// `ds-deploy serve MODEL`: serves a model that is no deployment (no admin listener, no
/// captures) until a signal.
void serve_model(const std::string& id, const std::filesystem::path& path, const ServeSettings& settings,
                 int threads, const std::function<void(const std::string& url)>& on_ready);

}  // namespace ds
