#pragma once

#include <memory>

#include "ds/base/progress.h"

namespace ds::detail {

/// A bar on stderr with count, rate and time left, redrawn at most ten times a second.
std::unique_ptr<Progress> make_progress_bar();

}  // namespace ds::detail
