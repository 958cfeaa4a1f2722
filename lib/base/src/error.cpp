#include "ds/base/error.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "ds/base/charset.h"
#include "ds/base/text.h"

namespace ds {

Error::Error(const std::string& message, std::string advice)
    : std::runtime_error(message), advice_(std::move(advice)) {}

Interrupted::Interrupted(int signal_number)
    : Error(fmt::format("stopped by {}", signal_number == SIGINT ? "Ctrl-C"
                                         : signal_number == SIGTERM
                                             ? "SIGTERM"
                                             : fmt::format("signal {}", signal_number))),
      signal_number_(signal_number) {}

std::string Location::to_string() const {
  auto text = printable(path.string());
  if (line) text += fmt::format(":{}", *line);
  if (line && column) text += fmt::format(":{}", *column);
  if (offset) text += fmt::format(": offset {}", *offset);
  if (!pointer.empty()) text += fmt::format(": {}", pointer);
  return text;
}

FormatError::FormatError(Location location, const std::string& message, std::string advice)
    : DataError(location.to_string() + ": " + message, std::move(advice)), location_(std::move(location)) {}

std::string FormatError::reason() const {
  return std::string(what()).substr(location_.to_string().size() + 2);
}

void throw_unknown_name(const std::string& kind, const std::string& name,
                        const std::vector<std::string>& known) {
  std::string message = fmt::format("unknown {} '{}'", kind, name);
  if (known.empty()) throw UsageError(message + fmt::format("; there is no {} yet", kind));
  message += fmt::format("; known: {}", join(known, ", "));
  if (auto near = nearest_name(name, known))
    throw UsageError(message, fmt::format("did you mean '{}'?", *near));
  throw UsageError(message);
}

void throw_io_error(const std::string& action, const std::filesystem::path& path, int errno_value) {
  auto message =
      fmt::format("cannot {} {}: {}", action, printable(path.string()), std::strerror(errno_value));
  if (errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EFBIG)
    throw Busy(message, "free some space and run the same command again; nothing was lost");
  throw Error(message);
}

}  // namespace ds
