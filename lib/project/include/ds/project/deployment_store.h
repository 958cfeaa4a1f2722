#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ds {

namespace detail {
class Database;
}

struct DeploymentRecord {
  std::string name;
  std::string model_id;
  std::int64_t generation = 0;  // grows with every change of model
  std::string state;            // "running", "stopped", "failed"
  std::string host = "127.0.0.1";
  int port = 0;
  int admin_port = 0;
  int pid = 0;
  std::string options;  // YAML of the serve options, as given
  std::string created_at, updated_at;
  std::filesystem::path
      folder;  // deployments/<name>: deployment.yaml, captures/, requests.jsonl, audit.jsonl
};

class DeploymentStore {
 public:
  DeploymentStore(detail::Database& database, std::filesystem::path folder)
      : database_(database), folder_(std::move(folder)) {}
  /// Throws UsageError when the name is taken or has characters outside [a-z0-9-].
  DeploymentRecord create(DeploymentRecord deployment);
  /// State, host, ports, pid and options; the model and its generation change only through `swap_model`, so
  /// that a server's heartbeat never undoes a promotion.
  void update(const DeploymentRecord& deployment);
  /// Moves it to another model when its generation is still `expected_generation`, else throws Busy. Returns
  /// the new record.
  DeploymentRecord swap_model(const std::string& name, const std::string& model_id,
                              std::int64_t expected_generation);
  std::vector<DeploymentRecord> list() const;
  /// Throws UsageError naming the known ones.
  DeploymentRecord get(const std::string& name) const;
  /// Throws UsageError for characters outside [a-z0-9-].
  static void require_name(const std::string& name);
  /// The folder of a deployment of this name, be it there or not.
  std::filesystem::path folder_of(const std::string& name) const { return folder_ / name; }
  /// The row, which decides, then the files; captures/ only `with_captures`. Called again after a crash, and for what an
  /// earlier removal kept, it removes what is left. Throws UsageError when there is neither row nor folder.
  void remove(const std::string& name, bool with_captures);

 private:
  detail::Database& database_;
  std::filesystem::path folder_;
};

}  // namespace ds
