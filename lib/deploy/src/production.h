#pragma once

#include "ds/project/deployment_store.h"

namespace ds {
class Project;
}

/// What every way into production has to do.
namespace ds::detail {

/// Loads the record's model as its server will, and runs the golden check; the first answer is kept beside the model.
/// Throws DataError.
void prove(Project& project, const DeploymentRecord& record);

/// Lets the aliases say what the deployments serve: `champion.NAME` for each, and `champion` while all of them serve
/// one model. Without deployments `champion` stays. Part of the transaction that changes a record.
void follow_champions(Project& project);

}  // namespace ds::detail
