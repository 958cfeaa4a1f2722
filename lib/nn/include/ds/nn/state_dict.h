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

/// Which classes a file's class layers speak for, and the network's, in their order.
struct ClassNames {
  std::vector<std::string> in_file;  // empty: not known
  std::vector<std::string> in_net;   // empty: nobody asks, rows are taken as they stand
};

/// Where the rows of the class layers came from.
struct ClassTransfer {
  enum class Kind {
    none,         // nobody asked, or the file has no class layer
    by_name,      // each class of both has the file's rows, the others are fresh
    by_position,  // as they stand in the file, whose classes are not known
    fresh,        // none is the file's
  };
  Kind kind = Kind::none;
  int rows = 0;                    // classes that the file's layers have
  std::vector<std::string> names;  // of the file's classes, as far as known
  std::vector<std::string> taken;  // classes of both, in the network's order
  std::vector<std::string> fresh;  // of the network, not in the file
  std::vector<std::string> left;   // of the file, not in the network

  /// `class layer by name: cat, dog; fresh: bird; left out: car`: one line for the log; empty for `none`.
  std::string summary() const;
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
  ClassTransfer classes;

  /// `loaded 480 of 486 tensors; 6 skipped (...)`: one line for the log.
  std::string summary() const;
};

/// Copies into the net's tensors (their device, dtype and layout stay). `num_batches_tracked` may be missing
/// under either policy, `data_preprocessor.` (mmdetection's mean and deviation of the pixels, which stand in
/// the architecture's description) may be there, and names are understood as DetectorNet::foreign_names() says.
/// Under `matching`, BatchNorm that was folded into its convolution is unfolded: a convolution's bias that
/// the net does not have becomes its BatchNorm's, and a BatchNorm that the file holds as one that changes
/// nothing but adds its bias gets the net's own eps; both are listed in `unfolded`. Where `classes` knows both
/// sides, rows of the class layers (DetectorNet::class_layers()) follow the names, whatever their order and
/// number; a class that the file lacks keeps its initial rows, and so do all when the file has none of them.
/// Throws DataError naming the first differences when `strict` is violated, and when nothing at all fits.
LoadReport load_into(torch::nn::Module& net, const StateDict& state, LoadPolicy policy = LoadPolicy::strict,
                     const ClassNames& classes = {});

}  // namespace ds
