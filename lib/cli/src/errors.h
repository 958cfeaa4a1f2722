#pragma once

#include <functional>
#include <string>

namespace ds::detail {

/// Runs `work` and turns whatever it throws into one message on stderr and the documented exit code.
int guarded(const std::string& tool, const std::function<int()>& work);

}  // namespace ds::detail
