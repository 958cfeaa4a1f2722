#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// The exceptions the library throws. The library never prints and never exits: `ds::cli` catches these in
/// one place, adds the advice, and picks the exit code documented with each type.
namespace ds {

/// Something failed while running (I/O, a bug). Exit code 1.
class Error : public std::runtime_error {
 public:
  /// @param message what happened, with both values where two disagree
  /// @param advice  what the user can do about it; may be empty
  explicit Error(const std::string& message, std::string advice = {});
  const std::string& advice() const { return advice_; }

 private:
  std::string advice_;
};

/// Wrong usage: flags, unknown names, bad configuration. Exit code 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Bad input data: broken files, refused loss, issues found by a check. Exit code 3.
class DataError : public Error {
 public:
  using Error::Error;
};

/// Busy or temporarily unavailable: lock held, disk full, port in use, quota. Exit code 75.
class Busy : public Error {
 public:
  using Error::Error;
};

/// A signal asked us to stop and everything that can be saved is saved. Exit code 128 + signal.
class Interrupted : public Error {
 public:
  explicit Interrupted(int signal_number);
  int signal_number() const { return signal_number_; }

 private:
  int signal_number_;
};

/// Where in a file something stands. Text files have line and column (1-based), binary files an offset in
/// bytes, JSON a pointer (`/annotations/3/bbox`), XML an XPath.
struct Location {
  std::filesystem::path path;
  std::optional<std::int64_t> line = std::nullopt;
  std::optional<std::int64_t> column = std::nullopt;
  std::optional<std::int64_t> offset = std::nullopt;
  std::string pointer = {};

  /// `labels/a.txt:3:7`, `instances.json: /annotations/3/bbox`, `w.pth: offset 812`.
  std::string to_string() const;
};

/// A file that does not follow its format; the message begins with the location. Exit code 3.
class FormatError : public DataError {
 public:
  FormatError(Location location, const std::string& message, std::string advice = {});
  const Location& location() const { return location_; }
  /// The message without the location in front.
  std::string reason() const;

 private:
  Location location_;
};

/// Throws UsageError `unknown <kind> 'x'; known: a, b (did you mean 'a'?)`.
[[noreturn]] void throw_unknown_name(const std::string& kind, const std::string& name,
                                     const std::vector<std::string>& known);

/// Throws Busy when `errno_value` says the disk or quota is full, else Error:
/// `cannot <action> <path>: <why>`.
[[noreturn]] void throw_io_error(const std::string& action, const std::filesystem::path& path,
                                 int errno_value);

}  // namespace ds
