#pragma once

#include <cstdint>
#include <string>

namespace ds {

/// What a long piece of work reports; `ds::cli` draws it as a bar on a terminal. Calls may
/// come from any thread.
class Progress {
 public:
  virtual ~Progress() = default;
  /// @param total number of steps, 0 when unknown
  virtual void begin(const std::string& title, std::int64_t total) = 0;
  virtual void advance(std::int64_t steps = 1) = 0;
  /// A short text beside the bar: `loss 3.21  AP .41  31 images/s`.
  virtual void note(const std::string& text) = 0;
  virtual void end() = 0;
};

/// Reports to nobody.
Progress& no_progress();

}  // namespace ds
