#pragma once

#include <string>
#include <vector>

#include "ds/runs/train_options.h"

namespace ds {

/// One model of several that are trained from the same snapshot.
struct Candidate {
  std::string arch;
  int input_side = 0;  // longer side
  std::string recipe;
  bool operator==(const Candidate&) const = default;
};

struct CandidateRequest {
  std::string priority = "balanced";  // speed, balanced, accuracy
  int count = 1;
  std::string arch = {};    // not empty: only this architecture
  int input_side = 0;       // not 0: only this size
  std::string recipe = {};  // not empty: only this recipe
  std::vector<Candidate> custom =
      {};  // not empty: these instead of the grid, all of them; 0 and "": as pinned
};

/// `yolox-tiny`, `yolox-tiny:416`, `yolox-tiny:416:accuracy`. Throws UsageError saying what is
/// wrong with the text.
Candidate parse_candidate(const std::string& text);

/// The grid for a priority, best guess first. Throws UsageError when `count` is larger than the grid that the
/// pinned values leave, naming how many there are.
std::vector<Candidate> plan_candidates(const CandidateRequest& request);

}  // namespace ds
