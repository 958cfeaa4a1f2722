#include "ds/importing/shard.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"

namespace ds {

namespace {

std::optional<std::int64_t> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  auto number = parse_int(text);
  if (!number) throw UsageError(fmt::format("{} is '{}', which is no whole number", variable, text));
  return number;
}

Shard checked(std::int64_t index, std::int64_t count, const std::string& from) {
  if (count < 1 || index < 0 || index >= count)
    throw UsageError(fmt::format(
        "--shard: {} is no shard; {}", from,
        count < 1 ? "the count must be 1 or more"
                  : fmt::format("those of {} are 0/{} to {}/{}", count, count, count - 1, count)));
  return {index, count};
}

Shard from_job(std::optional<std::int64_t> count) {
  if (auto id = number_in("SLURM_ARRAY_TASK_ID")) {
    auto first = number_in("SLURM_ARRAY_TASK_MIN").value_or(0);
    auto step = number_in("SLURM_ARRAY_TASK_STEP").value_or(1);
    if (!count) count = number_in("SLURM_ARRAY_TASK_COUNT");
    if (!count) throw UsageError("--shard auto: SLURM_ARRAY_TASK_COUNT is not set", "say it: --shard auto/8");
    if (step < 1 || (*id - first) % step != 0)
      throw UsageError(fmt::format("--shard auto: SLURM_ARRAY_TASK_ID {} is not one of {}, {}, ...", *id,
                                   first, first + step));
    return checked((*id - first) / step, *count,
                   fmt::format("SLURM_ARRAY_TASK_ID {} (of {} from {})", *id, *count, first));
  }
  if (auto index = number_in("JOB_COMPLETION_INDEX")) {
    if (!count)
      throw UsageError(
          "--shard auto: JOB_COMPLETION_INDEX is set, but a Kubernetes job is not told its count",
          "say it: --shard auto/8");
    return checked(*index, *count, fmt::format("JOB_COMPLETION_INDEX {} of {}", *index, *count));
  }
  throw UsageError("--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set",
                   "run it in an array job, or name the shard: --shard 0/8");
}

}  // namespace

Shard Shard::parse(const std::string& text) {
  if (text == "auto") return from_job(std::nullopt);
  auto slash = text.find('/');
  auto before = text.substr(0, slash);
  auto count = slash == std::string::npos ? std::nullopt : parse_int(text.substr(slash + 1));
  auto index = parse_int(before);
  if (count && before == "auto") return from_job(count);
  if (!count || !index)
    throw UsageError(fmt::format("--shard is '{}'; write 0/8 to 7/8, auto or auto/8", text));
  return checked(*index, *count, text);
}

bool Shard::takes(const std::string& name) const {
  if (is_all()) return true;
  auto hash = std::strtoull(sha256_hex(name).substr(0, 15).c_str(), nullptr, 16);
  return static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(count)) == index;
}

std::string Shard::to_string() const {
  return fmt::format("{}/{}", index, count);
}

}  // namespace ds
