#include "ds/retrain/traffic.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ds/base/clock.h"
#include "ds/base/error.h"

namespace ds {
namespace {

struct Sums {
  TrafficSummary traffic;
  std::vector<double> latencies_ms;
  double top_scores = 0;
};

void add_line(const nlohmann::json& line, Sums& sums) {
  auto& traffic = sums.traffic;
  ++traffic.requests;
  if (line.value("status", 200) >= 500) {
    ++traffic.errors;
    return;
  }
  ++traffic.images;
  sums.latencies_ms.push_back(line.value("queue_ms", 0.0) + line.value("inference_ms", 0.0));
  if (line.value("detections", 0) == 0)
    ++traffic.empty;
  else
    sums.top_scores += line.value("best_score", 0.0);
}

}  // namespace

TrafficSummary summarize_traffic(const std::filesystem::path& deployment_folder, double from, double until) {
  Sums sums;
  for (const char* name : {"requests.1.jsonl", "requests.jsonl"}) {
    std::ifstream file(deployment_folder / name);
    for (std::string text; std::getline(file, text);) {
      auto line = nlohmann::json::parse(text, nullptr, false);
      if (!line.is_object() || !line.contains("time") || !line["time"].is_string()) continue;
      double time = 0;
      try {
        time = parse_utc(line["time"].get<std::string>());
      } catch (const UsageError&) {
        continue;
      }
      if (time >= from && time <= until) add_line(line, sums);
    }
  }
  auto& times = sums.latencies_ms;
  if (!times.empty()) {
    auto middle = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) / 2);
    std::nth_element(times.begin(), middle, times.end());
    sums.traffic.latency_p50_ms = *middle;
  }
  auto filled = sums.traffic.images - sums.traffic.empty;
  if (filled > 0) sums.traffic.mean_top_score = sums.top_scores / static_cast<double>(filled);
  return sums.traffic;
}

}  // namespace ds
