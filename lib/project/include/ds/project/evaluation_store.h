#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ds {

namespace detail {
class Database;
}

struct EvaluationRecord {
  std::string
      id;  // "e-" + hash of model, snapshot, split and settings: the same inputs are never evaluated twice
  std::string model_id, snapshot_id, split, fingerprint, settings;
  std::string created_at;
  std::map<std::string, double> metrics;  // ap, ap50, ap75, aps, apm, apl, accuracy, error_rate, rmse ...
  std::filesystem::path folder;           // evals/<id>: detections.json, results.json, report.html
};

class EvaluationStore {
 public:
  EvaluationStore(detail::Database& database, std::filesystem::path folder)
      : database_(database), folder_(std::move(folder)) {}
  /// `fill` writes the files; an evaluation with the same id is replaced.
  EvaluationRecord add(EvaluationRecord evaluation,
                       const std::function<void(const std::filesystem::path&)>& fill);
  /// The id that these inputs have.
  static std::string id_of(const EvaluationRecord& evaluation);
  std::optional<EvaluationRecord> find(const std::string& id) const;
  /// Newest first; of one model when given.
  std::vector<EvaluationRecord> list(const std::string& model_id = {}) const;

 private:
  detail::Database& database_;
  std::filesystem::path folder_;
};

}  // namespace ds
