#include "ds/runs/watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/text.h"
#include "ds/report/sparkline.h"

namespace ds {
namespace {

constexpr std::size_t kLeastSpark = 8, kMostSpark = 24;  // columns

std::string score_text(const std::optional<double>& score) {
  return score && *score >= 0 ? fmt::format("{:.3f}", *score) : "-";
}

/// A run's figures as texts, "-" where there are none.
struct Figures {
  std::string state, epoch, loss, rate, ap, best, speed, left;
  std::optional<int> best_epoch;
};

Figures figures_of(const RunView& run, const std::vector<RunView>& beside) {
  Figures figures{to_string(run.record.state), "-", "-", "-", "-", "-", "-", "-", std::nullopt};
  if (auto left = seconds_left(run, beside); left && run.is_live())
    figures.left = (run.record.state == RunState::queued ? "~" : "") + human_duration(*left);
  if (!run.status || run.status->step == 0) return figures;
  const auto& status = *run.status;
  figures.epoch =
      status.epochs > 0 ? fmt::format("{}/{}", status.epoch, status.epochs) : fmt::format("{}", status.epoch);
  figures.loss = fmt::format("{:.2f}", status.loss);
  figures.rate = fmt::format("{:.1e}", status.learning_rate);
  figures.ap = score_text(status.ap);
  figures.best = score_text(status.best_ap);
  if (status.best_ap) figures.best_epoch = status.best_epoch;
  figures.speed = fmt::format("{:.1f}", status.images_per_s);
  return figures;
}

std::vector<double> ap_of(const RunView& run) {
  std::vector<double> values;
  for (const auto& epoch : run.epochs)
    if (epoch.ap) values.push_back(*epoch.ap);
  return values;
}

std::vector<double> loss_of(const RunView& run) {
  std::vector<double> values;
  for (const auto& epoch : run.epochs) values.push_back(epoch.loss);
  return values;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, display_width(text)), ' ');
  return right ? blanks + text : text + blanks;
}

/// Items two blanks apart, as many in a line as fit.
std::vector<std::string> flowed(const std::vector<std::string>& items, std::size_t width,
                                std::size_t indent) {
  std::vector<std::string> lines;
  const std::string blanks(indent, ' ');
  std::string line;
  for (const auto& item : items) {
    if (!line.empty() && display_width(line) + 2 + display_width(item) <= width) {
      line += "  " + item;
      continue;
    }
    if (!line.empty()) lines.push_back(std::move(line));
    line = blanks + item;
    if (display_width(line) <= width) continue;
    auto pieces = wrapped(item, width, indent);
    line = std::move(pieces.back());
    lines.insert(lines.end(), pieces.begin(), pieces.end() - 1);
  }
  if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

std::string advice_on(const RunView& run, bool queue_is_left) {
  if (run.record.state == RunState::queued && queue_is_left)
    return fmt::format("nobody trains it; continue it with: ds-train run --resume {}", run.record.id);
  if (run.record.state != RunState::stopped && run.record.state != RunState::failed) return {};
  return run.record.message + (run.record.message.empty() ? "" : "; ") + continuation(run);
}

std::vector<std::string> summary_items(const std::vector<RunView>& runs, bool queue_is_left) {
  std::string states;
  for (auto state :
       {RunState::done, RunState::failed, RunState::stopped, RunState::running, RunState::queued}) {
    auto count =
        std::count_if(runs.begin(), runs.end(), [&](const auto& run) { return run.record.state == state; });
    if (count > 0) states += fmt::format("{}{} {}", states.empty() ? "" : ", ", count, to_string(state));
  }
  std::vector<std::string> items = {fmt::format("{} candidates: {}", runs.size(), states)};
  if (!queue_is_left &&
      std::any_of(runs.begin(), runs.end(), [](const auto& run) { return run.is_live(); })) {
    auto left = seconds_left(runs);
    items.push_back(left ? "about " + human_duration(*left) + " left" : "time left not known yet");
  }
  const RunView* best = nullptr;
  for (const auto& run : runs)
    if (run.status && run.status->best_ap &&
        (best == nullptr || *run.status->best_ap > *best->status->best_ap))
      best = &run;
  if (best != nullptr)
    items.push_back(fmt::format("best AP {} at epoch {} of {}", score_text(best->status->best_ap),
                                best->status->best_epoch, best->record.id));
  return items;
}

/// Draws one look at the runs; each way of drawing is tried until one fits: the table with curves, a block a
/// run with curves and without, a line a run. No line is wider than the screen, and with a limit of rows what
/// is left over is counted in the last one, because a view that scrolls could not be drawn over. Advice and
/// the sum stand below whatever fits. Figures and names are made once; the ways of drawing only lay them out.
class Screen {
 public:
  Screen(const std::vector<RunView>& runs, const WatchScreen& screen, bool queue_is_left)
      : runs_(runs), screen_(screen), queue_is_left_(queue_is_left), names_(short_names(runs)) {
    screen_.columns = std::max<std::size_t>(screen_.columns, 8);
    for (const auto& run : runs) {
      figures_.push_back(figures_of(run, runs));
      if (queue_is_left && run.record.state == RunState::queued) figures_.back().left = "-";
    }
  }

  std::vector<std::string> draw() const {
    auto below = advice();
    auto lines = table();
    if (lines.empty()) lines = blocks(true);
    if (too_many(lines, below)) lines = blocks(false);
    if (too_many(lines, below)) lines = one_liners();
    lines.insert(lines.end(), below.begin(), below.end());
    if (screen_.rows > 0 && lines.size() > screen_.rows) {
      const auto left_out = lines.size() - screen_.rows + 1;
      lines.resize(screen_.rows - 1);
      lines.push_back(clipped(fmt::format("({} more lines)", left_out), screen_.columns, screen_.unicode));
    }
    return lines;
  }

 private:
  bool too_many(const std::vector<std::string>& lines, const std::vector<std::string>& below) const {
    return screen_.rows > 0 && lines.size() + below.size() > screen_.rows;
  }

  std::vector<std::string> advice() const {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      auto text = advice_on(runs_[i], queue_is_left_);
      if (text.empty()) continue;
      if (runs_.size() > 1) text = names_[i] + ": " + text;
      // The command stays in one line where it fits, to be copied.
      const auto command = text.rfind(" ds-train run ");
      for (auto& line : flowed({text.substr(0, command), text.substr(command + 1)}, screen_.columns, 0))
        lines.push_back(std::move(line));
    }
    if (runs_.size() > 1)
      for (auto& line : flowed(summary_items(runs_, queue_is_left_), screen_.columns, 0))
        lines.push_back(std::move(line));
    return lines;
  }

  struct Column {
    std::string title;
    bool right = true;
    std::vector<std::string> cells = {};
    std::size_t width() const {
      auto width = display_width(title);
      for (const auto& cell : cells) width = std::max(width, display_width(cell));
      return width;
    }
  };

  /// Empty where figures and curves do not fit.
  std::vector<std::string> table() const {
    Column ids{"run", false}, names{"run", false}, state{"state", false}, epoch{"epoch"}, loss{"loss"};
    Column rate{"rate"}, ap{"val AP"}, best{"best"}, speed{"images/s"}, left{"left"};
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const auto& figures = figures_[i];
      ids.cells.push_back(runs_[i].record.id);
      names.cells.push_back(names_[i]);
      state.cells.push_back(figures.state);
      epoch.cells.push_back(figures.epoch);
      loss.cells.push_back(figures.loss);
      rate.cells.push_back(figures.rate);
      ap.cells.push_back(figures.ap);
      best.cells.push_back(figures.best +
                           (figures.best_epoch ? fmt::format(" @{}", *figures.best_epoch) : ""));
      speed.cells.push_back(figures.speed);
      left.cells.push_back(figures.left);
    }
    for (const auto& first : {ids, names}) {
      std::vector<Column> columns = {first, state, epoch, loss, rate, ap, best, speed, left};
      std::size_t used = 0;
      for (const auto& column : columns) used += column.width() + 2;
      if (used + 2 * kLeastSpark + 2 > screen_.columns) continue;
      const auto spark = std::min(kMostSpark, (screen_.columns - used - 2) / 2);
      Column ap_curve{"AP", false}, loss_curve{"loss", false};
      for (const auto& run : runs_) {
        ap_curve.cells.push_back(sparkline(ap_of(run), spark, screen_.unicode));
        loss_curve.cells.push_back(sparkline(loss_of(run), spark, screen_.unicode));
      }
      columns.push_back(std::move(ap_curve));
      columns.push_back(std::move(loss_curve));
      return table_lines(columns);
    }
    return {};
  }

  std::vector<std::string> table_lines(const std::vector<Column>& columns) const {
    std::vector<std::string> lines(runs_.size() + 1);
    for (const auto& column : columns) {
      const auto width = column.width();
      for (std::size_t row = 0; row < lines.size(); ++row) {
        if (!lines[row].empty()) lines[row] += "  ";
        lines[row] += padded(row == 0 ? column.title : column.cells[row - 1], width, column.right);
      }
    }
    for (auto& line : lines) line.erase(line.find_last_not_of(' ') + 1);
    return lines;
  }

  std::vector<std::string> blocks(bool curves) const {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const auto& run = runs_[i];
      const auto& figures = figures_[i];
      std::vector<std::string> head = {run.record.id, run.title(), figures.state};
      if (display_width(head[0]) + display_width(head[1]) + display_width(head[2]) + 4 > screen_.columns)
        head = {names_[i], figures.state};
      for (auto& line : flowed(head, screen_.columns, 0)) lines.push_back(std::move(line));
      for (auto& line : flowed(facts(figures), screen_.columns, 2)) lines.push_back(std::move(line));
      if (!curves || run.epochs.size() < 2) continue;
      // "  AP " before the first curve, "  loss " before the second
      const auto spark =
          std::min(kMostSpark, (screen_.columns - std::min<std::size_t>(screen_.columns, 12)) / 2);
      std::vector<std::string> sparks;
      if (auto ap = sparkline(ap_of(run), spark, screen_.unicode); !ap.empty()) sparks.push_back("AP " + ap);
      if (auto loss = sparkline(loss_of(run), spark, screen_.unicode); !loss.empty())
        sparks.push_back("loss " + loss);
      for (auto& line : flowed(sparks, screen_.columns, 2)) lines.push_back(std::move(line));
    }
    return lines;
  }

  static std::vector<std::string> facts(const Figures& figures) {
    std::vector<std::string> items;
    if (figures.epoch != "-") {
      items = {"epoch " + figures.epoch, "loss " + figures.loss, "rate " + figures.rate};
      items.push_back("AP " + figures.ap);
      if (figures.best_epoch)
        items.push_back(fmt::format("best {} at {}", figures.best, *figures.best_epoch));
      items.push_back(figures.speed + " images/s");
    }
    if (figures.left != "-") items.push_back(figures.left + " left");
    return items;
  }

  /// What matters first: the rest is cut.
  std::vector<std::string> one_liners() const {
    Column state{"state", false}, epoch{"epoch"}, best{"best"}, left{"left"}, names{"run", false, names_};
    for (const auto& figures : figures_) {
      state.cells.push_back(figures.state);
      epoch.cells.push_back(figures.epoch);
      best.cells.push_back(figures.best);
      left.cells.push_back(figures.left);
    }
    auto lines = table_lines({state, epoch, best, left, names});
    for (auto& line : lines) line = clipped(line, screen_.columns, screen_.unicode);
    return lines;
  }

  const std::vector<RunView>& runs_;
  WatchScreen screen_;
  bool queue_is_left_;
  std::vector<std::string> names_;
  std::vector<Figures> figures_;
};

}  // namespace

std::vector<std::string> watch_screen(const std::vector<RunView>& runs, const WatchScreen& screen,
                                      bool queue_is_left) {
  return Screen(runs, screen, queue_is_left).draw();
}

std::string watch_line(const RunView& run, bool queue_is_left) {
  const auto figures = figures_of(run, {});
  auto text = fmt::format("{}  {}", run.record.id, figures.state);
  if (figures.epoch != "-") {
    text += fmt::format("  {}  epoch {}  loss {}  rate {}  AP {}", run.title(), figures.epoch, figures.loss,
                        figures.rate, figures.ap);
    if (figures.best_epoch) text += fmt::format(" (best {} at {})", figures.best, *figures.best_epoch);
    if (run.is_live()) text += fmt::format("  {} images/s", figures.speed);
    if (figures.left != "-") text += fmt::format("  {} left", figures.left);
  }
  auto advice = advice_on(run, queue_is_left);
  return advice.empty() ? text : text + "  " + advice;
}

std::string watch_summary(const std::vector<RunView>& runs, bool queue_is_left) {
  return join(summary_items(runs, queue_is_left), "  ");
}

std::string clipped(const std::string& text, std::size_t width, bool unicode) {
  if (display_width(text) <= width) return text;
  if (width == 0) return {};
  auto cut = text;
  while (!cut.empty() && display_width(cut) > width - 1) {
    // A whole character: its continuation bytes, then its lead.
    while (cut.size() > 1 && (static_cast<unsigned char>(cut.back()) & 0xC0) == 0x80) cut.pop_back();
    cut.pop_back();
  }
  return cut + (unicode ? "…" : "~");
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width, std::size_t indent) {
  const std::string blanks(std::min(indent, width - 1), ' ');
  std::vector<std::string> lines;
  std::string line = blanks;
  bool begun = false;
  for (auto word : split_words(text)) {
    if (begun && display_width(line) + 1 + display_width(word) > width) {
      lines.push_back(std::move(line));
      line = blanks;
      begun = false;
    }
    if (begun) line += ' ';
    begun = true;
    for (std::size_t i = 0; i < word.size();) {
      std::size_t next = i + 1;
      while (next < word.size() && (static_cast<unsigned char>(word[next]) & 0xC0) == 0x80) ++next;
      auto character = word.substr(i, next - i);
      if (display_width(line) + display_width(character) > width) {
        lines.push_back(std::move(line));
        line = blanks;
      }
      line += character;
      i = next;
    }
  }
  if (begun || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace ds
