#include "ds/retrain/retrain_log.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/chained_log.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;

constexpr ChainedLog::Texts kTexts = {
    .changed = "the entry was changed after it was written: its hash does not fit",
    .broken = "the chain is broken here: an entry before this one was changed, removed or added"};

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

}  // namespace

bool RetrainLog::add(const std::string& user, const std::string& action,
                     const std::map<std::string, std::string>& fields, const std::string& key) {
  ChainedLog chain(file_, kTexts);
  bool is_there = false;
  auto end = chain.read([&](const std::string& line, const Location& where) {
    is_there = (parse_entry(line, where).key == key && !key.empty()) || is_there;
  });
  if (is_there) return false;
  Json json{{"number", end.lines + 1}, {"time", utc_now()}, {"user", user}, {"action", action}};
  if (!key.empty()) json["key"] = key;
  for (const auto& [name, value] : fields) json["fields"][name] = value;
  chain.append(end, json.dump());
  return true;
}

std::vector<RetrainLogEntry> RetrainLog::list() const {
  std::vector<RetrainLogEntry> entries;
  ChainedLog(file_, kTexts).read([&](const std::string& line, const Location& where) {
    entries.push_back(parse_entry(line, where));
  });
  return entries;
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
