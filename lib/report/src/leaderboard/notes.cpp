#include <fmt/format.h>

#include <algorithm>

#include "ds/base/text.h"
#include "ds/report/leaderboard.h"
#include "tables/optional_numbers.h"

namespace ds {

namespace {

/// What has to be equal for latencies of one pass.
std::string pass_of(const Evaluation& e) {
  return e.created_at + "\n" + e.machine.cpu + "\n" + std::to_string(e.machine.threads) + "\n" +
         join(e.latency->together, "\n");
}

std::string threads_text(int threads) {
  return threads == 0 ? "threads as the engine chose"
                      : fmt::format("{} thread{}", threads, threads > 1 ? "s" : "");
}

/// "2026-11-26 18:28, Intel(R) Xeon(R), 2 threads".
std::string where_and_when(const Evaluation& e) {
  auto time = e.created_at.substr(0, 16);
  if (time.size() > 10) time[10] = ' ';
  return fmt::format("{}{}, {}", time.empty() ? "" : time + ", ",
                     e.machine.cpu.empty() ? "machine not recorded" : e.machine.cpu,
                     threads_text(e.machine.cpu.empty() ? e.inference.threads : e.machine.threads));
}

std::optional<double> ap_of(const LeaderboardEntry& entry) {
  return detail::known(entry.evaluation.precision.numbers.ap());
}

std::string ap_text(const LeaderboardEntry& entry) {
  const auto ap = ap_of(entry);
  return ap ? fmt::format("AP {:.3f}", *ap) : "no AP";
}

/// "its 41.2 ms are over 30 ms", or nothing when it fits.
std::string why_not(const LeaderboardEntry& entry, const std::optional<double>& max_ms,
                    const std::optional<double>& max_mb) {
  const auto facts = entry.evaluation.facts();
  std::vector<std::string> reasons;
  if (!ap_of(entry)) reasons.emplace_back("there is no object to measure it by");
  auto look = [&](const char* key, const std::optional<double>& limit, const char* unit, const char* what) {
    if (!limit) return;
    const auto at = facts.find(key);
    if (at == facts.end())
      reasons.push_back(fmt::format("its {} is not known", what));
    else if (at->second > *limit)
      reasons.push_back(fmt::format("its {:.2f} {} are over {:.6g} {}", at->second, unit, *limit, unit));
  };
  look("latency_p50_ms", max_ms, "ms", "latency");
  look("size_mb", max_mb, "MB", "size");
  return join(reasons, " and ");
}

}  // namespace

std::vector<std::string> latency_notes(const std::vector<LeaderboardEntry>& entries) {
  struct Pass {
    std::string key;
    std::string where;
    std::vector<std::string> names;
  };
  std::vector<Pass> passes;
  for (const auto& entry : entries) {
    if (!entry.evaluation.latency) continue;
    const auto key = pass_of(entry.evaluation);
    auto at = std::find_if(passes.begin(), passes.end(), [&](const auto& pass) { return pass.key == key; });
    if (at == passes.end()) at = passes.insert(at, {key, where_and_when(entry.evaluation), {}});
    at->names.push_back(shown_name(entry));
  }
  if (passes.empty()) return {};
  if (passes.size() == 1)
    return {fmt::format("Latencies: {}{}.", passes.front().where,
                        passes.front().names.size() > 1 ? "; the models took turns, image by image" : "")};
  std::vector<std::string> each;
  each.reserve(passes.size());
  for (const auto& pass : passes)
    each.push_back(fmt::format("{} ({}{})", join(pass.names, ", "), pass.where,
                               pass.names.size() > 1 ? ", in turns" : ""));
  return {
      fmt::format("Latencies come from different runs and compare only roughly: {}. `ds-compare eval MODEL "
                  "MODEL --force` measures models in turns.",
                  join(each, "; "))};
}

std::vector<std::string> why_best(const std::vector<LeaderboardEntry>& entries,
                                  const std::optional<double>& max_ms, const std::optional<double>& max_mb) {
  auto sorted = entries;
  sort_entries(sorted, "AP");
  std::vector<std::string> left_out;
  std::vector<const LeaderboardEntry*> fitting;
  for (const auto& entry : sorted) {
    const auto reason = why_not(entry, max_ms, max_mb);
    if (reason.empty())
      fitting.push_back(&entry);
    else
      left_out.push_back(fmt::format("{} ({}) is left out: {}.", shown_name(entry), ap_text(entry), reason));
  }
  std::vector<std::string> lines;
  if (!fitting.empty()) {
    const auto& best = *fitting.front();
    lines.push_back(fmt::format("{} has the largest AP ({}) of {} model{}{}.", shown_name(best),
                                ap_text(best), fitting.size(), fitting.size() > 1 ? "s" : "",
                                max_ms || max_mb ? " within the limits" : ""));
    for (std::size_t i = 1; i < fitting.size(); ++i) {
      const auto& other = *fitting[i];
      const auto difference = ap_of(best) && ap_of(other) ? *ap_of(best) - *ap_of(other) : 0;
      // A tie is known with the best of all only.
      const bool known = other.rank && &best == &sorted.front();
      lines.push_back(fmt::format("{} ({}) is {:.3f} behind{}.", shown_name(other), ap_text(other),
                                  difference,
                                  !known                 ? ""
                                  : other.tied_with_best ? ", which this data does not prove"
                                                         : ", proven"));
    }
  }
  lines.insert(lines.end(), left_out.begin(), left_out.end());
  return lines;
}

}  // namespace ds
