#pragma once

#include <map>
#include <string>
#include <vector>

#include "ds/base/error.h"

namespace ds {

/// note: something to know. warning: kept as it is, but worth a look. error: something could not be used.
enum class Severity { note, warning, error };
std::string to_string(Severity severity);

/// Something found while reading labels, with its place. Codes are stable: scripts may rely on them.
struct Issue {
  std::string code;  // "ZERO_SIZE_BOX", see issue_codes()
  Severity severity = Severity::warning;
  Location location;
  std::string message;
  /// All files that an issue about several is about, relative to `location.path`; the message names the first.
  std::vector<std::string> files = {};

  /// `warning ZERO_SIZE_BOX Annotations/a.xml:42: ...`.
  std::string to_string() const;
};

/// Every code with its meaning.
const std::map<std::string, std::string>& issue_codes();
/// Issues that mean an object is lost, not only doubtful.
bool loses_objects(const Issue& issue);
std::size_t count_of(const std::vector<Issue>& issues, Severity severity);

}  // namespace ds
