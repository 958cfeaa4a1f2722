#include "ds/retrain/traffic.h"

#include "ds/base/clock.h"
#include "ds/base/files.h"

#include <catch2/catch.hpp>

TEST_CASE("Requests between two times are summed up over both log files") {
  ds::TemporaryFolder folder;
  ds::write_file_atomically(
      folder.path() / "requests.1.jsonl",
      R"({"time":"2026-11-22T09:00:00.000Z","detections":1,"best_score":0.1,"inference_ms":900}
{"time":"2026-11-22T10:00:00.000Z","detections":2,"best_score":0.9,"queue_ms":1,"inference_ms":9}
)");
  ds::write_file_atomically(
      folder.path() / "requests.jsonl",
      R"({"time":"2026-11-22T10:00:01.000Z","detections":0,"best_score":0.04,"inference_ms":20}
{"time":"2026-11-22T10:00:02.000Z","detections":1,"best_score":0.5,"queue_ms":10,"inference_ms":20}
{"time":"2026-11-22T10:00:03.000Z","status":503}
not json
{"time":"2026-11-22T10:00:04.0)");
  auto traffic = ds::summarize_traffic(folder.path(), ds::parse_utc("2026-11-22T10:00:00Z"),
                                       ds::parse_utc("2026-11-22T10:00:03Z"));
  REQUIRE(traffic.requests == 4);
  REQUIRE(traffic.errors == 1);
  REQUIRE(traffic.images == 3);
  REQUIRE(traffic.empty == 1);
  // of 10, 20, 30
  REQUIRE(traffic.latency_p50_ms == 20);
  // (.9 + .5) / 2
  REQUIRE(traffic.mean_top_score == Approx(0.7));
}

TEST_CASE("A deployment without a log had no traffic") {
  ds::TemporaryFolder folder;
  REQUIRE(ds::summarize_traffic(folder.path(), 0, 1e12) == ds::TrafficSummary{});
}
