#include "ds/base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>

#include "ds/base/charset.h"

namespace ds::log {
namespace {

struct Logger {
  std::shared_ptr<spdlog::sinks::stderr_color_sink_mt> terminal =
      std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  std::shared_ptr<spdlog::sinks::sink> file;
  std::mutex mutex;
  Logger() {
    terminal->set_pattern("%^%l%$: %v");
    terminal->set_level(spdlog::level::warn);
  }
  void write(spdlog::level::level_enum level, std::string_view said) {
    auto text = printable(said);
    spdlog::details::log_msg message("", level, spdlog::string_view_t(text.data(), text.size()));
    std::lock_guard guard(mutex);
    if (terminal->should_log(level)) {
      terminal->log(message);
      terminal->flush();
    }
    if (file) {
      file->log(message);
      file->flush();
    }
  }
};

Logger& logger() {
  static Logger instance;
  return instance;
}

}  // namespace

void configure(Level level, Color color) {
  auto& terminal = *logger().terminal;
  constexpr spdlog::level::level_enum kLevels[] = {
      spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err, spdlog::level::off};
  terminal.set_level(kLevels[static_cast<int>(level)]);
  terminal.set_color_mode(color == Color::always  ? spdlog::color_mode::always
                          : color == Color::never ? spdlog::color_mode::never
                                                  : spdlog::color_mode::automatic);
}

void also_to_file(const std::filesystem::path& path) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (!path.empty()) {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string());
    sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  }
  std::lock_guard guard(logger().mutex);
  logger().file = std::move(sink);
}

void debug(std::string_view message) {
  logger().write(spdlog::level::debug, message);
}
void info(std::string_view message) {
  logger().write(spdlog::level::info, message);
}
void warning(std::string_view message) {
  logger().write(spdlog::level::warn, message);
}
void error(std::string_view message) {
  logger().write(spdlog::level::err, message);
}

void warnings(const std::vector<std::string>& messages) {
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < std::min(kShown, messages.size()); ++i) warning(messages[i]);
  if (messages.size() > kShown) warning(std::to_string(messages.size() - kShown) + " more of these");
}

}  // namespace ds::log
