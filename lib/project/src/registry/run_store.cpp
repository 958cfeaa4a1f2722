#include "ds/project/run_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "database/database.h"
#include "database/journal.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "files/folders.h"
#include "text/json_text.h"
#include "text/resolve.h"

namespace ds {
using namespace detail;

namespace {

constexpr const char* kStates[] = {"queued", "running", "done", "failed", "stopped"};

const char* const kSelectRuns =
    "SELECT id, grp, architecture, snapshot_id, model_id, created_at, finished_at, state, message, metrics"
    " FROM runs ORDER BY sequence DESC";

RunRecord run_from_row(Statement& row, const std::filesystem::path& folder) {
  RunRecord run{.id = row.text(0),
                .group = row.text(1),
                .architecture = row.text(2),
                .snapshot_id = row.text(3),
                .model_id = row.text(4),
                .created_at = row.text(5),
                .finished_at = row.text(6),
                .state = run_state_from_string(row.text(7)),
                .message = row.text(8),
                .metrics = metrics_from_json(row.text(9)),
                .folder = {}};
  run.folder = folder / run.id;
  return run;
}

/// What the row cannot know: the process that wrote "running" may be gone.
void see_if_alive(RunRecord& run) {
  std::error_code error;
  if (run.state != RunState::running) return;
  if (std::filesystem::exists(run.folder / "lock", error) && !FileLock::try_lock(run.folder / "lock")) return;
  run.state = RunState::stopped;
  run.message = "its process ended without saving a state";
}

std::string new_id(Database& database, const RunRecord& run) {
  auto base =
      fmt::format("r-{}{}", utc_now_compact(), run.architecture.empty() ? "" : "-" + run.architecture);
  auto id = base;
  for (int n = 2; database.integer("SELECT count(*) FROM runs WHERE id = ?", id) > 0; ++n)
    id = fmt::format("{}-{}", base, n);
  return id;
}

}  // namespace

std::string to_string(RunState state) {
  return kStates[static_cast<int>(state)];
}

RunState run_state_from_string(const std::string& text) {
  for (int i = 0; i < 5; ++i)
    if (text == kStates[i]) return static_cast<RunState>(i);
  throw_unknown_name("run state", text, {std::begin(kStates), std::end(kStates)});
}

RunRecord RunStore::create(RunRecord run) {
  WriteTransaction transaction(database_);
  if (run.id.empty()) run.id = new_id(database_, run);
  if (!stays_inside(run.id) || run.id.find('/') != std::string::npos)
    throw UsageError(fmt::format("'{}' cannot be the id of a run", run.id));
  if (database_.integer("SELECT count(*) FROM runs WHERE id = ?", run.id) > 0)
    throw UsageError(fmt::format("run '{}' is there already", run.id));
  if (run.created_at.empty()) run.created_at = utc_now();
  run.folder = folder_ / run.id;
  database_.run(
      "INSERT INTO runs(id, sequence, grp, architecture, snapshot_id, model_id, created_at, finished_at,"
      " state, message, metrics) VALUES(?,?,?,?,?,?,?,?,?,?,?)",
      run.id, database_.take_ids("runs", 1), run.group, run.architecture, run.snapshot_id, run.model_id,
      run.created_at, run.finished_at, to_string(run.state), run.message, metrics_to_json(run.metrics));
  append_journal(database_, "run", "{}", fmt::format("{{\"id\":{}}}", json_string(run.id)));
  make_folders(run.folder);
  transaction.commit();
  return run;
}

void RunStore::update(const RunRecord& run) {
  WriteTransaction transaction(database_);
  int changed = database_.run(
      "UPDATE runs SET grp = ?, architecture = ?, snapshot_id = ?, model_id = ?, finished_at = ?, state = ?,"
      " message = ?, metrics = ? WHERE id = ?",
      run.group, run.architecture, run.snapshot_id, run.model_id, run.finished_at, to_string(run.state),
      run.message, metrics_to_json(run.metrics), run.id);
  if (changed == 0) throw UsageError(fmt::format("there is no run '{}'", run.id));
  transaction.commit();
}

FileLock RunStore::hold(const std::string& id) const {
  // Whoever lists the runs tries the lock for a moment.
  return FileLock(folder_ / id / "lock", fmt::format("run {}", id), 2);
}

std::vector<RunRecord> RunStore::list() const {
  std::vector<RunRecord> runs;
  {
    ReadTransaction transaction(database_);
    Statement row(database_, kSelectRuns);
    while (row.step()) runs.push_back(run_from_row(row, folder_));
  }
  for (auto& run : runs) see_if_alive(run);
  return runs;
}

RunRecord RunStore::get(const std::string& id) const {
  auto runs = list();
  std::vector<NamedRow> candidates;
  for (const auto& run : runs) candidates.push_back({run.id, {}});
  auto resolved = resolve_id("run", id, candidates);
  return *std::find_if(runs.begin(), runs.end(), [&](const auto& run) { return run.id == resolved; });
}

void RunStore::remove(const std::string& id) {
  auto run = get(id);
  auto held = std::filesystem::exists(run.folder) ? std::optional(hold(run.id)) : std::nullopt;
  {
    WriteTransaction transaction(database_);
    database_.run("DELETE FROM runs WHERE id = ?", run.id);
    append_journal(database_, "run", fmt::format("{{\"id\":{}}}", json_string(run.id)), "{}");
    transaction.commit();
  }
  remove_folder(run.folder);
}

}  // namespace ds
