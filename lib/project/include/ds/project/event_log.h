#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ds {

struct Event {
  std::string time;     // UTC; set by `add` when empty
  std::string kind;     // "run-started", "run-done", "all-runs-done", "run-failed", "model-promoted",
                        // "review-waiting" ...
  std::string message;  // one sentence for people
  std::map<std::string, std::string> fields;  // run, model, ap ...
};

/// events.jsonl: what happened, for people and notifiers; one line each, appended durably.
class EventLog {
 public:
  explicit EventLog(std::filesystem::path file) : file_(std::move(file)) {}
  Event add(Event event);
  /// Newest last; the last `limit` (0: all). A torn line (a crash or a full disk while
  /// appending) is left out.
  std::vector<Event> list(std::size_t limit = 0) const;

 private:
  std::filesystem::path file_;
};

}  // namespace ds
