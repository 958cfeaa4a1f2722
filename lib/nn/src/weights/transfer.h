#pragma once

#include <string>
#include <vector>

#include "ds/nn/state_dict.h"

namespace ds::detail {

/// A file's tensor and where it belongs.
struct PlacedTensor {
  std::string file_name;
  std::string net_name;  // the file's own when the net has no place for it
  at::Tensor tensor;
};

struct Placement {
  std::vector<PlacedTensor> tensors;
  std::vector<std::string> unfolded;  // BatchNorm modules of the net
};

/// Names as the net has them (DetectorNet::foreign_names()).
Placement place_weights(const torch::nn::Module& net, const StateDict& state);
/// Gives folded BatchNorms what makes the net compute the same in evaluation mode, see load_into.
void unfold_batch_norms(const torch::nn::Module& net, Placement& placement);

}  // namespace ds::detail
