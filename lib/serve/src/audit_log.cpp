#include "ds/serve/audit_log.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/lock.h"
#include "ds/base/text.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;

const std::string kNoEntryBefore(64, '0');

Json without_hash(const AuditEntry& entry) {
  return Json{{"number", entry.number},
              {"time", entry.time},
              {"user", entry.user},
              {"action", entry.action},
              {"from_model", entry.from_model},
              {"to_model", entry.to_model},
              {"generation", entry.generation},
              {"reason", entry.reason},
              {"previous", entry.previous}};
}

std::string hash_of(const AuditEntry& entry) {
  return sha256_hex(without_hash(entry).dump());
}

AuditEntry parse_entry(const std::string& line, const Location& where) {
  try {
    auto json = Json::parse(line);
    AuditEntry entry;
    json.at("number").get_to(entry.number);
    json.at("time").get_to(entry.time);
    json.at("user").get_to(entry.user);
    json.at("action").get_to(entry.action);
    json.at("from_model").get_to(entry.from_model);
    json.at("to_model").get_to(entry.to_model);
    json.at("generation").get_to(entry.generation);
    json.at("reason").get_to(entry.reason);
    json.at("previous").get_to(entry.previous);
    json.at("hash").get_to(entry.hash);
    return entry;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(where, fmt::format("no audit entry: {}", error.what()));
  }
}

/// Bytes up to the end of the last whole line.
std::size_t whole_lines(const std::string& text) {
  auto end = text.rfind('\n');
  return end == std::string::npos ? 0 : end + 1;
}

}  // namespace

AuditEntry AuditLog::append(AuditEntry entry) {
  if (file_.has_parent_path()) make_folders(file_.parent_path());
  FileLock lock(file_.string() + ".lock", "the audit log", 10);
  auto entries = read();
  if (std::filesystem::exists(file_)) std::filesystem::resize_file(file_, whole_lines(read_file(file_)));
  entry.number = static_cast<std::int64_t>(entries.size()) + 1;
  if (entry.time.empty()) entry.time = utc_now();
  entry.previous = entries.empty() ? kNoEntryBefore : entries.back().hash;
  entry.hash = hash_of(entry);
  auto json = without_hash(entry);
  json["hash"] = entry.hash;
  append_line(file_, json.dump(), true);
  return entry;
}

std::vector<AuditEntry> AuditLog::read() const {
  std::vector<AuditEntry> entries;
  if (!std::filesystem::exists(file_)) return entries;
  std::string previous = kNoEntryBefore;
  auto text = read_file(file_);
  text.resize(whole_lines(text));
  for (const auto& line : split(trim(text), '\n')) {
    Location where{file_, static_cast<std::int64_t>(entries.size()) + 1};
    auto entry = parse_entry(line, where);
    if (entry.previous != previous || entry.number != *where.line)
      throw FormatError(where,
                        "the audit chain is broken: an entry was removed, added or moved before this one");
    if (entry.hash != hash_of(entry))
      throw FormatError(where, "the audit chain is broken: this entry was changed after it was written");
    previous = entry.hash;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::optional<std::string> rollback_target(const std::vector<AuditEntry>& entries) {
  std::vector<const AuditEntry*> promotions;  // that stand
  for (const auto& entry : entries) {
    if (entry.action == "promote") promotions.push_back(&entry);
    if (entry.action == "rollback" && !promotions.empty()) promotions.pop_back();
  }
  if (promotions.empty() || promotions.back()->from_model.empty()) return std::nullopt;
  return promotions.back()->from_model;
}

bool was_rolled_back(const std::vector<AuditEntry>& entries, const std::string& model_id) {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->action == "rollback" && entry->from_model == model_id) return true;
    if (entry->to_model == model_id) return false;
  }
  return false;
}

}  // namespace ds
