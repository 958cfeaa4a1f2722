#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/lock.h"

namespace ds {

namespace detail {
class Database;
}

enum class RunState { queued, running, done, failed, stopped };
std::string to_string(RunState state);
RunState run_state_from_string(const std::string& text);

struct RunRecord {
  std::string id;     // "r-20261122-093005-nano"
  std::string group;  // candidates of one `ds-train run` share it
  std::string architecture;
  std::string snapshot_id;
  std::string model_id;  // when it has registered one
  std::string created_at, finished_at;
  RunState state = RunState::queued;
  std::string message;                    // why it failed or stopped
  std::map<std::string, double> metrics;  // best so far: ap, ap50, loss, epoch, images_per_s ...
  std::filesystem::path folder;  // config.yaml, metrics.jsonl, log.txt, status.json, last.ckpt, best.ckpt
};

/// Training runs: rows in the index and runs/<id>/.
class RunStore {
 public:
  RunStore(detail::Database& database, std::filesystem::path folder)
      : database_(database), folder_(std::move(folder)) {}
  /// Makes the folder and the row; `id` is made when empty.
  RunRecord create(RunRecord run);
  /// Everything but id and created_at.
  void update(const RunRecord& run);
  /// The lock by which others see that the run is alive; take it before the state becomes `running`, and keep
  /// it until the run has ended. Throws Busy when another process has it.
  FileLock hold(const std::string& id) const;
  /// Newest first.
  std::vector<RunRecord> list() const;
  /// By id, unique prefix or "latest". Throws UsageError naming the known ones. A run that says it is
  /// running while nobody holds its lock (runs/<id>/lock) is reported as stopped: "its process ended
  /// without saving a state".
  RunRecord get(const std::string& id) const;
  /// The row and the folder. Throws Busy while a process holds the run.
  void remove(const std::string& id);

 private:
  detail::Database& database_;
  std::filesystem::path folder_;
};

}  // namespace ds
