#include "ds/labeling/history_text.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "ds/base/text.h"

namespace ds {
namespace {

std::map<std::int64_t, std::string> annotations_by_id(const nlohmann::json& json) {
  std::map<std::int64_t, std::string> by_id;
  if (json.is_object() && json.contains("annotations") && json["annotations"].is_array())
    for (const auto& each : json["annotations"]) by_id[each.value("id", std::int64_t{0})] = each.dump();
  return by_id;
}

std::string labels_change(const nlohmann::json& before, const nlohmann::json& after) {
  auto was = annotations_by_id(before), now = annotations_by_id(after);
  std::size_t added = 0, changed = 0, removed = 0;
  for (const auto& [id, text] : now) {
    auto old = was.find(id);
    if (old == was.end())
      ++added;
    else if (old->second != text)
      ++changed;
  }
  for (const auto& [id, text] : was) removed += now.contains(id) ? 0 : 1;
  std::vector<std::string> parts;
  if (added > 0) parts.push_back(fmt::format("+{}", added));
  if (removed > 0) parts.push_back(fmt::format("-{}", removed));
  if (changed > 0) parts.push_back(fmt::format("~{}", changed));
  return parts.empty() ? "" : join(parts, " ") + " annotations";
}

std::string scalar(const nlohmann::json& json, const std::string& key) {
  if (!json.is_object() || !json.contains(key)) return "";
  return json[key].is_string() ? json[key].get<std::string>() : json[key].dump();
}

nlohmann::json parse(const std::string& text) {
  return text.empty() ? nlohmann::json::object() : nlohmann::json::parse(text, nullptr, false);
}

}  // namespace

std::string describe_change(const JournalEntry& entry) {
  auto before = parse(entry.before), after = parse(entry.after);
  std::vector<std::string> parts;
  if (auto labels = labels_change(before, after); !labels.empty()) parts.push_back(labels);
  for (const char* key : {"state", "split", "assignee", "name", "color"}) {
    auto was = scalar(before, key), now = scalar(after, key);
    if (was == now) continue;
    parts.push_back(was.empty()   ? fmt::format("{} {}", key, now)
                    : now.empty() ? fmt::format("{} {} -> nobody", key, was)
                                  : fmt::format("{} {} -> {}", key, was, now));
  }
  if (entry.undoes) parts.insert(parts.begin(), fmt::format("takes back {}", *entry.undoes));
  return join(parts, ", ");
}

}  // namespace ds
