#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ds/base/table.h"
#include "ds/metrics/gate.h"

/// A gate's result for people and for machines.
namespace ds {

/// One row a rule, the verdict and what the exit codes mean under it.
Table gate_table(const GateResult& result, const std::string& baseline, const std::string& candidate);
nlohmann::ordered_json gate_json(const GateResult& result, const std::string& baseline,
                                 const std::string& candidate);
/// JUnit XML, which CI servers show as tests: one test case a rule; a regression is a
/// failure, "not enough data" an error.
std::string gate_junit(const GateResult& result, const std::string& baseline, const std::string& candidate);

}  // namespace ds
