#pragma once

#include <filesystem>

#include "ds/retrain/state.h"

namespace ds {

/// Sums up the requests that a server logged between two times (seconds since 1970, both ends belong to
/// it): requests.jsonl and the older requests.1.jsonl in `deployment_folder`. A line with a `status` of
/// 500 or more is an error; latency is queue_ms + inference_ms. Lines that are no JSON (a torn last
/// one) are left out.
TrafficSummary summarize_traffic(const std::filesystem::path& deployment_folder, double from, double until);

}  // namespace ds
