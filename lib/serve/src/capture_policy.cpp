#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/serve/capture.h"

namespace ds {
namespace {

double number_in(const std::string& key, const std::string& text, double low, double high) {
  auto number = parse_double(text);
  if (!number || *number < low || *number > high)
    throw UsageError(fmt::format("capture policy: {}={}: expected a number from {} to {}", key, text,
                                 shortest(low), shortest(high)));
  return *number;
}

std::int64_t count_of(const std::string& key, const std::string& text) {
  auto number = parse_int(text);
  if (!number || *number < 1)
    throw UsageError(fmt::format("capture policy: {}={}: expected a whole number from 1", key, text));
  return *number;
}

}  // namespace

CapturePolicy parse_capture_policy(const std::string& text) {
  CapturePolicy policy;
  if (text.empty() || text == "off") return policy;
  for (const auto& item : split(text, ',')) {
    auto equals = item.find('=');
    auto key = item.substr(0, equals);
    auto value = equals == std::string::npos ? std::string() : item.substr(equals + 1);
    if (key == "uniform") {
      policy.uniform = number_in(key, value, 0, 1);
    } else if (key == "interest" && equals == std::string::npos) {
      policy.interest = true;
    } else if (key == "margin") {
      policy.margin = number_in(key, value, 0, 1);
    } else if (key == "rare") {
      policy.rare = split(value, '|');
    } else if (key == "holdout") {
      policy.holdout = number_in(key, value, 0, 1);
    } else if (key == "max-bytes") {
      policy.max_bytes = static_cast<std::uint64_t>(count_of(key, value));
    } else if (key == "max-count") {
      policy.max_count = count_of(key, value);
    } else if (key == "max-age") {
      auto seconds = parse_duration_s(value);
      if (!seconds || *seconds <= 0)
        throw UsageError(fmt::format("capture policy: max-age={}: expected a duration such as 7d", value));
      policy.max_age_s = *seconds;
    } else {
      throw_unknown_name("capture policy", item,
                         {"off", "uniform=P", "interest", "margin=X", "rare=A|B", "holdout=X", "max-bytes=N",
                          "max-count=N", "max-age=T"});
    }
  }
  return policy;
}

std::string to_string(const CapturePolicy& policy) {
  if (policy.off()) return "off";
  std::vector<std::string> parts;
  if (policy.uniform > 0) parts.push_back("uniform=" + shortest(policy.uniform));
  if (policy.interest) parts.push_back("interest");
  const CapturePolicy usual;
  if (policy.margin != usual.margin) parts.push_back("margin=" + shortest(policy.margin));
  if (!policy.rare.empty()) parts.push_back("rare=" + join(policy.rare, "|"));
  if (policy.holdout != usual.holdout) parts.push_back("holdout=" + shortest(policy.holdout));
  if (policy.max_bytes != usual.max_bytes) parts.push_back(fmt::format("max-bytes={}", policy.max_bytes));
  if (policy.max_count != usual.max_count) parts.push_back(fmt::format("max-count={}", policy.max_count));
  if (policy.max_age_s != usual.max_age_s) parts.push_back("max-age=" + shortest(policy.max_age_s));
  return join(parts, ",");
}

}  // namespace ds
