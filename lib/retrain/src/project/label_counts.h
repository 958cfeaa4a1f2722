#pragma once

#include <string>

#include "ds/retrain/stages.h"

namespace ds {
class Project;
}

namespace ds::detail {

/// Reviewed train and val images whose labels are not in the snapshot as they are now, their objects, and the
/// captures of the deployment that wait for a person.
LabelCounts count_new_labels(Project& project, const std::string& deployment,
                             const std::string& since_snapshot);

}  // namespace ds::detail
