#include "ds/project/run_store.h"

#include <cmath>
#include <cstdlib>

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

TEST_CASE("runs are rows and folders, newest first") {
  setenv("DS_FAKE_NOW", "2026-11-22T09:30:05Z", 1);
  ProjectFixture fixture;
  auto project = fixture.open();
  auto first = project.runs().create({.group = "g", .architecture = "nano", .snapshot_id = "s-1"});
  auto second = project.runs().create({.architecture = "nano"});
  REQUIRE(first.id == "r-20261122-093005-nano");
  REQUIRE(second.id == "r-20261122-093005-nano-2");
  REQUIRE(fs::is_directory(fixture.folder() / "runs" / first.id));
  first.state = RunState::done;
  first.finished_at = "later";
  first.model_id = "m-1";
  first.metrics = {{"ap", 0.25}, {"loss", std::nan("")}};
  project.runs().update(first);
  auto runs = project.runs().list();
  REQUIRE(runs.size() == 2);
  REQUIRE(runs[0].id == second.id);
  REQUIRE(runs[1].group == "g");
  REQUIRE(runs[1].state == RunState::done);
  REQUIRE(runs[1].metrics.at("ap") == 0.25);
  REQUIRE(std::isnan(runs[1].metrics.at("loss")));
  REQUIRE(project.runs().get("latest").id == second.id);
  REQUIRE(message_of<UsageError>([&] { project.runs().get("r-2026"); }) ==
          "'r-2026' is the beginning of 2 runs: " + second.id + ", " + first.id);
  REQUIRE(message_of<UsageError>([&] { project.runs().get("x"); }) ==
          "unknown run 'x'; known: " + second.id + ", " + first.id);
  REQUIRE(message_of<UsageError>([&] { project.runs().create({.id = "../x"}); }) ==
          "'../x' cannot be the id of a run");
  project.runs().remove(second.id);
  REQUIRE(!fs::exists(fixture.folder() / "runs" / second.id));
  REQUIRE(project.runs().get("r-2026").id == first.id);
  REQUIRE(problems_of(project) == "");
  fs::remove_all(fixture.folder() / "runs" / first.id);
  REQUIRE(problems_of(project) == "run " + first.id + " has lost its folder " +
                                      (fixture.folder() / "runs" / first.id).string() + "\n");
  unsetenv("DS_FAKE_NOW");
}

TEST_CASE("a run whose process is gone is reported as stopped") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto run = project.runs().create({.architecture = "nano"});
  {
    auto alive = project.runs().hold(run.id);
    run.state = RunState::running;
    project.runs().update(run);
    auto other = fixture.open();
    REQUIRE(other.runs().get(run.id).state == RunState::running);
    REQUIRE(message_of<Busy>([&] {
              other.runs().remove(run.id);
            }).starts_with("run " + run.id + " is locked by "));
  }
  REQUIRE(project.runs().get(run.id).state == RunState::stopped);
  REQUIRE(project.runs().get(run.id).message == "its process ended without saving a state");
}
