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
  std::string refused = {};  // why it is not taken; empty: it is
};

struct Placement {
  std::vector<PlacedTensor> tensors;
  std::vector<std::string> unfolded;  // BatchNorm modules of the net
};

/// Names as the net has them (DetectorNet::foreign_names()).
Placement place_weights(const torch::nn::Module& net, const StateDict& state);
/// Gives folded BatchNorms what makes the net compute the same in evaluation mode, see load_into.
void unfold_batch_norms(const torch::nn::Module& net, Placement& placement);
/// Gives the tensors of the class layers the rows of the net's classes, see load_into (class_rows.cpp).
ClassTransfer place_classes(const torch::nn::Module& net, const ClassNames& classes, Placement& placement);

}  // namespace ds::detail
