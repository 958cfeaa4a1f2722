#include "ds/retrain/machine.h"

#include "ds/base/error.h"
#include "fake_stages.h"

#include <catch2/catch.hpp>

using ds::Outcome;
using ds::Stage;
using Kind = ds::TickReport::Kind;

namespace {

template <typename E, typename F>
std::string message_of(F&& work) {
  try {
    work();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

struct Crash {};

}  // namespace

TEST_CASE("A tick is one stage, and the stages come in their order") {
  MachineFixture fixture;
  std::vector<Stage> stages;
  for (int i = 0; i < 5; ++i) stages.push_back(fixture.tick().stage);
  REQUIRE(stages ==
          std::vector<Stage>{Stage::train, Stage::evaluate, Stage::gate, Stage::promote, Stage::bake});
  REQUIRE(fixture.world.production == "m-new");

  auto watching = fixture.tick();
  REQUIRE(watching.kind == Kind::waiting);
  REQUIRE_FALSE(watching.changed());
  REQUIRE(watching.message == "m-new is watched for 1 h 00 min more; 100 requests so far");

  MachineFixture::set_time("2026-11-22T11:00:00Z");
  auto end = fixture.tick();
  REQUIRE(end.kind == Kind::promoted);
  REQUIRE(end.message == "m-new stays in production: 100 requests since the promotion, nothing against it");
  auto state = fixture.folder.load();
  REQUIRE_FALSE(state.open);
  REQUIRE(state.past.size() == 1);
  REQUIRE(state.past[0].outcome == Outcome::promoted);
}

TEST_CASE("A trigger that is not met says each missing term with value and limit, and changes nothing") {
  MachineFixture fixture;
  fixture.world.labels = {.new_images = 12, .new_labels = 30, .waiting_review = 0};
  auto report = fixture.tick();
  REQUIRE(report.kind == Kind::nothing);
  REQUIRE_FALSE(report.changed());
  REQUIRE(report.message == "new reviewed images 12 (needs >= 50)");
  REQUIRE(report.rules.size() == 4);
  REQUIRE_FALSE(fixture.folder.load().open);

  fixture.world.labels.waiting_review = 7;
  report = fixture.tick();
  REQUIRE(report.kind == Kind::waiting_for_labels);
  REQUIRE(report.message == "new reviewed images 12 (needs >= 50); waiting for review: 7 captured images");
}

TEST_CASE("New labels are counted from what was learnt last, whatever came of it") {
  MachineFixture fixture;
  fixture.world.gate_rules = {ds::check_rule("AP", -0.2, ">=", -0.01, "AP")};
  fixture.run();
  fixture.world.counted_since.clear();
  fixture.tick();
  REQUIRE(fixture.world.counted_since == std::vector<std::string>{"s-1"});
}

TEST_CASE("The same inputs never train twice") {
  MachineFixture fixture;
  fixture.world.gate_rules = {ds::check_rule("AP", -0.2, ">=", -0.01, "AP")};
  auto first = fixture.run();
  REQUIRE(first.kind == Kind::rejected);
  REQUIRE(first.message == "the gate says no: AP -0.2000 (needs >= -0.0100)");
  REQUIRE(fixture.world.trainings == 1);

  MachineFixture::set_time("2026-11-23T10:00:00Z");
  auto second = fixture.run();
  REQUIRE(second.kind == Kind::nothing);
  REQUIRE(second.message ==
          first.cycle_id + " trained these labels from this champion with these options before");
  REQUIRE(second.rules.back().name == "trainings of these inputs so far");
  REQUIRE(fixture.world.trainings == 1);

  fixture.world.snapshot = "s-2";
  REQUIRE(fixture.run().kind == Kind::rejected);
  REQUIRE(fixture.world.trainings == 2);
}

TEST_CASE("The cooldown counts from the end of the last cycle") {
  MachineFixture fixture;
  fixture.world.gate_rules = {ds::check_rule("AP", -0.2, ">=", -0.01, "AP")};
  fixture.run();
  fixture.world.snapshot = "s-2";
  MachineFixture::set_time("2026-11-22T12:00:00Z");
  REQUIRE(fixture.tick().message == "time since the last cycle 2 h 00 min (needs >= 6 h 00 min)");
  MachineFixture::set_time("2026-11-22T16:00:00Z");
  REQUIRE(fixture.tick().kind == Kind::advanced);
}

TEST_CASE("Not enough data to tell ends the cycle without a promotion") {
  MachineFixture fixture;
  fixture.world.gate_rules = {ds::check_rule("test images", 400, ">=", 20),
                              ds::check_rule("AP", std::nullopt, ">=", -0.01, "AP")};
  auto report = fixture.run();
  REQUIRE(report.kind == Kind::undecided);
  REQUIRE(report.message == "not enough data to tell: AP - (needs >= -0.0100)");
  REQUIRE(fixture.world.production == "m-old");
}

TEST_CASE("The circuit breaker opens after repeated rejects and a person closes it") {
  MachineFixture fixture;
  fixture.policy.max_rejects = 2;
  fixture.policy.cooldown_s = 0;
  fixture.world.gate_rules = {ds::check_rule("AP", -0.2, ">=", -0.01, "AP")};
  for (const char* snapshot : {"s-1", "s-2"}) {
    fixture.world.snapshot = snapshot;
    REQUIRE(fixture.run().kind == Kind::rejected);
  }
  fixture.world.snapshot = "s-3";
  auto report = fixture.run();
  REQUIRE(report.kind == Kind::stopped);
  REQUIRE(report.message == "cycles in a row without a promotion 2 (needs <= 1)");
  REQUIRE(fixture.world.trainings == 2);

  REQUIRE(fixture.machine().reset_breaker("the test set was wrong"));
  REQUIRE_FALSE(fixture.machine().reset_breaker("again"));
  REQUIRE(fixture.run().kind == Kind::rejected);
  REQUIRE(fixture.world.trainings == 3);
}

TEST_CASE("A training that fails is tried again, then given up") {
  MachineFixture fixture;
  fixture.world.trained = {ds::TrainResult::Kind::failed, "", "out of memory"};
  REQUIRE(fixture.run().message ==
          "training failed (attempt 1 of 2, the next tick tries again): out of memory");
  auto report = fixture.run();
  REQUIRE(report.kind == Kind::failed);
  REQUIRE(report.message == "training failed 2 times: out of memory");
  REQUIRE(fixture.folder.load().past.at(0).outcome == Outcome::failed);
}

TEST_CASE("A training that another process still runs is waited for, not started again") {
  MachineFixture fixture;
  fixture.tick();
  fixture.world.trained = {ds::TrainResult::Kind::still_running, "", "run r-1 is still training"};
  auto report = fixture.run();
  REQUIRE(report.kind == Kind::waiting);
  REQUIRE(report.message == "run r-1 is still training");
  REQUIRE(fixture.folder.load().open->failed_attempts == 0);
}

TEST_CASE("When somebody else moved production, the compare-and-swap fails and nothing is overwritten") {
  MachineFixture fixture;
  fixture.world.stolen = true;
  auto report = fixture.run();
  REQUIRE(report.kind == Kind::superseded);
  REQUIRE(report.message == "production is on m-other, not on m-old");
  REQUIRE(fixture.world.production == "m-other");
  REQUIRE(fixture.folder.load().past.at(0).outcome == Outcome::superseded);
}

TEST_CASE("Bad traffic in the bake window rolls back by itself, and that model is not promoted again") {
  MachineFixture fixture;
  // 5 of 100 requests failed: .05 > .02
  fixture.world.traffic_after.errors = 5;
  auto report = fixture.run();
  REQUIRE(report.kind == Kind::rolled_back);
  REQUIRE(report.message ==
          "m-old is back in production in place of m-new: the bake window shows: error rate 0.0500 (needs <= "
          "0.0200)");
  REQUIRE(fixture.world.production == "m-old");
  REQUIRE(fixture.folder.load().barred == std::vector<std::string>{"m-new"});
  REQUIRE(message_of<ds::UsageError>([&] { fixture.machine().promote("m-new", "I know better"); }) ==
          "m-new was rolled back and is not promoted again");
}

TEST_CASE("Too few requests in the bake window prove nothing") {
  MachineFixture fixture;
  fixture.world.traffic_after = {.requests = 3, .errors = 3};
  REQUIRE(fixture.run().kind == Kind::waiting);
  MachineFixture::set_time("2026-11-22T11:00:00Z");
  REQUIRE(fixture.run().kind == Kind::promoted);
}

TEST_CASE("Someone who moves production during the bake window ends it") {
  MachineFixture fixture;
  fixture.run();
  fixture.world.production = "m-other";
  auto report = fixture.run();
  REQUIRE(report.kind == Kind::superseded);
  REQUIRE(report.message == "m-other took the place of m-new during the bake window");
  auto entries = ds::RetrainLog(fixture.folder.audit_file()).list();
  REQUIRE(ds::in_production_at(entries, "2026-11-22T10:00:00Z")->fields.at("to") == "m-other");
}

TEST_CASE("A manual promotion needs a verdict that fits, or a reason") {
  MachineFixture fixture;
  REQUIRE(message_of<ds::UsageError>([&] { fixture.machine().promote("m-new", ""); }) ==
          "no verdict says that m-new passes against m-old, which is in production");
  REQUIRE(fixture.world.production == "m-old");

  auto report = fixture.machine().promote("m-new", "the old one is blind at night");
  REQUIRE(report.stage == Stage::bake);
  REQUIRE(fixture.world.production == "m-new");
  auto entries = ds::RetrainLog(fixture.folder.audit_file()).list();
  REQUIRE(entries.back().action == "promoted");
  REQUIRE(entries.back().fields.at("forced") == "the old one is blind at night");
}

TEST_CASE("While a cycle is open, a manual promotion waits") {
  MachineFixture fixture;
  auto cycle = fixture.tick().cycle_id;
  REQUIRE(message_of<ds::Busy>([&] { fixture.machine().promote("m-x", "now"); }) ==
          "cycle " + cycle + " is open at stage 'train'");
}

TEST_CASE("A verdict that was edited permits nothing") {
  MachineFixture fixture;
  fixture.world.gate_rules = {ds::check_rule("AP", -0.2, ">=", -0.01, "AP")};
  auto cycle = fixture.run().cycle_id;
  auto file = fixture.folder.cycle_folder(cycle) / "verdict.json";
  auto text = ds::read_file(file);
  for (const auto& [from, to] : {std::pair{"\"reject\"", "\"pass\""}, std::pair{"\"not met\"", "\"met\""}})
    text.replace(text.find(from), std::string(from).size(), to);
  ds::write_file_atomically(file, text);
  REQUIRE(message_of<ds::DataError>([&] { fixture.machine().promote("m-new", ""); }) ==
          file.string() + " is not the verdict that the audit log recorded");
  REQUIRE(fixture.world.production == "m-old");
}

TEST_CASE("A manual rollback goes to the model before, from any stage") {
  MachineFixture fixture;
  REQUIRE(message_of<ds::UsageError>([&] { fixture.machine().roll_back("x"); }) ==
          "the audit log knows no model before m-old to go back to");
  fixture.run();
  auto report = fixture.machine().roll_back("customers complain");
  REQUIRE(report.kind == Kind::rolled_back);
  REQUIRE(fixture.world.production == "m-old");
  REQUIRE(fixture.folder.load().past.at(0).outcome == Outcome::rolled_back);
  REQUIRE(fixture.folder.load().is_barred("m-new"));
  REQUIRE(message_of<ds::UsageError>([&] { fixture.machine().roll_back("x"); }) ==
          "the audit log knows no model before m-old to go back to");
}

TEST_CASE("A manual rollback after the bake window ends an open cycle") {
  MachineFixture fixture;
  fixture.policy.bake_window_s = 0;
  fixture.policy.cooldown_s = 0;
  REQUIRE(fixture.run().kind == Kind::promoted);
  fixture.world.snapshot = "s-2";
  REQUIRE(fixture.tick().stage == Stage::train);
  REQUIRE(fixture.machine().roll_back("").kind == Kind::rolled_back);
  auto past = fixture.folder.load().past;
  REQUIRE(past.size() == 3);
  REQUIRE(past[1].message == "production was rolled back by hand");
  REQUIRE(past[2].message.ends_with("asked for by ada"));
  REQUIRE(fixture.world.production == "m-old");
}

TEST_CASE("Killed after any durable step and run again, the end is the same") {
  enum class Way { promoted, rejected, rolled_back };
  auto way = GENERATE(Way::promoted, Way::rejected, Way::rolled_back);
  auto play = [way](int crash_at, int& points) {
    MachineFixture fixture;
    fixture.policy.bake_window_s = 0;
    if (way == Way::rejected) fixture.world.gate_rules = {ds::check_rule("AP", -0.2, ">=", -0.01, "AP")};
    if (way == Way::rolled_back) fixture.world.traffic_after.errors = 50;
    points = 0;
    bool crashed = false;
    for (int ticks = 0; ticks < 30; ++ticks) {
      auto machine = fixture.machine();
      machine.checkpoint = [&](const std::string&) {
        if (++points == crash_at) throw Crash{};
      };
      try {
        if (!machine.tick().again()) break;
      } catch (const Crash&) {
        crashed = true;
      }
    }
    REQUIRE(crashed == (crash_at > 0));
    REQUIRE(fixture.world.promotions <= 1);
    REQUIRE(fixture.world.rollbacks <= 1);
    std::string audit;
    for (const auto& entry : ds::RetrainLog(fixture.folder.audit_file()).list()) audit += entry.hash + "\n";
    return ds::state_to_text(fixture.folder.load()) + fixture.world.production + "\n" + audit;
  };
  int points = 0;
  auto undisturbed = play(0, points);
  int all = points;
  REQUIRE(all >= 10);
  for (int crash_at = 1; crash_at <= all; ++crash_at) {
    CAPTURE(crash_at);
    REQUIRE(play(crash_at, points) == undisturbed);
  }
}

TEST_CASE("Explain shows the terms of where it stands and changes nothing") {
  MachineFixture fixture;
  fixture.world.labels.new_images = 3;
  auto explanation = fixture.machine().explain();
  REQUIRE(explanation.summary == "waiting: new reviewed images 3 (needs >= 50)");
  REQUIRE(explanation.counted_from == "s-0");
  REQUIRE_FALSE(std::filesystem::exists(fixture.folder.path()));

  fixture.world.labels.new_images = 60;
  fixture.run();
  explanation = fixture.machine().explain();
  REQUIRE(explanation.stage == Stage::bake);
  REQUIRE(explanation.rules.at(0).name == "error rate");
}

TEST_CASE("Exit codes: plain and detailed") {
  REQUIRE(ds::exit_code_of(Kind::nothing, false) == 0);
  REQUIRE(ds::exit_code_of(Kind::nothing, true) == 10);
  REQUIRE(ds::exit_code_of(Kind::waiting_for_labels, false) == 0);
  REQUIRE(ds::exit_code_of(Kind::waiting_for_labels, true) == 11);
  REQUIRE(ds::exit_code_of(Kind::rejected, false) == 4);
  REQUIRE(ds::exit_code_of(Kind::rejected, true) == 12);
  REQUIRE(ds::exit_code_of(Kind::rolled_back, false) == 4);
  REQUIRE(ds::exit_code_of(Kind::rolled_back, true) == 13);
  REQUIRE(ds::exit_code_of(Kind::undecided, true) == 5);
  REQUIRE(ds::exit_code_of(Kind::superseded, false) == 75);
  REQUIRE(ds::exit_code_of(Kind::promoted, true) == 0);
}
