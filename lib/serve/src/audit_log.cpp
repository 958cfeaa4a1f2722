#include "ds/serve/audit_log.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/chained_log.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/lock.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;

constexpr ChainedLog::Texts kTexts = {
    .changed = "the audit chain is broken: this entry was changed after it was written",
    .broken = "the audit chain is broken: an entry was removed, added or moved before this one"};

Json unchained(const AuditEntry& entry) {
  return Json{{"number", entry.number},
              {"time", entry.time},
              {"user", entry.user},
              {"action", entry.action},
              {"from_model", entry.from_model},
              {"to_model", entry.to_model},
              {"generation", entry.generation},
              {"reason", entry.reason}};
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

}  // namespace

AuditEntry AuditLog::append(AuditEntry entry) {
  if (file_.has_parent_path()) make_folders(file_.parent_path());
  FileLock lock(file_.string() + ".lock", "the audit log", 10);
  ChainedLog chain(file_, kTexts);
  auto end = chain.read([](const std::string& line, const Location& where) { parse_entry(line, where); });
  entry.number = end.lines + 1;
  if (entry.time.empty()) entry.time = utc_now();
  return parse_entry(chain.append(end, unchained(entry).dump()), {.path = file_, .line = entry.number});
}

std::vector<AuditEntry> AuditLog::read() const {
  std::vector<AuditEntry> entries;
  ChainedLog(file_, kTexts).read([&](const std::string& line, const Location& where) {
    entries.push_back(parse_entry(line, where));
  });
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
