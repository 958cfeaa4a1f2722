#include "ds/project/event_log.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "ds/base/clock.h"
#include "ds/base/files.h"
#include "ds/base/text.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;

/// A line that a crash has cut must not swallow the next one.
bool ends_torn(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in || in.tellg() <= 0) return false;
  in.seekg(-1, std::ios::end);
  return in.get() != '\n';
}

bool parse_event(std::string_view line, Event& event) {
  auto json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return false;
  for (const auto& [key, value] : json.items()) {
    if (key == "fields" && value.is_object()) {
      for (const auto& [name, field] : value.items())
        if (field.is_string()) event.fields[name] = field.get<std::string>();
    } else if (value.is_string()) {
      auto text = value.get<std::string>();
      if (key == "time") event.time = text;
      if (key == "kind") event.kind = text;
      if (key == "message") event.message = text;
    }
  }
  return true;
}

}  // namespace

Event EventLog::add(Event event) {
  if (event.time.empty()) event.time = utc_now();
  Json json{{"time", event.time}, {"kind", event.kind}, {"message", event.message}};
  if (!event.fields.empty()) json["fields"] = event.fields;
  auto line = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  append_line(file_, ends_torn(file_) ? "\n" + line : line, true);
  return event;
}

std::vector<Event> EventLog::list(std::size_t limit) const {
  std::vector<Event> events;
  std::error_code error;
  if (!std::filesystem::exists(file_, error)) return events;
  for (const auto& line : split(read_file(file_), '\n'))
    if (Event event; parse_event(line, event)) events.push_back(std::move(event));
  if (limit != 0 && events.size() > limit)
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(limit));
  return events;
}

}  // namespace ds
