#pragma once

#include <string>
#include <vector>

#include "ds/metrics/gate.h"

namespace ds {

/// A gate's result as JUnit XML, which CI servers show as tests: one test case a rule; a regression is a
/// failure, "not enough data" an error.
std::string gate_junit(const GateResult& result, const std::string& baseline, const std::string& candidate);

}  // namespace ds
