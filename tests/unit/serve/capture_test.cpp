#include "ds/serve/capture.h"

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/project/capture_store.h"

#include <catch2/catch.hpp>

using namespace ds;
namespace fs = std::filesystem;

namespace {

CaptureOffer offer_of(const std::string& bytes, double score, int class_idx = 0) {
  CaptureOffer offer;
  offer.bytes = bytes;
  offer.extension = ".jpg";
  offer.model_id = "m-1";
  offer.generation = 4;
  offer.width = 64;
  offer.height = 48;
  offer.threshold = 0.5;
  offer.classes = {"cat", "dog"};
  if (score > 0) offer.detections = {{class_idx, score, {1, 2, 3, 4}}};
  return offer;
}

CaptureRecord sidecar(const fs::path& folder, const std::string& bytes) {
  auto sha256 = sha256_hex(bytes);
  auto file = folder / sha256.substr(0, 2) / (sha256 + ".json");
  return capture_from_json(read_file(file), file);
}

fs::path picture_file(const fs::path& folder, const std::string& bytes) {
  auto sha256 = sha256_hex(bytes);
  return folder / sha256.substr(0, 2) / (sha256 + ".jpg");
}

using Counts = std::map<std::string, std::int64_t>;

}  // namespace

TEST_CASE("the uniform lane takes by chance and records the probability") {
  TemporaryFolder folder;
  CapturePolicy policy;
  policy.uniform = 0.25;
  Capturer capturer(folder.path(), "front", policy, "key", 7);
  for (int i = 0; i < 200; ++i) {
    capturer.offer(offer_of("picture " + std::to_string(i), 0.9));
    capturer.flush();
  }
  auto counters = capturer.counters();
  // Binomial(200, 1/4): mean 50, standard deviation sqrt(200 * 1/4 * 3/4) = 6.1; five of them are 31.
  REQUIRE(counters.kept["uniform"] > 19);
  REQUIRE(counters.kept["uniform"] < 81);
  REQUIRE(counters.dropped.empty());
  REQUIRE(counters.count == counters.kept["uniform"]);
}

TEST_CASE("a capture keeps what the model said, its id and generation") {
  TemporaryFolder folder;
  CapturePolicy policy;
  policy.uniform = 1;
  policy.holdout = 1;
  Capturer capturer(folder.path(), "front", policy, "key", 7);
  auto offer = offer_of("bytes", 0.9, 1);
  offer.group = "camera 3";
  capturer.offer(offer);
  capturer.flush();
  REQUIRE(read_file(picture_file(folder.path(), "bytes")) == "bytes");
  auto record = sidecar(folder.path(), "bytes");
  REQUIRE(record.sha256 == sha256_hex("bytes"));
  REQUIRE(record.deployment == "front");
  REQUIRE(record.model_id == "m-1");
  REQUIRE(record.generation == 4);
  REQUIRE(record.lane == "uniform");
  REQUIRE(record.probability == 1);
  REQUIRE(record.holdout);
  REQUIRE(nlohmann::json::parse(record.detections) ==
          nlohmann::json::parse(R"({"width":64,"height":48,"threshold":0.5,"group":"camera 3",
            "detections":[{"class":"dog","score":0.9,"box":[1.0,2.0,3.0,4.0]}]})"));
}

TEST_CASE("the interest lane takes low margins and rare classes, and nothing else") {
  TemporaryFolder folder;
  CapturePolicy policy;
  policy.interest = true;
  policy.margin = 0.1;
  policy.rare = {"dog"};
  policy.holdout = 0;
  Capturer capturer(folder.path(), "front", policy, "key", 7);
  capturer.offer(offer_of("sure", 0.9));
  capturer.offer(offer_of("nothing", 0));
  capturer.offer(offer_of("just above", 0.55));
  capturer.offer(offer_of("just below", 0.45));
  capturer.offer(offer_of("far below", 0.3));
  capturer.offer(offer_of("a sure dog", 0.9, 1));
  capturer.offer(offer_of("a faint dog", 0.3, 1));
  capturer.flush();
  REQUIRE(capturer.counters().kept == Counts{{"interest", 3}});
  REQUIRE(sidecar(folder.path(), "just above").reason == "low-margin");
  REQUIRE(sidecar(folder.path(), "just below").reason == "low-margin");
  REQUIRE(sidecar(folder.path(), "a sure dog").reason == "rare-class");
  REQUIRE(sidecar(folder.path(), "a sure dog").probability == 1);
}

TEST_CASE("the split follows the group by a keyed hash, and holdout groups never train") {
  TemporaryFolder folder;
  CapturePolicy policy;
  policy.interest = true;
  policy.uniform = 0;
  policy.holdout = 0.5;
  Capturer capturer(folder.path(), "front", policy, "key", 7);
  Counts expected;
  for (int i = 0; i < 40; ++i) {
    auto group = "camera " + std::to_string(i % 8);
    auto offer = offer_of("picture " + std::to_string(i), 0.5);
    offer.group = group;
    capturer.offer(offer);
    capturer.flush();
    ++expected[keyed_unit("key", group) < 0.5 ? "dropped" : "kept"];
  }
  REQUIRE(expected["dropped"] > 0);
  REQUIRE(expected["kept"] > 0);
  auto counters = capturer.counters();
  REQUIRE(counters.kept["interest"] == expected["kept"]);
  REQUIRE(counters.dropped["holdout-group"] == expected["dropped"]);
}

TEST_CASE("budgets hold, across restarts too, and drops are counted") {
  TemporaryFolder folder;
  CapturePolicy policy;
  policy.uniform = 1;
  policy.max_count = 2;
  {
    Capturer capturer(folder.path(), "front", policy, "key", 7);
    for (const char* bytes : {"a", "a", "b", "c"}) capturer.offer(offer_of(bytes, 0.9));
    capturer.flush();
    REQUIRE(capturer.counters().kept == Counts{{"uniform", 2}});
    REQUIRE(capturer.counters().dropped == Counts{{"duplicate", 1}, {"budget-count", 1}});
  }
  Capturer again(folder.path(), "front", policy, "key", 8);
  REQUIRE(again.counters().count == 2);
  again.offer(offer_of("a", 0.9));
  again.offer(offer_of("d", 0.9));
  again.flush();
  REQUIRE(again.counters().dropped == Counts{{"duplicate", 1}, {"budget-count", 1}});

  policy.max_count = 100;
  policy.max_bytes = 5;  // "a" and "b" are 2 bytes
  Capturer small(folder.path(), "front", policy, "key", 9);
  small.offer(offer_of("four", 0.9));
  small.offer(offer_of("two", 0.9));
  small.flush();
  REQUIRE(small.counters().dropped == Counts{{"budget-bytes", 1}});
  REQUIRE(small.counters().bytes == 5);
}

TEST_CASE("old captures go, and a picture without its sidecar is no capture") {
  TemporaryFolder folder;
  CapturePolicy policy;
  policy.uniform = 1;
  {
    Capturer capturer(folder.path(), "front", policy, "key", 7);
    capturer.offer(offer_of("old", 0.9));
    capturer.offer(offer_of("torn", 0.9));
    capturer.flush();
  }
  fs::remove(fs::path(picture_file(folder.path(), "torn")).replace_extension(".json"));
  fs::last_write_time(picture_file(folder.path(), "old"),
                      fs::file_time_type::clock::now() - std::chrono::hours(48));
  policy.max_age_s = 86400;
  Capturer capturer(folder.path(), "front", policy, "key", 7);
  REQUIRE(capturer.counters().count == 1);
  REQUIRE_FALSE(fs::exists(picture_file(folder.path(), "torn")));
  capturer.offer(offer_of("new", 0.9));
  capturer.flush();
  REQUIRE_FALSE(fs::exists(picture_file(folder.path(), "old")));
  REQUIRE(capturer.counters().dropped == Counts{{"expired", 1}});
  REQUIRE(capturer.counters().count == 1);
}

TEST_CASE("a disk that cannot be written drops captures and says so") {
  TemporaryFolder folder;
  write_file_atomically(folder.path() / "file", "not a folder");
  CapturePolicy policy;
  policy.uniform = 1;
  Capturer capturer(folder.path() / "file", "front", policy, "key", 7);
  capturer.offer(offer_of("a", 0.9));
  capturer.flush();
  REQUIRE(capturer.counters().dropped == Counts{{"failed", 1}});
  REQUIRE(capturer.counters().count == 0);
}

TEST_CASE("a policy is text that reads back") {
  REQUIRE(parse_capture_policy("off").off());
  REQUIRE(parse_capture_policy("").off());
  REQUIRE(to_string(parse_capture_policy("off")) == "off");
  std::string text =
      "uniform=0.05,interest,margin=0.2,rare=dog|cat,holdout=0.3,max-bytes=5000,max-count=7,max-age=3600";
  REQUIRE(to_string(parse_capture_policy(text)) == text);
  REQUIRE(parse_capture_policy("interest,max-age=7d").max_age_s == 604800);
  REQUIRE_THROWS_WITH(parse_capture_policy("uniform=2"),
                      "capture policy: uniform=2: expected a number from 0 to 1");
  REQUIRE_THROWS_WITH(parse_capture_policy("max-count=0"),
                      "capture policy: max-count=0: expected a whole number from 1");
  REQUIRE_THROWS_WITH(parse_capture_policy("max-age=x"),
                      "capture policy: max-age=x: expected a duration such as 7d");
  REQUIRE_THROWS_WITH(
      parse_capture_policy("interst"),
      Catch::StartsWith("unknown capture policy 'interst'; known: off, uniform=P, interest, "));
}
