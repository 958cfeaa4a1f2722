#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace torch::nn {
class Module;
}

namespace ds {

/// Names to CPU tensors in the file's order, and the text map stored with them.
struct StateDict {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  std::vector<std::pair<std::string, std::string>> metadata;

  const at::Tensor* find(const std::string& name) const;
  std::string metadata_value(const std::string& key) const;
};

/// A .safetensors or a .pth of `torch.save` (see ds/weights/weight_file.h for what is
/// accepted and the errors).
StateDict read_weights(const std::filesystem::path& path);
/// As safetensors, atomically. Tensors may be on any device and of any layout.
void write_weights(const std::filesystem::path& path, const StateDict& state);

/// Parameters and buffers under their official names, sharing storage with the net (clone to keep).
StateDict state_of(const torch::nn::Module& net);

enum class LoadPolicy {
  strict,    // every tensor of the net must be there with its shape, and nothing else
  matching,  // load what fits in name and shape, report the rest (fine-tuning, another class count)
};

struct LoadReport {
  struct Skipped {
    std::string name;
    std::string why;  // "shape [80,64,1,1] in the file, [3,64,1,1] in the network" or "not in the network"
  };
  std::vector<std::string> loaded;  // names in the network
  std::vector<Skipped> skipped;
  std::vector<std::string> missing;  // in the network, not in the file; keep their initial values
  /// BatchNorms of the network whose weights came folded into their convolutions (see load_into): they
  /// compute what the file means in evaluation mode, but training needs calibrate_batch_norms first.
  std::vector<std::string> unfolded;

  /// `loaded 480 of 486 tensors; 6 skipped (...)`: one line for the log.
  std::string summary() const;
};

/// Copies into the net's tensors (their device, dtype and layout stay). `num_batches_tracked` may be missing
/// under either policy, `data_preprocessor.` (mmdetection's mean and deviation of the pixels, which stand in
/// the architecture's description) may be there, and names are understood as DetectorNet::foreign_names() says.
/// Under `matching`, BatchNorm that was folded into its convolution is unfolded: a convolution's bias that
/// the net does not have becomes its BatchNorm's, and a BatchNorm that the file holds as one that changes
/// nothing but adds its bias gets the net's own eps; both are listed in `unfolded`. Throws DataError naming
/// the first differences when `strict` is violated, and when nothing at all fits.
LoadReport load_into(torch::nn::Module& net, const StateDict& state, LoadPolicy policy = LoadPolicy::strict);

}  // namespace ds
