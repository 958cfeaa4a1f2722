#include "ds/project/snapshot_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "database/database.h"
#include "database/journal.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "ds/project/class_store.h"
#include "ds/project/image_store.h"
#include "files/folders.h"
#include "images/rows.h"
#include "snapshots/files.h"
#include "snapshots/manifest.h"
#include "text/json_text.h"
#include "text/resolve.h"

namespace ds {
using namespace detail;

namespace {

using Json = nlohmann::ordered_json;

const char* const kSnapshotRows =
    "SELECT id, name, created_at, created_by, filter, images, annotations, classes, train, val, test"
    " FROM snapshots ORDER BY sequence DESC";

SnapshotRecord record_from_row(Statement& row, const std::filesystem::path& folder) {
  auto size = [&](int column) { return static_cast<std::size_t>(row.integer(column)); };
  SnapshotRecord record{.id = row.text(0),
                        .name = row.text(1),
                        .created_at = row.text(2),
                        .created_by = row.text(3),
                        .where = row.text(4),
                        .images = size(5),
                        .annotations = size(6),
                        .classes = size(7),
                        .train = size(8),
                        .val = size(9),
                        .test = size(10),
                        .folder = {}};
  record.folder = folder / record.id;
  return record;
}

/// Refuses images of one group in different splits.
class GroupGuard {
 public:
  void check(const Image& image) {
    if (image.group.empty()) return;
    auto [first, is_new] = seen_.try_emplace(image.group, image.split, image.name);
    if (is_new || first->second.first == image.split) return;
    throw DataError(
        fmt::format("group '{}' straddles splits: image '{}' is in {}, image '{}' in {}", image.group,
                    first->second.second, to_string(first->second.first), image.name, to_string(image.split)),
        "give both the same split, or they leak from one into the other");
  }

 private:
  std::unordered_map<std::string, std::pair<Split, std::string>> seen_;
};

std::string chosen_sql(const SnapshotOptions& options) {
  std::vector<std::string> states;
  for (auto state : options.states) states.push_back("'" + to_string(state) + "'");
  // An image without a split came after assign_splits: it belongs to the next snapshot.
  return fmt::format("({}) AND i.split <> 'none' AND i.state IN ({})", options.where.sql(),
                     join(states, ","));
}

/// The manifest's text, and what the record counts.
std::string build_manifest(Database& database, const SnapshotOptions& options, SnapshotRecord& record) {
  ReadTransaction transaction(database);
  auto classes = read_classes(database);
  record.classes = static_cast<std::size_t>(classes.size());
  std::string manifest = manifest_header(classes) + "\n";
  AnnotationReader annotations(database, classes);
  TagReader tags(database, classes);
  GroupGuard groups;
  Statement row(database, fmt::format("SELECT {} FROM images i WHERE {} ORDER BY i.name", kImageColumns,
                                      chosen_sql(options)));
  int index = 0;
  for (const auto& value : options.where.bindings()) row.bind_at(++index, value);
  while (row.step()) {
    auto image = image_from_row(row);
    groups.check(image);
    image.annotations = annotations.of(image.id);
    image.tags = tags.of(image.id);
    record.annotations += static_cast<std::size_t>(count_objects(image.annotations).first);
    ++record.images;
    ++(image.split == Split::train ? record.train : image.split == Split::val ? record.val : record.test);
    manifest += manifest_line(image);
    manifest += '\n';
  }
  return manifest;
}

[[noreturn]] void throw_empty(Database& database, const SnapshotOptions& options) {
  ReadTransaction transaction(database);
  std::vector<std::string> states;
  for (auto state : options.states) states.push_back(to_string(state));
  auto all = database.integer("SELECT count(*) FROM images");
  auto filter = options.where.text().empty() ? "" : fmt::format(" and matches '{}'", options.where.text());
  throw DataError(fmt::format("the snapshot would be empty: none of {} images is {}{}", all,
                              join(states, " or "), filter),
                  "label images and mark them done, or choose others with --where");
}

std::string description_json(const SnapshotRecord& record, const ClassList& classes) {
  Json json{{"id", record.id},
            {"name", record.name},
            {"created_at", record.created_at},
            {"created_by", record.created_by},
            {"where", record.where},
            {"images", record.images},
            {"annotations", record.annotations},
            {"train", record.train},
            {"val", record.val},
            {"test", record.test},
            {"classes", Json::array()}};
  for (const auto& info : classes)
    json["classes"].push_back({{"id", info.id}, {"name", info.name}, {"color", info.color}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void insert_row(Database& database, const SnapshotRecord& r) {
  database.run(
      "INSERT INTO snapshots(id, sequence, name, created_at, created_by, filter, images, annotations,"
      " classes, train, val, test) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
      r.id, database.take_ids("snapshots", 1), r.name, r.created_at, r.created_by, r.where, r.images,
      r.annotations, r.classes, r.train, r.val, r.test);
  append_journal(database, "snapshot", "{}",
                 fmt::format("{{\"id\":\"{}\",\"name\":{}}}", r.id, json_string(r.name)));
}

/// The snapshot that has this content already, named if it had no name; nothing when there is none. Throws
/// UsageError when another content has the name.
std::optional<SnapshotRecord> settle_name(Database& database, const SnapshotStore& store,
                                          const SnapshotRecord& record) {
  std::optional<SnapshotRecord> same;
  for (const auto& old : store.list()) {
    if (old.id == record.id)
      same = old;
    else if (!record.name.empty() && old.name == record.name)
      throw UsageError(fmt::format("snapshot {} is called '{}' already", old.id, old.name),
                       "choose another name");
  }
  if (!same || !same->name.empty() || record.name.empty()) return same;
  WriteTransaction transaction(database);
  database.run("UPDATE snapshots SET name = ? WHERE id = ?", record.name, record.id);
  transaction.commit();
  same->name = record.name;
  return same;
}

}  // namespace

SnapshotRecord SnapshotStore::create(const SnapshotOptions& options) {
  if (options.name == "latest" || options.name.starts_with("s-"))
    throw UsageError(fmt::format("'{}' cannot be the name of a snapshot", options.name),
                     "'latest' and what begins with 's-' mean snapshots already");
  ImageStore(database_).assign_splits();
  SnapshotRecord record{.name = options.name,
                        .created_at = utc_now(),
                        .created_by = database_.context().user,
                        .where = options.where.text()};
  auto manifest = build_manifest(database_, options, record);
  if (record.images == 0) throw_empty(database_, options);
  record.id = "s-" + sha256_hex(manifest).substr(0, 12);
  record.folder = folder_ / record.id;

  if (auto old = settle_name(database_, *this, record)) return *old;
  auto accept = [&](const std::function<void()>& appear) {
    WriteTransaction transaction(database_);
    // Another process may have made the same meanwhile.
    if (settle_name(database_, *this, record)) return;
    insert_row(database_, record);
    appear();
    transaction.commit();
  };
  fill_folder(
      record.folder,
      [&](const std::filesystem::path& folder) {
        write_file_atomically(folder / "manifest.jsonl", manifest);
        write_file_atomically(folder / "snapshot.json",
                              description_json(record, ClassStore(database_).list()));
      },
      accept);
  return get(record.id);
}

std::vector<SnapshotRecord> SnapshotStore::list() const {
  ReadTransaction transaction(database_);
  std::vector<SnapshotRecord> records;
  Statement row(database_, kSnapshotRows);
  while (row.step()) records.push_back(record_from_row(row, folder_));
  return records;
}

SnapshotRecord SnapshotStore::get(const std::string& id_or_name) const {
  auto records = list();
  std::vector<NamedRow> candidates;
  for (const auto& record : records) candidates.push_back({record.id, {record.name}});
  auto id = resolve_id("snapshot", id_or_name, candidates);
  return *std::find_if(records.begin(), records.end(), [&](const auto& r) { return r.id == id; });
}

Dataset SnapshotStore::load(const std::string& id, std::optional<Split> split) const {
  auto record = get(id);
  auto dataset = parse_manifest(read_manifest(record), record.folder / "manifest.jsonl", split);
  dataset.classes = with_project_classes(dataset.classes, record.folder);
  ReadTransaction transaction(database_);
  Statement row(database_, "SELECT id FROM images WHERE name = ? AND sha256 = ?");
  std::int64_t gone = 0;
  for (auto& image : dataset.images) {
    row.bind(image.name, image.sha256);
    image.id = row.step() ? row.integer(0) : --gone;
  }
  return dataset;
}

std::string SnapshotStore::fingerprint(const std::string& id, Split split) const {
  auto record = get(id);
  auto dataset = parse_manifest(read_manifest(record), record.folder / "manifest.jsonl", split);
  std::vector<std::string> lines;
  for (const auto& image : dataset.images) lines.push_back(evaluation_line(image));
  std::sort(lines.begin(), lines.end());
  Sha256 hash;
  hash.update(manifest_header(dataset.classes));
  for (const auto& line : lines) hash.update(line);
  return hash.hex();
}

}  // namespace ds
