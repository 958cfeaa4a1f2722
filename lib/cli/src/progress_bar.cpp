#include "progress_bar.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <mutex>

#include "ds/base/clock.h"
#include "ds/base/text.h"

namespace ds::detail {
namespace {

class ProgressBar final : public Progress {
 public:
  ~ProgressBar() override { clear(); }

  void begin(const std::string& title, std::int64_t total) override {
    std::lock_guard guard(mutex_);
    title_ = title;
    total_ = total;
    done_ = 0;
    note_.clear();
    elapsed_.restart();
    draw(true);
  }
  void advance(std::int64_t steps) override {
    std::lock_guard guard(mutex_);
    done_ += steps;
    draw(false);
  }
  void note(const std::string& text) override {
    std::lock_guard guard(mutex_);
    note_ = text;
    draw(false);
  }
  void end() override {
    std::lock_guard guard(mutex_);
    clear();
    title_.clear();
  }

 private:
  void clear() {
    if (drawn_) fmt::print(stderr, "\r\033[K");
    drawn_ = false;
    std::fflush(stderr);
  }

  void draw(bool at_once) {
    if (!at_once && since_draw_.seconds() < 0.1) return;
    since_draw_.restart();
    double seconds = elapsed_.seconds();
    std::string line = title_;
    if (total_ > 0) {
      constexpr int kCells = 24;
      double share = std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0);
      int full = static_cast<int>(share * kCells);
      line += fmt::format(" [{}{}] {}/{}", std::string(static_cast<std::size_t>(full), '='),
                          std::string(static_cast<std::size_t>(kCells - full), ' '), done_, total_);
      if (done_ > 0 && done_ < total_ && seconds > 1)
        line += fmt::format("  {} left", human_duration(seconds * static_cast<double>(total_ - done_) /
                                                        static_cast<double>(done_)));
    } else if (done_ > 0) {
      line += fmt::format(" {}", done_);
    }
    if (!note_.empty()) line += "  " + note_;
    winsize size{};
    std::size_t columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    while (display_width(line) >= columns) line.pop_back();
    fmt::print(stderr, "\r{}\033[K", line);
    std::fflush(stderr);
    drawn_ = true;
  }

  std::mutex mutex_;
  std::string title_, note_;
  std::int64_t total_ = 0, done_ = 0;
  Stopwatch elapsed_, since_draw_;
  bool drawn_ = false;
};

}  // namespace

std::unique_ptr<Progress> make_progress_bar() {
  return std::make_unique<ProgressBar>();
}

}  // namespace ds::detail
