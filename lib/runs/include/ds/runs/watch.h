#pragma once

#include <string>
#include <vector>

#include "ds/runs/view.h"

namespace ds {

/// What there is to draw on.
struct WatchScreen {
  std::size_t columns = 80;
  std::size_t rows = 0;  // 0: any number
  bool unicode = true;   // else nothing but ASCII
};

/// The state of all runs as lines of at most `columns`, `rows` at most: a table with sparklines of val AP and
/// loss where it fits, else a block a run, else a line a run. Advice on runs that stopped or failed and, for
/// several, a sum over all stand below. @param queue_is_left nobody will train the queued ones
std::vector<std::string> watch_screen(const std::vector<RunView>& runs, const WatchScreen& screen,
                                      bool queue_is_left = false);

/// One run in one line, for a pipe or a log: `r-1  running  yolox-nano 64x64  epoch 2/9  loss 4.31 ...`.
std::string watch_line(const RunView& run, bool queue_is_left = false);

/// All runs in one line: `3 candidates: 1 done, 1 running, 1 queued  12 min left  best AP 0.430 ...`.
std::string watch_summary(const std::vector<RunView>& runs, bool queue_is_left = false);

/// The text in at most `width` columns; what is cut is marked by `…` (or `~`).
std::string clipped(const std::string& text, std::size_t width, bool unicode);
/// Words in lines of at most `width` columns, each begun with `indent` blanks; longer words
/// are cut in pieces.
std::vector<std::string> wrapped(const std::string& text, std::size_t width, std::size_t indent);

}  // namespace ds
