#include "ds/project/deployment_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "database/database.h"
#include "database/journal.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/config/yaml.h"
#include "files/folders.h"
#include "text/json_text.h"

namespace ds {
using namespace detail;

namespace {

constexpr const char* kSelectDeployments =
    "SELECT name, model_id, generation, state, host, port, admin_port, pid, options, created_at, updated_at"
    " FROM deployments";

DeploymentRecord deployment_from_row(Statement& row, const std::filesystem::path& folder) {
  DeploymentRecord d{.name = row.text(0),
                     .model_id = row.text(1),
                     .generation = row.integer(2),
                     .state = row.text(3),
                     .host = row.text(4),
                     .port = static_cast<int>(row.integer(5)),
                     .admin_port = static_cast<int>(row.integer(6)),
                     .pid = static_cast<int>(row.integer(7)),
                     .options = row.text(8),
                     .created_at = row.text(9),
                     .updated_at = row.text(10),
                     .folder = {}};
  d.folder = folder / d.name;
  return d;
}

constexpr const char* kCaptures = "captures";

/// What lies in the folder of a deployment that is not there (any more), but for its captures.
void clear_folder(const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().filename() != kCaptures) remove_folder(entry.path());
}

std::string model_json(const DeploymentRecord& d) {
  return fmt::format("{{\"deployment\":\"{}\",\"generation\":{},\"model\":{}}}", d.name, d.generation,
                     json_string(d.model_id));
}

/// For people and for a server that starts without the index; the row is what counts.
void write_yaml(const DeploymentRecord& d) {
  std::string text = fmt::format(
      "# Written by ds when the deployment changes; the project's index is what counts.\n"
      "name: {}\nmodel: {}\ngeneration: {}\nstate: {}\nhost: {}\nport: {}\nadmin_port: {}\npid: {}\n"
      "created_at: {}\nupdated_at: {}\n",
      yaml_scalar(d.name), yaml_scalar(d.model_id), d.generation, yaml_scalar(d.state), yaml_scalar(d.host),
      d.port, d.admin_port, d.pid, yaml_scalar(d.created_at), yaml_scalar(d.updated_at));
  if (!d.options.empty()) text += fmt::format("options: {}\n", yaml_scalar(d.options));
  write_file_atomically(d.folder / "deployment.yaml", text);
}

}  // namespace

void DeploymentStore::require_name(const std::string& name) {
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
    throw UsageError(fmt::format("'{}' cannot be the name of a deployment; use a-z, 0-9 and '-'", name));
}

DeploymentRecord DeploymentStore::create(DeploymentRecord d) {
  require_name(d.name);
  WriteTransaction transaction(database_);
  if (database_.integer("SELECT count(*) FROM deployments WHERE name = ?", d.name) > 0)
    throw UsageError(fmt::format("deployment '{}' is there already", d.name),
                     "choose another name, or destroy the old one first");
  if (d.created_at.empty()) d.created_at = utc_now();
  d.updated_at = utc_now();
  if (d.state.empty()) d.state = "stopped";
  if (d.generation == 0) d.generation = 1;
  d.folder = folder_ / d.name;
  database_.run(
      "INSERT INTO deployments(name, model_id, generation, state, host, port, admin_port, pid, options,"
      " created_at, updated_at) VALUES(?,?,?,?,?,?,?,?,?,?,?)",
      d.name, d.model_id, d.generation, d.state, d.host, d.port, d.admin_port, d.pid, d.options, d.created_at,
      d.updated_at);
  append_journal(database_, "deployment", "{}", model_json(d));
  clear_folder(d.folder);  // of one that was destroyed
  make_folders(d.folder / kCaptures);
  write_yaml(d);
  transaction.commit();
  return d;
}

void DeploymentStore::update(const DeploymentRecord& deployment) {
  WriteTransaction transaction(database_);
  auto d = get(deployment.name);
  d.state = deployment.state;
  d.host = deployment.host;
  d.port = deployment.port;
  d.admin_port = deployment.admin_port;
  d.pid = deployment.pid;
  d.options = deployment.options;
  d.updated_at = utc_now();
  database_.run(
      "UPDATE deployments SET state = ?, host = ?, port = ?, admin_port = ?, pid = ?, options = ?,"
      " updated_at = ? WHERE name = ?",
      d.state, d.host, d.port, d.admin_port, d.pid, d.options, d.updated_at, d.name);
  write_yaml(d);
  transaction.commit();
}

DeploymentRecord DeploymentStore::swap_model(const std::string& name, const std::string& model_id,
                                             std::int64_t expected_generation) {
  WriteTransaction transaction(database_);
  auto d = get(name);
  if (d.generation != expected_generation)
    throw Busy(fmt::format("deployment '{}' is at generation {} (model {}), expected {}", name, d.generation,
                           d.model_id, expected_generation),
               "somebody else has changed its model; look at it again");
  auto before = model_json(d);
  d.model_id = model_id;
  ++d.generation;
  d.updated_at = utc_now();
  database_.run("UPDATE deployments SET model_id = ?, generation = ?, updated_at = ? WHERE name = ?",
                d.model_id, d.generation, d.updated_at, d.name);
  append_journal(database_, "deployment", before, model_json(d));
  write_yaml(d);
  transaction.commit();
  return d;
}

std::vector<DeploymentRecord> DeploymentStore::list() const {
  ReadTransaction transaction(database_);
  std::vector<DeploymentRecord> records;
  Statement row(database_, std::string(kSelectDeployments) + " ORDER BY name");
  while (row.step()) records.push_back(deployment_from_row(row, folder_));
  return records;
}

DeploymentRecord DeploymentStore::get(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& deployment : list()) {
    if (deployment.name == name) return deployment;
    known.push_back(deployment.name);
  }
  throw_unknown_name("deployment", name, known);
}

void DeploymentStore::remove(const std::string& name, bool with_captures) {
  require_name(name);
  const auto folder = folder_of(name);
  std::error_code error;
  bool is_left = std::filesystem::exists(folder, error);
  const auto known = list();
  if (std::any_of(known.begin(), known.end(), [&](const auto& each) { return each.name == name; }) ||
      !is_left) {
    auto deployment = get(name);
    WriteTransaction transaction(database_);
    database_.run("DELETE FROM deployments WHERE name = ?", name);
    append_journal(database_, "deployment", model_json(deployment), "{}");
    transaction.commit();
  }
  if (!with_captures) {
    clear_folder(folder);
    is_left = std::filesystem::exists(folder / kCaptures, error) &&
              !std::filesystem::is_empty(folder / kCaptures, error);
    if (is_left) return;
  }
  remove_folder(folder);
}

}  // namespace ds
