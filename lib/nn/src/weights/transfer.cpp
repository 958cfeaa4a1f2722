#include "weights/transfer.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "blocks/blocks.h"
#include "ds/nn/detector_net.h"

namespace ds::detail {
namespace {

using Index = std::unordered_map<std::string, std::size_t>;

Index index_of(const Placement& placement) {
  Index index;
  for (std::size_t i = 0; i < placement.tensors.size(); ++i) index.emplace(placement.tensors[i].net_name, i);
  return index;
}

/// Names of the convolutions by their address.
std::unordered_map<const torch::nn::Module*, std::string> names_of_modules(const torch::nn::Module& net) {
  std::unordered_map<const torch::nn::Module*, std::string> names;
  for (const auto& item : net.named_modules("", /*include_self=*/false))
    names.emplace(item.value().get(), item.key());
  return names;
}

/// True for a BatchNorm of running mean 0 and variance 1 whose weight takes its eps back: it only adds its
/// bias. A fresh one, of weight 1, is not meant.
bool only_adds_bias(const at::Tensor& weight, const at::Tensor& mean, const at::Tensor& variance) {
  constexpr double kLargestEps = 2e-3;
  if (weight.numel() == 0 || !(mean == 0).all().item<bool>() || !(variance == 1).all().item<bool>())
    return false;
  const auto first = weight.flatten()[0].item<double>();
  return first > 1 && first * first <= 1 + kLargestEps && (weight == first).all().item<bool>();
}

class Unfolding {
 public:
  explicit Unfolding(Placement& placement) : placement_(placement), index_(index_of(placement)) {}

  /// The bias that the file gives the convolution becomes the BatchNorm's.
  void take_bias(const std::string& conv, const std::string& norm, const BatchNorm2d& module) {
    const auto* bias = find(conv + ".bias");
    const auto* kernel = find(conv + ".weight");
    if (bias == nullptr || kernel == nullptr || find(norm + ".weight") != nullptr ||
        bias->sizes() != module.bias.sizes() || kernel->sizes() != module.convolution()->weight.sizes())
      return;
    auto& moved = placement_.tensors[index_.at(conv + ".bias")];
    moved.net_name = norm + ".bias";
    neutral(norm, moved.file_name, module);
  }

  void adapt_eps(const std::string& norm, const BatchNorm2d& module) {
    const auto* weight = find(norm + ".weight");
    const auto* mean = find(norm + ".running_mean");
    const auto* variance = find(norm + ".running_var");
    if (weight == nullptr || mean == nullptr || variance == nullptr ||
        weight->sizes() != module.weight.sizes() || !only_adds_bias(*weight, *mean, *variance))
      return;
    placement_.tensors[index_.at(norm + ".weight")].tensor = neutral_weight(module);
    placement_.unfolded.push_back(norm);
  }

 private:
  const at::Tensor* find(const std::string& name) const {
    auto found = index_.find(name);
    return found == index_.end() ? nullptr : &placement_.tensors[found->second].tensor;
  }
  static at::Tensor neutral_weight(const BatchNorm2d& module) {
    return at::full(module.weight.sizes(), std::sqrt(1 + module.eps()), at::kFloat);
  }
  /// Weight and statistics with which the BatchNorm only adds its bias.
  void neutral(const std::string& norm, const std::string& file_name, const BatchNorm2d& module) {
    const auto shape = module.weight.sizes();
    placement_.tensors.push_back({file_name, norm + ".weight", neutral_weight(module)});
    placement_.tensors.push_back({file_name, norm + ".running_mean", at::zeros(shape)});
    placement_.tensors.push_back({file_name, norm + ".running_var", at::ones(shape)});
    placement_.unfolded.push_back(norm);
  }

  Placement& placement_;
  Index index_;
};

}  // namespace

Placement place_weights(const torch::nn::Module& net, const StateDict& state) {
  std::vector<ForeignName> foreign;
  if (const auto* detector = dynamic_cast<const DetectorNet*>(&net)) foreign = detector->foreign_names();
  std::unordered_set<std::string> known;
  for (const auto& [name, tensor] : state_of(net).tensors) known.insert(name);
  std::unordered_set<std::string> in_file;
  for (const auto& [name, tensor] : state.tensors) in_file.insert(name);
  // A folded convolution's bias has no place in the net, but its weight has: both go the same way.
  auto has_place = [&](const std::string& name) {
    constexpr std::string_view kBias = ".bias";
    return known.contains(name) ||
           (name.ends_with(kBias) && known.contains(name.substr(0, name.size() - kBias.size()) + ".weight"));
  };
  Placement placement;
  for (const auto& [name, tensor] : state.tensors) {
    auto place = name;
    if (!has_place(name)) {
      for (const auto& [from, to] : foreign) {
        if (!name.starts_with(from)) continue;
        auto renamed = to + name.substr(from.size());
        if (!has_place(renamed) || in_file.contains(renamed)) continue;
        place = renamed;
        break;
      }
    }
    placement.tensors.push_back({name, place, tensor});
  }
  return placement;
}

void unfold_batch_norms(const torch::nn::Module& net, Placement& placement) {
  auto names = names_of_modules(net);
  Unfolding unfolding(placement);
  for (const auto& item : net.named_modules("", /*include_self=*/false)) {
    const auto* norm = dynamic_cast<const BatchNorm2d*>(item.value().get());
    if (norm == nullptr || !norm->convolution()) continue;
    auto conv = names.find(norm->convolution().get());
    if (conv == names.end() || norm->convolution()->bias.defined()) continue;
    unfolding.take_bias(conv->second, item.key(), *norm);
    unfolding.adapt_eps(item.key(), *norm);
  }
}

}  // namespace ds::detail
