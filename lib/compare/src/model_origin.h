#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ds/compare/eval_data.h"
#include "ds/report/chart.h"

namespace ds {
class Project;
}

/// How a model came to be, as the project knows it.
namespace ds::detail {

struct ModelOrigin {
  std::vector<std::pair<std::string, std::string>> lineage;  // label and value, in order
  std::vector<Chart> training;                               // loss and AP over the epochs of its run
  std::string warning;  // the model has trained on images of `data`; empty: it has not, or that is not known
};

/// @param model_id of the registry, or of a file outside it ("file-...")
ModelOrigin origin_of(Project& project, const std::string& model_id, const std::string& name,
                      const EvalData& data);

}  // namespace ds::detail
