#pragma once

#include "session.h"

namespace ds::retrain_tool {

/// Where the machine is and why, every rule with its value and limit; changes nothing.
void print_explanation(Context& context, Session& session);

}  // namespace ds::retrain_tool
