#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ds {

/// One change of what is in production.
struct AuditEntry {
  std::int64_t number = 0;  // 1, 2, ... set by append
  std::string time;         // UTC; set by append when empty
  std::string user;
  std::string action;  // "create", "promote", "rollback"
  std::string from_model;
  std::string to_model;
  std::int64_t generation = 0;  // after the change
  std::string reason = {};
  std::string previous = {};  // hash of the entry before; 64 zeros for the first. Set by append
  std::string hash = {};      // SHA-256 of this entry's line without the hash. Set by append
};

/// audit.jsonl of a deployment: a chained log (ds/base/chained_log.h), kept by whoever moves production.
class AuditLog {
 public:
  explicit AuditLog(std::filesystem::path file) : file_(std::move(file)) {}
  /// Appends durably under a lock; the chain is verified first.
  AuditEntry append(AuditEntry entry);
  /// Throws FormatError naming the line where the chain breaks. A file that is not there is an empty log.
  std::vector<AuditEntry> read() const;

 private:
  std::filesystem::path file_;
};

/// What rolling back goes to: the model before the newest promotion that was not itself rolled back.
std::optional<std::string> rollback_target(const std::vector<AuditEntry>& entries);
/// True when the newest thing that happened to this model was being rolled back from.
bool was_rolled_back(const std::vector<AuditEntry>& entries, const std::string& model_id);

}  // namespace ds
