#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/retrain/machine.h"

/// A world in memory for the machine: what production is, what is labelled, what a training would make. Every
/// call is idempotent as Stages asks for, and counted.
struct FakeStages : ds::Stages {
  std::string production = "m-old";
  std::int64_t generation = 1;
  ds::LabelCounts labels{.new_images = 60, .new_labels = 100, .waiting_review = 0};
  std::string snapshot = "s-1";
  std::string learnt_from = "s-0";  // of the model in production
  std::vector<std::string> counted_since;
  std::string options = "recipe=a";
  ds::TrainResult trained{ds::TrainResult::Kind::done, "m-new", ""};
  std::vector<ds::RuleCheck> gate_rules{ds::check_rule("AP", 0.02, ">=", -0.01, "AP")};
  ds::TrafficSummary traffic_before{
      .requests = 100, .errors = 0, .images = 100, .empty = 10, .latency_p50_ms = 20, .mean_top_score = 0.8};
  ds::TrafficSummary traffic_after = traffic_before;
  bool stolen = false;  // somebody else moves production before our compare-and-swap
  int trainings = 0;
  int promotions = 0;
  int rollbacks = 0;

  ds::CollectReport collect() override { return {}; }
  ds::LabelCounts count_labels(const std::string& since) override {
    counted_since.push_back(since);
    return labels;
  }
  std::string champion() override { return production; }
  std::string snapshot_of(const std::string&) override { return learnt_from; }
  std::string make_snapshot() override { return snapshot; }
  std::string training_options() override { return options; }
  ds::TrainResult train(const ds::Cycle&) override {
    ++trainings;
    return trained;
  }
  void evaluate(const ds::Cycle&) override {}
  ds::CycleVerdict gate(const ds::Cycle& cycle) override {
    return {.cycle_id = cycle.id,
            .baseline_id = cycle.baseline_id,
            .challenger_id = cycle.challenger_id,
            .snapshot_id = cycle.snapshot_id,
            .fingerprint = "f",
            .decided_at = ds::utc_now(),
            .rules = gate_rules};
  }
  ds::PromoteResult swap(const std::string& from, const std::string& to, int& count) {
    if (production == to) return {true, generation};
    if (production != from) return {false, generation, "production is on " + production + ", not on " + from};
    production = to;
    ++count;
    return {true, ++generation};
  }
  ds::PromoteResult promote(const ds::Cycle& cycle) override {
    if (stolen) production = "m-other";
    return swap(cycle.baseline_id, cycle.challenger_id, promotions);
  }
  ds::TrafficSummary traffic(double, double) override {
    return production == "m-old" ? traffic_before : traffic_after;
  }
  ds::PromoteResult roll_back(const std::string& from, const std::string& to, const std::string&) override {
    return swap(from, to, rollbacks);
  }
};

/// A folder, a world and a clock.
struct MachineFixture {
  ds::TemporaryFolder temporary;
  ds::RetrainFolder folder{temporary.path() / "retrain" / "cells"};
  ds::RetrainPolicy policy;
  FakeStages world;

  MachineFixture() { set_time("2026-11-22T10:00:00Z"); }
  ~MachineFixture() { ::unsetenv("DS_FAKE_NOW"); }
  static void set_time(const char* time) { ::setenv("DS_FAKE_NOW", time, 1); }

  ds::RetrainMachine machine() { return {folder, policy, world, "ada"}; }
  ds::TickReport tick() { return machine().tick(); }
  /// Ticks until there is nothing more to do now.
  ds::TickReport run() {
    for (;;) {
      auto report = tick();
      if (!report.again()) return report;
    }
  }
};
