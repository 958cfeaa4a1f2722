#include <filesystem>
#include <fstream>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/retrain/policy.h"
#include "ds/retrain/retrain_log.h"
#include "ds/retrain/state.h"
#include "ds/retrain/verdict.h"

#include <catch2/catch.hpp>

namespace {

template <typename F>
std::string error_of(F&& work) {
  try {
    work();
  } catch (const ds::Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("A policy reads back as it was written") {
  ds::TemporaryFolder folder;
  ds::RetrainPolicy policy;
  policy.min_new_images = 7;
  policy.arch = "yolox-tiny";
  policy.train_options = {"workers=1", "mosaic=false"};
  policy.max_loss = 0.025;
  auto file = folder.path() / "retrain.yaml";
  ds::write_file_atomically(file, ds::policy_to_yaml(policy));
  auto back = ds::read_policy(file);
  REQUIRE(back.min_new_images == 7);
  REQUIRE(back.arch == "yolox-tiny");
  REQUIRE(back.train_options == policy.train_options);
  REQUIRE(back.max_loss == 0.025);
  REQUIRE(ds::policy_to_yaml(back) == ds::policy_to_yaml(policy));
}

TEST_CASE("A policy with an unknown key or a senseless value is refused with its place") {
  ds::TemporaryFolder folder;
  auto file = folder.path() / "retrain.yaml";
  ds::write_file_atomically(file, "max_loss: 0.1\nmin_new_image: 3\n");
  REQUIRE(error_of([&] {
            ds::read_policy(file);
          }).starts_with(file.string() + ":2:1: unknown key 'min_new_image'"));
  ds::write_file_atomically(file, "max_loss: 3\n");
  REQUIRE(error_of([&] { ds::read_policy(file); }) ==
          file.string() + ": max_loss is 3, expected a number between 0 and 1");
  ds::write_file_atomically(file, "min_new_images: 0\n");
  REQUIRE(error_of([&] { ds::read_policy(file); }) ==
          file.string() +
              ": min_new_images and min_new_labels is 0, expected at least one above 0: without new "
              "labels the same data would be trained again");
}

TEST_CASE("The audit log is a chain that shows where it was tampered with") {
  ds::TemporaryFolder folder;
  auto file = folder.path() / "audit.jsonl";
  ds::RetrainLog log(file);
  REQUIRE(log.list().empty());
  REQUIRE(log.add("ada", "in-production", {{"to", "m-1"}}));
  REQUIRE(log.add("ada", "promoted", {{"from", "m-1"}, {"to", "m-2"}}, "promoted:c-1"));
  REQUIRE_FALSE(log.add("ada", "promoted", {{"from", "m-1"}, {"to", "m-2"}}, "promoted:c-1"));
  REQUIRE(log.add("bob", "rolled-back", {{"from", "m-2"}, {"to", "m-1"}}));
  REQUIRE(log.list().size() == 3);
  REQUIRE(log.list()[2].previous == log.list()[1].hash);

  auto text = ds::read_file(file);
  auto changed = text;
  changed.replace(changed.find("bob"), 3, "eve");
  ds::write_file_atomically(file, changed);
  REQUIRE(error_of([&] { log.list(); }) ==
          file.string() + ":3: the entry was changed after it was written: its hash does not fit");

  auto second = text.find('\n') + 1;
  auto third = text.find('\n', second) + 1;
  ds::write_file_atomically(file, text.substr(0, second) + text.substr(third));
  REQUIRE(error_of([&] { log.list(); }) ==
          file.string() +
              ":2: the chain is broken here: an entry before this one was changed, removed or added");
}

TEST_CASE("A torn last line is not an entry, and the next one takes its place") {
  ds::TemporaryFolder folder;
  auto file = folder.path() / "audit.jsonl";
  ds::RetrainLog log(file);
  log.add("ada", "a", {});
  std::ofstream(file, std::ios::app) << "{\"number\": 2, \"ti";
  REQUIRE(log.list().size() == 1);
  log.add("ada", "b", {});
  REQUIRE(log.list().size() == 2);
  REQUIRE(log.list()[1].action == "b");
}

TEST_CASE("What was in production at a time is the last move before it") {
  std::vector<ds::RetrainLogEntry> entries(3);
  entries[0] = {.time = "2026-01-01T00:00:00.000Z", .action = "in-production", .fields = {{"to", "m-1"}}};
  entries[1] = {.time = "2026-02-01T00:00:00.000Z", .action = "verdict", .fields = {}};
  entries[2] = {.time = "2026-02-02T00:00:00.000Z", .action = "promoted", .fields = {{"to", "m-2"}}};
  REQUIRE_FALSE(ds::in_production_at(entries, "2025-12-31"));
  REQUIRE(ds::in_production_at(entries, "2026-02-01T12:00:00Z")->fields.at("to") == "m-1");
  REQUIRE(ds::in_production_at(entries, "2026-02-02T00:00:00Z")->fields.at("to") == "m-2");
  REQUIRE(error_of([&] { ds::in_production_at(entries, "yesterday"); }) ==
          "'yesterday' is not a time; write it as 2026-11-22T09:30:00Z");
}

TEST_CASE("State and verdict read back as they were written; a damaged or newer file is refused") {
  ds::RetrainState state;
  ds::Cycle cycle;
  cycle.id = "c-1";
  cycle.stage = ds::Stage::bake;
  cycle.before.latency_p50_ms = 12.5;
  cycle.forced_reason = "because";
  state.open = cycle;
  state.barred = {"m-9"};
  auto text = ds::state_to_text(state);
  REQUIRE(ds::state_to_text(ds::state_from_text(text, "state.json")) == text);
  REQUIRE(error_of([&] {
            ds::state_from_text("{}", "state.json");
          }).starts_with("state.json: not a state of ds-retrain: "));
  try {
    ds::state_from_text("{}", "state.json");
    FAIL("a state without anything was read");
  } catch (const ds::FormatError& error) {
    REQUIRE(error.advice().find("mv state.json state.json.broken") != std::string::npos);
  }
  REQUIRE(error_of([&] { ds::state_from_text("{\"format\": 2}", "state.json"); }) ==
          "state.json: /format: format 2 is newer than this tool's 1");

  ds::CycleVerdict verdict{.cycle_id = "c-1",
                           .baseline_id = "m-1",
                           .challenger_id = "m-2",
                           .snapshot_id = "s",
                           .fingerprint = "f",
                           .decided_at = "t",
                           .answer = ds::Verdict::pass,
                           .rules = {ds::check_rule("AP", 0.1, ">=", 0, "AP", "note")}};
  verdict.rules[0].low = 0.05;
  verdict.rules[0].high = 0.2;
  auto written = ds::verdict_to_text(verdict);
  REQUIRE(ds::verdict_to_text(ds::verdict_from_text(written, "verdict.json")) == written);
  verdict.answer = ds::Verdict::regression;
  REQUIRE(error_of([&] { ds::verdict_from_text(ds::verdict_to_text(verdict), "verdict.json"); }) ==
          "verdict.json: /decision: says 'reject', but its terms give 'pass'");
}
