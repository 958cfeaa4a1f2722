#pragma once

#include <string>
#include <vector>

#include "ds/project/model_store.h"

namespace ds {

class Project;

/// Puts a weight file into the registry as a model.
struct RegisterRequest {
  std::string weights;
  std::string arch;
  std::vector<std::string> classes;
  std::string input_size = {};  // empty: the architecture's
  std::string name = {};
};
/// Throws DataError when the weights do not fit the architecture and classes.
ModelRecord register_weights(Project& project, const RegisterRequest& request);

}  // namespace ds
