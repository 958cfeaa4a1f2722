#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "ds/base/error.h"

namespace ds {

/// A file of JSON objects, one a line, that is only appended to. Each line ends with
/// `,"previous":"P","hash":"H"}`: H is the SHA-256 of the line without its hash (`...,"previous":"P"}`), and P
/// the hash of the line before (64 zeros for the first), so that a line that is changed, removed or put between
/// others is found. A torn last line (a crash while appending) was never acknowledged: it does not count, and
/// the next append cuts it off. Two writers at once must be kept apart by a lock of the caller's.
class ChainedLog {
 public:
  /// What FormatError says of a line whose hash does not fit it, and of one that does not follow the line
  /// before.
  struct Texts {
    std::string_view changed, broken;
  };
  /// Where the file ends.
  struct End {
    std::int64_t lines = 0;          // whole ones
    std::string hash;                // of the last of them
    std::uintmax_t whole_bytes = 0;  // up to its end
    bool torn = false;               // something stands behind it
  };
  using Visit = std::function<void(const std::string& line, const Location& where)>;

  ChainedLog(std::filesystem::path file, const Texts& texts) : file_(std::move(file)), texts_(texts) {}
  /// Calls `visit` with each whole line, oldest first, before its place in the chain is checked: what `visit`
  /// throws comes first. Throws FormatError naming the line where the chain breaks. A file that is not there
  /// is an empty log.
  End read(const Visit& visit) const;
  /// Appends an object (`{...}` with at least one member) durably behind `end`, which `read` gave.
  /// @return the line
  std::string append(const End& end, std::string_view object) const;

 private:
  std::filesystem::path file_;
  Texts texts_;
};

}  // namespace ds
