#pragma once

#include <string>
#include <vector>

#include "ds/project/project.h"

namespace ds {

/// One line of `ds-label stats`: what somebody did, or what was done on a day.
struct ActivityRow {
  std::string key;        // user or day (UTC)
  std::size_t edits = 0;  // changes of labels
  std::size_t accepted = 0;
  std::size_t rejected = 0;
  std::size_t other = 0;
  std::string last;  // UTC time of the newest
};

/// From the journal. @param by "worker" (most edits first) or "day" (oldest first)
std::vector<ActivityRow> activity(Project& project, const std::string& by);

}  // namespace ds
