#include "ds/project/model_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "database/database.h"
#include "database/journal.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "files/folders.h"
#include "text/json_text.h"
#include "text/resolve.h"

namespace ds {
using namespace detail;

namespace {

ModelRecord model_from_row(Statement& row, const std::filesystem::path& folder) {
  ModelRecord model{.id = row.text(0),
                    .name = row.text(1),
                    .architecture = row.text(2),
                    .run_id = row.text(3),
                    .snapshot_id = row.text(4),
                    .parent_id = row.text(5),
                    .created_at = row.text(6),
                    .metrics = metrics_from_json(row.text(7)),
                    .folder = {},
                    .aliases = {}};
  model.folder = folder / model.id;
  return model;
}

std::string free_name(Database& database, const std::string& wanted) {
  auto name = wanted;
  for (int n = 2; database.integer("SELECT count(*) FROM models WHERE name = ?", name) > 0; ++n)
    name = fmt::format("{}-{}", wanted, n);
  return name;
}

void insert_row(Database& database, const ModelRecord& m) {
  database.run(
      "INSERT INTO models(id, sequence, name, architecture, run_id, snapshot_id, parent_id, created_at,"
      " metrics) VALUES(?,?,?,?,?,?,?,?,?)",
      m.id, database.take_ids("models", 1), m.name, m.architecture, m.run_id, m.snapshot_id, m.parent_id,
      m.created_at, metrics_to_json(m.metrics));
}

std::string model_json(const ModelRecord& model) {
  return fmt::format("{{\"id\":\"{}\",\"name\":{}}}", model.id, json_string(model.name));
}

bool is_plain_name(const std::string& text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos;
}

/// `champion` where deployments serve different models: the names that say which is meant.
void refuse_one_of_several(const std::vector<ModelRecord>& models) {
  std::vector<std::string> known;
  for (const auto& model : models)
    for (const auto& alias : model.aliases)
      if (alias.starts_with(kChampionOf)) known.push_back(fmt::format("{} ({})", alias, model.id));
  if (known.empty()) return;
  std::sort(known.begin(), known.end());
  throw UsageError("the deployments of this project serve different models: there is no one champion",
                   "say whose: " + join(known, ", "));
}

std::string shown(const std::optional<std::string>& model_id) {
  return model_id ? *model_id : "nothing";
}

void note_alias(Database& database, const std::string& alias, const std::string& from,
                const std::string& to) {
  database.run("INSERT INTO alias_history(time, user, alias, from_model, to_model) VALUES(?,?,?,?,?)",
               utc_now(), database.context().user, alias, from, to);
  append_journal(database, "alias", fmt::format("{{\"alias\":\"{}\",\"model\":\"{}\"}}", alias, from),
                 fmt::format("{{\"alias\":\"{}\",\"model\":\"{}\"}}", alias, to));
}

}  // namespace

ModelRecord ModelStore::add(ModelRecord model,
                            const std::function<void(const std::filesystem::path&)>& fill) {
  if (model.id.empty()) model.id = "m-" + random_hex(4);
  if (!is_plain_name(model.id)) throw UsageError(fmt::format("'{}' cannot be the id of a model", model.id));
  if (model.created_at.empty()) model.created_at = utc_now();
  if (model.name.empty())
    model.name =
        fmt::format("{}-{}", model.architecture.empty() ? "model" : model.architecture, utc_now_compact());
  model.folder = folder_ / model.id;
  fill_folder(model.folder, fill, [&](const std::function<void()>& appear) {
    WriteTransaction transaction(database_);
    if (database_.integer("SELECT count(*) FROM models WHERE id = ?", model.id) > 0)
      throw UsageError(fmt::format("model '{}' is there already", model.id));
    model.name = free_name(database_, model.name);
    insert_row(database_, model);
    append_journal(database_, "model", "{}", model_json(model));
    // The folder comes last: a row never stands without its folder, a folder without a row is not seen.
    appear();
    transaction.commit();
  });
  return model;
}

std::vector<ModelRecord> ModelStore::list() const {
  ReadTransaction transaction(database_);
  std::vector<ModelRecord> models;
  Statement row(database_,
                "SELECT id, name, architecture, run_id, snapshot_id, parent_id, created_at, metrics"
                " FROM models ORDER BY sequence DESC");
  while (row.step()) models.push_back(model_from_row(row, folder_));
  Statement alias_row(database_, "SELECT alias, model_id FROM aliases ORDER BY alias");
  while (alias_row.step())
    for (auto& model : models)
      if (model.id == alias_row.view(1)) model.aliases.push_back(alias_row.text(0));
  return models;
}

ModelRecord ModelStore::get(const std::string& id_name_or_alias) const {
  auto models = list();
  if (id_name_or_alias == kChampionAlias && !alias(kChampionAlias)) refuse_one_of_several(models);
  std::vector<NamedRow> candidates;
  for (const auto& model : models) {
    candidates.push_back({model.id, model.aliases});
    candidates.back().names.push_back(model.name);
  }
  auto id = resolve_id("model", id_name_or_alias, candidates);
  return *std::find_if(models.begin(), models.end(), [&](const auto& model) { return model.id == id; });
}

std::optional<std::string> ModelStore::alias(const std::string& alias) const {
  ReadTransaction transaction(database_);
  Statement row(database_, "SELECT model_id FROM aliases WHERE alias = ?");
  row.bind(alias);
  return row.step() ? std::optional(row.text(0)) : std::nullopt;
}

void ModelStore::set_alias(const std::string& alias, const std::string& model_id,
                           std::optional<std::optional<std::string>> expected) {
  if (!is_plain_name(alias))
    throw UsageError(fmt::format("'{}' cannot be an alias; use a-z, 0-9, '-', '_' and '.'", alias));
  WriteTransaction transaction(database_);
  auto now = this->alias(alias);
  if (expected && *expected != now)
    throw Busy(fmt::format("alias '{}' points at {}, expected {}", alias, shown(now), shown(*expected)),
               "somebody else has moved it; look at it again");
  if (database_.integer("SELECT count(*) FROM models WHERE id = ?", model_id) == 0)
    throw UsageError(fmt::format("there is no model with the id '{}'", model_id));
  if (database_.integer("SELECT count(*) FROM models WHERE id = ?1 OR name = ?1", alias) > 0)
    throw UsageError(fmt::format("'{}' is the name of a model; choose another alias", alias));
  if (now == model_id) return;
  database_.run(
      "INSERT INTO aliases(alias, model_id) VALUES(?, ?)"
      " ON CONFLICT(alias) DO UPDATE SET model_id = excluded.model_id",
      alias, model_id);
  note_alias(database_, alias, now.value_or(""), model_id);
  transaction.commit();
}

void ModelStore::remove_alias(const std::string& alias) {
  WriteTransaction transaction(database_);
  auto now = this->alias(alias);
  if (!now) return;
  database_.run("DELETE FROM aliases WHERE alias = ?", alias);
  note_alias(database_, alias, *now, "");
  transaction.commit();
}

std::vector<ModelStore::AliasChange> ModelStore::alias_history(const std::string& alias) const {
  ReadTransaction transaction(database_);
  std::vector<AliasChange> changes;
  Statement row(
      database_,
      "SELECT time, user, alias, from_model, to_model FROM alias_history WHERE alias = ? ORDER BY id");
  row.bind(alias);
  while (row.step()) changes.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)});
  return changes;
}

void ModelStore::remove(const std::string& id) {
  auto model = get(id);
  {
    WriteTransaction transaction(database_);
    model = get(model.id);
    if (!model.aliases.empty())
      throw UsageError(fmt::format("model {} is {}", model.id, join(model.aliases, ", ")),
                       "point the alias at another model first");
    database_.run("DELETE FROM models WHERE id = ?", model.id);
    append_journal(database_, "model", model_json(model), "{}");
    transaction.commit();
  }
  remove_folder(model.folder);
}

}  // namespace ds
