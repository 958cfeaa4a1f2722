#pragma once

#include <optional>
#include <string>

#include "ds/train/ranks.h"
#include "ds/train/session.h"
#include "ds/train/train_data.h"

namespace ds::detail {

/// What rank 0 tells the others to train next.
struct RunOrder {
  std::string run_id;
  std::string snapshot_id;
  std::string config;          // the text of its config.yaml
  int pause_epoch = 0;         // where to stop before the end (single_run.h); 0: nowhere
  double pause_elapsed_s = 0;  // likewise
  bool conclude = false;       // no training: its best weights are scored
};

/// Rank 0's side: nothing means that there is no more.
void give_order(Ranks& ranks, const std::optional<RunOrder>& order);
/// The others' side.
std::optional<RunOrder> next_order(Ranks& ranks);

/// On every rank before a run: throws DataError when a rank sees other images or other boxes than rank 0.
void require_same_data(Ranks& ranks, const std::function<const TrainData&()>& data);

/// The ranks of a session; one that is alone when the hooks name none.
Ranks& ranks_of(const TrainHooks& hooks);

}  // namespace ds::detail
