#include "ds/runs/view.h"

#include <unistd.h>

#include "ds/base/files.h"
#include "made_runs.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::made_run;

TEST_CASE("a run's best epoch is the first of the largest AP") {
  REQUIRE(made_run("r-1", RunState::running, 1).best() == nullptr);
  // AP .1 .2 .3 .4 .4 .4 at epochs 2 4 6 8 10 12
  REQUIRE(made_run("r-1", RunState::done, 12).best()->epoch == 8);
}

TEST_CASE("runs are told apart by their titles, and by numbers where these are equal") {
  auto large = made_run("r-2", RunState::queued, 0);
  large.config.options.input_size = "128x96";
  auto runs = std::vector{made_run("r-1", RunState::done, 12), large};
  REQUIRE(short_names(runs) == std::vector<std::string>{"yolox-nano 64x64", "yolox-nano 128x96"});
  runs[1].config.options.input_size = "64x64";
  REQUIRE(short_names(runs) == std::vector<std::string>{"#1 yolox-nano 64x64", "#2 yolox-nano 64x64"});
}

TEST_CASE("time left: what a run says itself, and for those that wait the pace of the others") {
  auto running = made_run("r-1", RunState::running, 3);
  auto queued = made_run("r-2", RunState::queued, 0, 6);
  // 9 epochs of 10 s
  REQUIRE(*seconds_left(running, {running, queued}) == 90);
  // (30 + 90) s / 12 epochs, 6 epochs, the same input: 60 s
  REQUIRE(*seconds_left(queued, {running, queued}) == Approx(60));
  REQUIRE(*seconds_left({running, queued}) == Approx(150));
  // Twice as wide: twice the pixels.
  queued.config.options.input_size = "128x64";
  REQUIRE(*seconds_left(queued, {running, queued}) == Approx(120));
  queued.config.options.budget_s = 300;
  REQUIRE(*seconds_left({running, queued}) == Approx(390));
  // 120 s over 12 epochs
  REQUIRE(*seconds_left(made_run("r-2", RunState::queued, 0), {made_run("r-1", RunState::done, 12)}) ==
          Approx(120));
}

TEST_CASE("time left of a run that waits for its next turn is what it has not done yet") {
  auto waiting = made_run("r-1", RunState::queued, 3);
  waiting.config.options.budget_s = 100;
  REQUIRE(*seconds_left(waiting, {waiting}) == 90);  // 9 epochs of 10 s, as it says itself
  waiting.status->eta_s = std::nullopt;
  REQUIRE(*seconds_left(waiting, {waiting}) == 70);  // of 100 s 30 are spent
}

TEST_CASE("time left is nothing where it cannot be told, and 0 when a run has ended") {
  auto queued = made_run("r-2", RunState::queued, 0);
  REQUIRE_FALSE(seconds_left(queued, {queued}));
  REQUIRE_FALSE(seconds_left({made_run("r-1", RunState::running, 0), queued}));
  REQUIRE(*seconds_left({made_run("r-1", RunState::stopped, 3), made_run("r-2", RunState::done, 12)}) == 0);
}

TEST_CASE("somebody is at work: a running run, or the living program of one that has just ended") {
  auto done = made_run("r-1", RunState::done, 12);
  auto queued = made_run("r-2", RunState::queued, 0);
  REQUIRE_FALSE(is_somebody_at_work({done, queued}));
  done.status->pid = static_cast<int>(getpid());
  REQUIRE(is_somebody_at_work({done, queued}));
  REQUIRE(is_somebody_at_work({made_run("r-1", RunState::running, 1)}));
}

TEST_CASE("a run is looked at through its folder") {
  TemporaryFolder folder;
  RunRecord record{.id = "r-1", .architecture = "yolox-nano", .metrics = {}, .folder = folder.path()};
  auto view = look_at(record);
  REQUIRE_FALSE(view.status);
  REQUIRE(view.title() == "yolox-nano");
  write_file_atomically(
      RunFolder(folder.path()).config(),
      "arch: yolox-tiny  # --arch\ninput_size: 416x320\nweights: \"\"\nbatch: 4  # a b.yaml:7\n");
  REQUIRE(view.findings.empty());
  RunFolder(folder.path()).write_findings({{"few-objects", false, "few", "more"}});
  view = look_at(record);
  REQUIRE(view.findings.size() == 1);
  REQUIRE(view.findings[0].message == "few");
  REQUIRE(view.config.options.arch == "yolox-tiny");
  REQUIRE(view.title() == "yolox-nano 416x320");
  REQUIRE(view.options.size() == 4);
  REQUIRE(view.options[0].name == "arch");
  REQUIRE(view.options[0].value == "yolox-tiny");
  REQUIRE(view.options[0].origin == "--arch");
  REQUIRE(view.options[1].origin.empty());
  REQUIRE(view.options[2].value.empty());
  REQUIRE(view.options[3].value == "4");
  REQUIRE(view.options[3].origin == "a b.yaml:7");
}
