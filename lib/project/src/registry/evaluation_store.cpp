#include "ds/project/evaluation_store.h"

#include "database/database.h"
#include "ds/base/clock.h"
#include "ds/base/hash.h"
#include "files/folders.h"
#include "text/json_text.h"

namespace ds {
using namespace detail;

namespace {

EvaluationRecord evaluation_from_row(Statement& row, const std::filesystem::path& folder) {
  EvaluationRecord record{.id = row.text(0),
                          .model_id = row.text(1),
                          .snapshot_id = row.text(2),
                          .split = row.text(3),
                          .fingerprint = row.text(4),
                          .settings = row.text(5),
                          .created_at = row.text(6),
                          .metrics = metrics_from_json(row.text(7)),
                          .folder = {}};
  record.folder = folder / record.id;
  return record;
}

constexpr const char* kSelectEvaluations =
    "SELECT id, model_id, snapshot_id, split, fingerprint, settings, created_at, metrics FROM evaluations";

}  // namespace

std::string EvaluationStore::id_of(const EvaluationRecord& e) {
  // JSON strings, so that no two sets of inputs run together.
  auto inputs =
      json_string(e.model_id) + json_string(e.snapshot_id) + json_string(e.split) + json_string(e.settings);
  return "e-" + sha256_hex(inputs).substr(0, 12);
}

EvaluationRecord EvaluationStore::add(EvaluationRecord evaluation,
                                      const std::function<void(const std::filesystem::path&)>& fill) {
  evaluation.id = id_of(evaluation);
  if (evaluation.created_at.empty()) evaluation.created_at = utc_now();
  evaluation.folder = folder_ / evaluation.id;
  fill_folder(evaluation.folder, fill, [&](const std::function<void()>& appear) {
    WriteTransaction transaction(database_);
    database_.run(
        "INSERT OR REPLACE INTO evaluations(id, sequence, model_id, snapshot_id, split, fingerprint,"
        " settings, created_at, metrics) VALUES(?,?,?,?,?,?,?,?,?)",
        evaluation.id, database_.take_ids("evaluations", 1), evaluation.model_id, evaluation.snapshot_id,
        evaluation.split, evaluation.fingerprint, evaluation.settings, evaluation.created_at,
        metrics_to_json(evaluation.metrics));
    appear();
    transaction.commit();
  });
  return evaluation;
}

std::optional<EvaluationRecord> EvaluationStore::find(const std::string& id) const {
  ReadTransaction transaction(database_);
  Statement row(database_, std::string(kSelectEvaluations) + " WHERE id = ?");
  row.bind(id);
  return row.step() ? std::optional(evaluation_from_row(row, folder_)) : std::nullopt;
}

std::vector<EvaluationRecord> EvaluationStore::list(const std::string& model_id) const {
  ReadTransaction transaction(database_);
  std::vector<EvaluationRecord> records;
  Statement row(database_,
                std::string(kSelectEvaluations) + " WHERE ?1 = '' OR model_id = ?1 ORDER BY sequence DESC");
  row.bind(model_id);
  while (row.step()) records.push_back(evaluation_from_row(row, folder_));
  return records;
}

}  // namespace ds
