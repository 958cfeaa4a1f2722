#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ds {

/// One line of the audit log of a deployment's retraining.
struct RetrainLogEntry {
  std::size_t number = 0;  // 1, 2, 3 ...
  std::string time;        // UTC
  std::string user;
  std::string action;  // "cycle-started", "verdict", "promoted", "rolled-back" ...
  std::string key;     // an action with a key is recorded once; empty: always
  std::map<std::string, std::string> fields = {};  // cycle, from, to, generation, reason ...
  std::string previous = {};                       // hash of the line before
  std::string hash = {};                           // of this one
};

/// audit.jsonl of retrain/<deployment>: a chained log (ds/base/chained_log.h). The machine's lock keeps two
/// writers apart.
class RetrainLog {
 public:
  explicit RetrainLog(std::filesystem::path file) : file_(std::move(file)) {}
  /// False when an entry with this key is there already: a step that is run again after a crash records once.
  bool add(const std::string& user, const std::string& action,
           const std::map<std::string, std::string>& fields, const std::string& key = {});
  /// Oldest first. Throws FormatError `audit.jsonl:LINE: ...` where the chain is broken.
  std::vector<RetrainLogEntry> list() const;

 private:
  std::filesystem::path file_;
};

/// The newest entry with a field "to" that is not younger than `time` (any text parse_utc takes): what it
/// names was in production then. Nothing when the log does not reach back so far.
std::optional<RetrainLogEntry> in_production_at(const std::vector<RetrainLogEntry>& entries,
                                                const std::string& time);

}  // namespace ds
