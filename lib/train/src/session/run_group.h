#pragma once

#include <vector>

#include "ds/train/session.h"
#include "ds/train/train_data.h"

namespace ds::detail {

/// Tells the people who wait (TrainHooks::announce), or the project's event log alone.
void tell(Project& project, const TrainHooks& hooks, Event event);

/// Trains the unfinished runs of a group to its end, in stages with elimination between them when its config
/// says so (ds/train/elimination.h). What a stage found stands in the runs' records, so a group that was cut
/// off anywhere continues to the same decisions.
/// @param records runs of the group, oldest first; done ones count in the standings only
/// @param candidates how many the group was made of, those included that have failed: it decides the stages
/// One candidate's failure is recorded and the others go on; the only one's is thrown.
TrainReport execute_group(Project& project, const std::vector<RunRecord>& records, std::size_t candidates,
                          const TrainData& data, const TrainHooks& hooks);

}  // namespace ds::detail
