#include "ds/runs/watch.h"

#include <algorithm>

#include "ds/base/text.h"
#include "made_runs.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::made_run;
using Lines = std::vector<std::string>;

namespace {

std::vector<RunView> three() {
  auto stopped = made_run("r-20260102-030405-yolox-nano", RunState::stopped, 4);
  stopped.record.message = "its process ended without saving a state";
  return {stopped, made_run("r-20260102-030405-yolox-nano-2", RunState::running, 8),
          made_run("r-20260102-030405-yolox-nano-3", RunState::queued, 0)};
}

}  // namespace

TEST_CASE("watch: a table with curves where there is room") {
  auto lines = watch_screen({made_run("r-1", RunState::done, 12), made_run("r-2", RunState::running, 4),
                             made_run("r-3", RunState::queued, 0)},
                            {.columns = 110});
  REQUIRE(
      lines ==
      Lines{
          "run  state    epoch  loss     rate  val AP      best  images/s         left  AP      loss",
          "r-1  done     12/12  0.67  2.0e-03   0.400  0.400 @8      30.0            -  ▁▃▆███  █▄▃▂▂▁▁▁▁▁▁▁",
          "r-2  running   5/12  2.00  2.0e-03   0.200  0.200 @4      30.0   1 min 20 s  ▁█      █▃▁▁",
          "r-3  queued       -     -        -       -         -         -  ~2 min 00 s",
          "3 candidates: 1 done, 1 running, 1 queued  about 3 min 20 s left  best AP 0.400 at epoch 8 of "
          "r-1"});
}

TEST_CASE("watch: a block a run on a usual terminal, advice on what stopped") {
  auto lines = watch_screen(three(), {.columns = 80});
  REQUIRE(lines == Lines{"r-20260102-030405-yolox-nano  yolox-nano 64x64  stopped",
                         "  epoch 5/12  loss 2.00  rate 2.0e-03  AP 0.200  best 0.200 at 4  30.0 images/s",
                         "  AP ▁█  loss █▃▁▁", "r-20260102-030405-yolox-nano-2  yolox-nano 64x64  running",
                         "  epoch 9/12  loss 1.00  rate 2.0e-03  AP 0.400  best 0.400 at 8  30.0 images/s",
                         "  40 s left", "  AP ▁▃▆█  loss █▄▂▂▁▁▁▁",
                         "r-20260102-030405-yolox-nano-3  yolox-nano 64x64  queued", "  ~2 min 00 s left",
                         "#1 yolox-nano 64x64: its process ended without saving a state; continue it with:",
                         "ds-train run --resume r-20260102-030405-yolox-nano",
                         "3 candidates: 1 stopped, 1 running, 1 queued  about 2 min 40 s left",
                         "best AP 0.400 at epoch 8 of r-20260102-030405-yolox-nano-2"});
}

TEST_CASE("watch: no line is wider or the whole higher than the terminal, and ASCII is ASCII") {
  auto runs = three();
  runs[0].record.message = std::string(100, 'x');
  for (std::size_t columns = 8; columns < 160; ++columns)
    for (std::size_t rows : {0, 2, 5, 9, 24})
      for (const auto& line :
           watch_screen(runs, {.columns = columns, .rows = rows, .unicode = false}, true)) {
        REQUIRE(display_width(line) <= columns);
        REQUIRE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
      }
  for (std::size_t rows : {2, 5, 9, 24})
    for (std::size_t columns : {8, 40, 80, 160})
      REQUIRE(watch_screen(runs, {.columns = columns, .rows = rows}).size() <= rows);
}

TEST_CASE("watch: 40 columns hold everything of a run") {
  auto lines =
      watch_screen({made_run("r-20260102-030405-yolox-nano", RunState::running, 8)}, {.columns = 40});
  REQUIRE(lines == Lines{"yolox-nano 64x64  running", "  epoch 9/12  loss 1.00  rate 2.0e-03",
                         "  AP 0.400  best 0.400 at 8", "  30.0 images/s  40 s left",
                         "  AP ▁▃▆█  loss █▄▂▂▁▁▁▁"});
}

TEST_CASE("watch: a low terminal drops curves, then all but a line a run, then lines") {
  auto runs = std::vector{made_run("r-1", RunState::done, 12), made_run("r-2", RunState::running, 8)};
  auto lines = watch_screen(runs, {.columns = 40, .rows = 11});
  REQUIRE(lines.size() == 11);
  REQUIRE(lines[0] == "r-1  yolox-nano 64x64  done");
  REQUIRE(lines[4] == "r-2  yolox-nano 64x64  running");
  lines = watch_screen(runs, {.columns = 40, .rows = 6});
  REQUIRE(lines == Lines{"state    epoch   best  left  run", "done     12/12  0.400     -  #1 yolox-n…",
                         "running   9/12  0.400  40 s  #2 yolox-n…", "2 candidates: 1 done, 1 running",
                         "about 40 s left", "best AP 0.400 at epoch 8 of r-1"});
  lines = watch_screen(runs, {.columns = 40, .rows = 3});
  REQUIRE(lines == Lines{"state    epoch   best  left  run", "done     12/12  0.400     -  #1 yolox-n…",
                         "(4 more lines)"});
}

TEST_CASE("watch: the command of an advice stays whole, and a queue that is left has no time") {
  auto runs = std::vector{made_run("r-1", RunState::done, 12), made_run("r-2", RunState::queued, 0)};
  auto lines = watch_screen(runs, {.columns = 60}, true);
  REQUIRE(Lines(lines.end() - 5, lines.end()) ==
          Lines{"r-2  yolox-nano 64x64  queued",
                "#2 yolox-nano 64x64: nobody trains it; continue it with:", "ds-train run --resume r-2",
                "2 candidates: 1 done, 1 queued", "best AP 0.400 at epoch 8 of r-1"});
}

TEST_CASE("watch: one line a run for a pipe") {
  REQUIRE(watch_line(made_run("r-1", RunState::running, 8)) ==
          "r-1  running  yolox-nano 64x64  epoch 9/12  loss 1.00  rate 2.0e-03  AP 0.400 (best 0.400 at 8)  "
          "30.0 images/s  40 s left");
  REQUIRE(watch_line(made_run("r-1", RunState::done, 12)) ==
          "r-1  done  yolox-nano 64x64  epoch 12/12  loss 0.67  rate 2.0e-03  AP 0.400 (best 0.400 at 8)");
  auto queued = made_run("r-2", RunState::queued, 0);
  REQUIRE(watch_line(queued) == "r-2  queued");
  REQUIRE(watch_line(queued, true) ==
          "r-2  queued  nobody trains it; continue it with: ds-train run --resume r-2");
  auto failed = made_run("r-3", RunState::failed, 0);
  failed.record.message = "no memory";
  REQUIRE(watch_line(failed) ==
          "r-3  failed  no memory; its log is runs/r-3/log.txt; try again with: ds-train run --resume r-3");
}

TEST_CASE("texts are cut and wrapped by what they take on a terminal") {
  REQUIRE(clipped("abcdef", 6, true) == "abcdef");
  REQUIRE(clipped("abcdef", 4, true) == "abc…");
  REQUIRE(clipped("abcdef", 4, false) == "abc~");
  // Wide characters take two columns: 4 of 7, then the mark.
  REQUIRE(clipped("日本語x", 6, true) == "日本…");
  REQUIRE(wrapped("one two three", 7, 0) == Lines{"one two", "three"});
  REQUIRE(wrapped("one abcdefghij", 6, 2) == Lines{"  one", "  abcd", "  efgh", "  ij"});
  REQUIRE(wrapped("", 6, 2) == Lines{"  "});
}
