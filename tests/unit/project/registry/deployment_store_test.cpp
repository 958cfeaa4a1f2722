#include "ds/project/deployment_store.h"

#include <fstream>

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

TEST_CASE("a deployment's model changes only by its generation") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto& deployments = project.deployments();
  auto created =
      deployments.create({.name = "shop-1", .model_id = "m-1", .options = "port: 1\nworkers: 2\n"});
  REQUIRE(created.generation == 1);
  REQUIRE(fs::is_directory(created.folder / "captures"));
  auto heartbeat = created;
  auto swapped = deployments.swap_model("shop-1", "m-2", 1);
  REQUIRE(swapped.generation == 2);
  REQUIRE(message_of<Busy>([&] { deployments.swap_model("shop-1", "m-3", 1); }) ==
          "deployment 'shop-1' is at generation 2 (model m-2), expected 1");
  // A server that started before the swap tells its state: the promotion stays.
  heartbeat.state = "running";
  heartbeat.pid = 77;
  heartbeat.port = 8080;
  deployments.update(heartbeat);
  auto now = deployments.get("shop-1");
  REQUIRE(now.model_id == "m-2");
  REQUIRE(now.generation == 2);
  REQUIRE(now.pid == 77);
  REQUIRE(now.options == "port: 1\nworkers: 2\n");
  REQUIRE(read_file(now.folder / "deployment.yaml").find("model: m-2\ngeneration: 2\nstate: running\n") !=
          std::string::npos);
  REQUIRE(message_of<UsageError>([&] { deployments.create({.name = "shop-1"}); }) ==
          "deployment 'shop-1' is there already");
  REQUIRE(message_of<UsageError>([&] { deployments.create({.name = "Shop 1"}); }) ==
          "'Shop 1' cannot be the name of a deployment; use a-z, 0-9 and '-'");
  REQUIRE(message_of<UsageError>([&] { deployments.get("shop-2"); }) ==
          "unknown deployment 'shop-2'; known: shop-1");
  REQUIRE(deployments.list().size() == 1);
  REQUIRE(problems_of(project) == "");
  deployments.remove("shop-1", true);
  REQUIRE(deployments.list().empty());
  REQUIRE(!fs::exists(now.folder));
}

TEST_CASE("a removed deployment leaves its captures, and what a crash has left goes with the next call") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto& deployments = project.deployments();
  auto folder = deployments.create({.name = "shop", .model_id = "m-1"}).folder;
  write_file_atomically(folder / "captures" / "ab" / "x.jpg", "x");
  write_file_atomically(folder / "audit.jsonl", "old");
  deployments.remove("shop", false);
  REQUIRE(deployments.list().empty());
  REQUIRE(fs::exists(folder / "captures" / "ab" / "x.jpg"));
  REQUIRE(!fs::exists(folder / "audit.jsonl"));
  REQUIRE(!fs::exists(folder / "deployment.yaml"));

  write_file_atomically(folder / "audit.jsonl", "left by a crash between the row and the files");
  deployments.remove("shop", false);
  REQUIRE(!fs::exists(folder / "audit.jsonl"));

  write_file_atomically(folder / "audit.jsonl", "left by a crash");
  deployments.create({.name = "shop", .model_id = "m-2"});  // nothing of the old one is taken over
  REQUIRE(!fs::exists(folder / "audit.jsonl"));
  REQUIRE(fs::exists(folder / "captures" / "ab" / "x.jpg"));
  deployments.remove("shop", true);
  REQUIRE(!fs::exists(folder));
  REQUIRE(message_of<UsageError>([&] { deployments.remove("shop", true); }) ==
          "unknown deployment 'shop'; there is no deployment yet");
}

TEST_CASE("captures are taken once per deployment") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto& captures = project.captures();
  CaptureRecord capture{.sha256 = sha256_hex("x"),
                        .deployment = "shop",
                        .model_id = "m-1",
                        .generation = 3,
                        .lane = "uniform",
                        .probability = 0.01,
                        .holdout = true,
                        .captured_at = "2026-11-22T09:30:05.000Z",
                        .detections = R"([{"score":0.5}])"};
  REQUIRE(captures.add(capture));
  auto later = capture;
  later.probability = 1;
  REQUIRE(!captures.add(later));
  auto other = capture;
  other.deployment = "gate";
  other.captured_at = "2026-11-21T09:30:05.000Z";
  REQUIRE(captures.add(other));
  REQUIRE(captures.list().size() == 2);
  REQUIRE(captures.list()[0].deployment == "gate");  // oldest first
  auto kept = captures.list("shop")[0];
  REQUIRE(kept.probability == 0.01);
  REQUIRE(kept.holdout);
  REQUIRE(kept.generation == 3);
  captures.set_image(capture.sha256, "shop", 5);
  REQUIRE(captures.list("shop", true).size() == 1);
  REQUIRE(captures.list("shop", false).empty());
  REQUIRE(captures.list("", false).size() == 1);
  REQUIRE(captures.forget(capture.sha256) == 2);
  REQUIRE(captures.forget(capture.sha256) == 0);
}

TEST_CASE("a capture's sidecar file comes back, and a broken one is located") {
  CaptureRecord capture{.sha256 = sha256_hex("x"),
                        .deployment = "shop",
                        .model_id = "m-1",
                        .generation = 3,
                        .lane = "interest",
                        .probability = 1,
                        .reason = "low-margin",
                        .captured_at = "2026-11-22T09:30:05.000Z",
                        .detections = R"([{"class":"cat","score":0.5}])"};
  auto text = capture_to_json(capture);
  auto back = capture_from_json(text, "c.json");
  REQUIRE(back.sha256 == capture.sha256);
  REQUIRE(back.model_id == "m-1");
  REQUIRE(back.generation == 3);
  REQUIRE(back.reason == "low-margin");
  REQUIRE(!back.holdout);
  REQUIRE(back.detections == capture.detections);
  REQUIRE(
      message_of<FormatError>([] { capture_from_json("{", "c.json"); }).starts_with("c.json: offset 2: "));
  REQUIRE(message_of<FormatError>([] { capture_from_json("[]", "c.json"); }) ==
          "c.json: a capture is one JSON object");
  REQUIRE(message_of<FormatError>([] { capture_from_json("{}", "c.json"); }) ==
          "c.json: the member 'sha256' is missing");
  REQUIRE(message_of<FormatError>([] { capture_from_json("{\"sha256\":\"../../x\"}", "c.json"); }) ==
          "c.json: /sha256: '../../x' is not a SHA-256 of 64 hex digits");
  auto lane = text;
  lane.replace(lane.find("interest"), 8, "fastlane");
  REQUIRE(message_of<FormatError>([&] { capture_from_json(lane, "c.json"); }) ==
          "c.json: /lane: found 'fastlane', expected uniform or interest");
}

TEST_CASE("an evaluation with the same inputs replaces the older one") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto& evaluations = project.evaluations();
  auto write = [](const std::string& text) {
    return [text](const fs::path& folder) { write_file_atomically(folder / "results.json", text); };
  };
  EvaluationRecord inputs{.model_id = "m-1", .snapshot_id = "s-1", .split = "test", .settings = "{}"};
  inputs.metrics = {{"ap", 0.25}};
  auto first = evaluations.add(inputs, write("one"));
  REQUIRE(first.id == EvaluationStore::id_of(inputs));
  auto other = inputs;
  other.split = "val";
  REQUIRE(EvaluationStore::id_of(other) != first.id);
  evaluations.add(other, write("val"));
  inputs.metrics = {{"ap", 0.5}};
  auto second = evaluations.add(inputs, write("two"));
  REQUIRE(second.id == first.id);
  REQUIRE(read_file(second.folder / "results.json") == "two");
  REQUIRE(evaluations.find(first.id)->metrics.at("ap") == 0.5);
  REQUIRE(!evaluations.find("e-0"));
  REQUIRE(evaluations.list().size() == 2);
  REQUIRE(evaluations.list()[0].id == second.id);
  REQUIRE(evaluations.list("m-2").empty());
  // The older files are gone, not hidden.
  REQUIRE(std::distance(fs::directory_iterator(fixture.folder() / "evals"), fs::directory_iterator()) == 2);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("events are one line each, and a torn line costs only itself") {
  ProjectFixture fixture;
  auto project = fixture.open();
  REQUIRE(project.events().list().empty());
  auto added =
      project.events().add({.kind = "run-done", .message = "r-1 is done\nAP .5", .fields = {{"run", "r-1"}}});
  REQUIRE(added.time.size() == 24);
  auto file = fixture.folder() / "events.jsonl";
  std::ofstream(file, std::ios::app) << "{\"time\":\"2026";  // a crash while appending
  auto events = project.events().list();
  REQUIRE(events.size() == 1);
  REQUIRE(events[0].message == "r-1 is done\nAP .5");
  REQUIRE(events[0].fields.at("run") == "r-1");
  project.events().add({.kind = "a"});
  project.events().add({.kind = "b"});
  REQUIRE(project.events().list().size() == 3);
  REQUIRE(project.events().list(1)[0].kind == "b");
}
