#include "ds/retrain/retrain_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;

Json without_hash(const RetrainLogEntry& entry) {
  Json json{{"number", entry.number}, {"time", entry.time}, {"user", entry.user}, {"action", entry.action}};
  if (!entry.key.empty()) json["key"] = entry.key;
  for (const auto& [name, value] : entry.fields) json["fields"][name] = value;
  json["previous"] = entry.previous;
  return json;
}

RetrainLogEntry parse_entry(const std::string& line, const Location& where) {
  try {
    auto json = Json::parse(line);
    RetrainLogEntry entry;
    entry.number = json.at("number").get<std::size_t>();
    entry.time = json.at("time").get<std::string>();
    entry.user = json.at("user").get<std::string>();
    entry.action = json.at("action").get<std::string>();
    entry.key = json.value("key", "");
    if (json.contains("fields")) entry.fields = json["fields"].get<std::map<std::string, std::string>>();
    entry.previous = json.at("previous").get<std::string>();
    entry.hash = json.at("hash").get<std::string>();
    return entry;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(where, fmt::format("not an audit entry: {}", error.what()));
  }
}

struct Content {
  std::vector<RetrainLogEntry> entries;
  std::size_t whole_bytes = 0;  // up to the end of the last whole line
  std::size_t bytes = 0;
};

Content read_content(const std::filesystem::path& file) {
  Content content;
  if (!std::filesystem::exists(file)) return content;
  auto text = read_file(file);
  content.bytes = text.size();
  std::string previous(64, '0');
  for (std::size_t begin = 0; begin < text.size();) {
    auto end = text.find('\n', begin);
    if (end == std::string::npos) break;
    auto line_number = static_cast<std::int64_t>(content.entries.size() + 1);
    Location where{.path = file, .line = line_number};
    auto entry = parse_entry(text.substr(begin, end - begin), where);
    if (entry.hash != sha256_hex(without_hash(entry).dump()))
      throw FormatError(where, "the entry was changed after it was written: its hash does not fit");
    if (entry.previous != previous)
      throw FormatError(where,
                        "the chain is broken here: an entry before this one was changed, removed or added");
    previous = entry.hash;
    content.entries.push_back(std::move(entry));
    begin = content.whole_bytes = end + 1;
  }
  return content;
}

}  // namespace

bool RetrainLog::add(const std::string& user, const std::string& action,
                     const std::map<std::string, std::string>& fields, const std::string& key) {
  auto content = read_content(file_);
  const auto& entries = content.entries;
  if (!key.empty() && std::any_of(entries.begin(), entries.end(),
                                  [&](const RetrainLogEntry& entry) { return entry.key == key; }))
    return false;
  if (content.whole_bytes < content.bytes) std::filesystem::resize_file(file_, content.whole_bytes);
  RetrainLogEntry entry{.number = entries.size() + 1,
                        .time = utc_now(),
                        .user = user,
                        .action = action,
                        .key = key,
                        .fields = fields,
                        .previous = entries.empty() ? std::string(64, '0') : entries.back().hash,
                        .hash = {}};
  auto json = without_hash(entry);
  json["hash"] = sha256_hex(json.dump());
  if (entries.empty()) make_folders(file_.parent_path());
  append_line(file_, json.dump(), true);
  return true;
}

std::vector<RetrainLogEntry> RetrainLog::list() const {
  return read_content(file_).entries;
}

std::optional<RetrainLogEntry> in_production_at(const std::vector<RetrainLogEntry>& entries,
                                                const std::string& time) {
  double limit = parse_utc(time);
  std::optional<RetrainLogEntry> found;
  for (const auto& entry : entries) {
    if (entry.fields.contains("to") && parse_utc(entry.time) <= limit) found = entry;
  }
  return found;
}

}  // namespace ds
