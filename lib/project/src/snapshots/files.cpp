#include "snapshots/files.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "snapshots/manifest.h"

namespace ds::detail {
namespace {

void check_hash(const SnapshotRecord& record, const std::filesystem::path& file, const std::string& found) {
  if ("s-" + found.substr(0, 12) == record.id) return;
  throw DataError(fmt::format("{} is not what it was: its SHA-256 begins with {}, expected {}", file.string(),
                              found.substr(0, 12), record.id.substr(2)),
                  "a snapshot never changes; restore the folder from a backup");
}

}  // namespace

std::string read_manifest(const SnapshotRecord& record) {
  auto file = record.folder / "manifest.jsonl";
  auto text = read_file(file);
  check_hash(record, file, sha256_hex(text));
  return text;
}

ClassList with_project_classes(const ClassList& classes, const std::filesystem::path& folder) {
  std::unordered_map<std::string, std::pair<int, std::string>> described;
  auto json = nlohmann::json::parse(read_file(folder / "snapshot.json"), nullptr, false);
  if (!json.is_discarded() && json.contains("classes"))
    for (const auto& item : json["classes"])
      described[item.value("name", std::string())] = {item.value("id", 0),
                                                      item.value("color", std::string())};
  ClassList result;
  for (auto info : classes) {
    if (auto found = described.find(info.name); found != described.end())
      std::tie(info.id, info.color) = found->second;
    result.add(info);
  }
  return result;
}

std::set<std::string> states_of_snapshot(const SnapshotRecord& record) {
  std::set<std::string> states;
  for (ManifestReader manifest(record); manifest.next();) states.insert(state_in_line(manifest.line()));
  return states;
}

ManifestReader::ManifestReader(const SnapshotRecord& record) : file_(record.folder / "manifest.jsonl") {
  check_hash(record, file_, sha256_hex_of_file(file_));
  stream_.open(file_, std::ios::binary);
  std::getline(stream_, header_);
  classes_ = with_project_classes(parse_manifest_header(header_, file_), record.folder);
}

bool ManifestReader::next() {
  if (!std::getline(stream_, line_)) return false;
  ++line_number_;
  name_ = name_in_line(line_);
  return true;
}

std::string ManifestReader::sha256() const {
  return sha256_in_line(line_);
}

Image ManifestReader::image() const {
  return parse_manifest_line(line_, file_, line_number_);
}

}  // namespace ds::detail
