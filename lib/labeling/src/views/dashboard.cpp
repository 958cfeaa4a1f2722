#include "ds/labeling/dashboard.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "ds/base/clock.h"
#include "ds/base/text.h"

namespace ds {

double Dashboard::progress() const {
  return counts.images == 0 ? 0 : static_cast<double>(finished) / static_cast<double>(counts.images);
}

Dashboard read_dashboard(Project& project, std::size_t events) {
  Dashboard board;
  board.project = project.settings().name;
  board.description = project.settings().description;
  board.time = utc_now();
  board.counts = project.images().counts();
  const auto done = to_string(ImageState::done), rejected = to_string(ImageState::rejected);
  for (const auto& state : {done, rejected})
    if (auto found = board.counts.by_state.find(state); found != board.counts.by_state.end())
      board.finished += found->second;
  std::map<std::string, Dashboard::Worker> workers;
  for (const auto& [name, states] : board.counts.states_of_assignee) {
    if (name.empty()) continue;
    auto& worker = workers[name];
    for (const auto& [state, images] : states) {
      worker.assigned += images;
      if (state == done) worker.done += images;
      if (state != done && state != rejected) worker.open += images;
    }
  }
  for (const auto& row : activity(project, "worker")) {
    if (row.edits + row.accepted + row.rejected == 0) continue;
    auto& worker = workers[row.key];
    worker.edits = row.edits;
    worker.accepted = row.accepted;
    worker.rejected = row.rejected;
    worker.last = row.last;
  }
  for (auto& [name, worker] : workers) {
    worker.name = name;
    board.workers.push_back(worker);
  }
  std::sort(board.workers.begin(), board.workers.end(),
            [](const auto& a, const auto& b) { return natural_less(a.name, b.name); });
  board.events = project.events().list(events);
  std::reverse(board.events.begin(), board.events.end());
  return board;
}

nlohmann::ordered_json dashboard_json(const Dashboard& board) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["project"] = board.project;
  json["description"] = board.description;
  json["time"] = board.time;
  json["images"] = board.counts.images;
  json["finished"] = board.finished;
  json["progress"] = board.progress();
  json["annotations"] = board.counts.annotations;
  json["proposals"] = board.counts.proposals;
  json["negatives"] = board.counts.negatives;
  for (const auto& state : image_state_names()) {
    auto found = board.counts.by_state.find(state);
    json["states"][state] = found == board.counts.by_state.end() ? 0 : found->second;
  }
  for (const auto& split : split_names()) {
    auto found = board.counts.by_split.find(split);
    json["splits"][split] = found == board.counts.by_split.end() ? 0 : found->second;
  }
  json["classes"] = Json::array();
  for (const auto& each : board.counts.classes)
    json["classes"].push_back({{"name", each.name},
                               {"color", each.color},
                               {"annotations", each.annotations},
                               {"images", each.images},
                               {"proposals", each.proposals}});
  json["workers"] = Json::array();
  for (const auto& worker : board.workers)
    json["workers"].push_back({{"name", worker.name},
                               {"assigned", worker.assigned},
                               {"open", worker.open},
                               {"done", worker.done},
                               {"edits", worker.edits},
                               {"accepted", worker.accepted},
                               {"rejected", worker.rejected},
                               {"last", worker.last}});
  json["events"] = Json::array();
  for (const auto& event : board.events)
    json["events"].push_back({{"time", event.time}, {"kind", event.kind}, {"message", event.message}});
  return json;
}

}  // namespace ds
