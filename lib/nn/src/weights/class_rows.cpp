// Rows of the class layers by the names of the classes.

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <optional>

#include "ds/base/text.h"
#include "ds/nn/detector_net.h"
#include "weights/transfer.h"

namespace ds::detail {
namespace {

/// A tensor of a class layer in the file, and its place in the net.
struct ClassTensor {
  const ClassLayer& layer;
  PlacedTensor& placed;
  const at::Tensor target;

  /// How many classes so many rows are; nothing when they do not divide up.
  std::optional<int> classes_of(std::int64_t rows) const {
    const std::int64_t of_one = std::int64_t{layer.groups} * layer.rows_each;
    if (rows % of_one != 0 || rows / of_one <= layer.before) return std::nullopt;
    return static_cast<int>(rows / of_one) - layer.before;
  }
  /// [groups, before + C, rows_each, ...]: a view.
  at::Tensor by_class(const at::Tensor& tensor) const {
    std::vector<std::int64_t> shape = {layer.groups, -1, layer.rows_each};
    for (std::int64_t side : tensor.sizes().slice(1)) shape.push_back(side);
    return tensor.view(shape);
  }
  /// The net's rows, those of `origins` (for each class of the net its place in the file, or -1) and the
  /// background from the file.
  void take(const std::vector<int>& origins) {
    auto rows = target.detach().to(at::kCPU).clone(at::MemoryFormat::Contiguous);
    auto to = by_class(rows);
    auto from = by_class(placed.tensor.contiguous());
    for (std::int64_t i = 0; i < layer.before; ++i) to.select(1, i).copy_(from.select(1, i));
    for (std::size_t c = 0; c < origins.size(); ++c)
      if (origins[c] >= 0)
        to.select(1, layer.before + static_cast<std::int64_t>(c))
            .copy_(from.select(1, layer.before + origins[c]));
    placed.tensor = rows;
  }
};

std::vector<ClassTensor> class_tensors(const std::vector<ClassLayer>& layers, const StateDict& own,
                                       Placement& placement) {
  std::vector<ClassTensor> found;
  for (const auto& layer : layers) {
    for (auto& placed : placement.tensors) {
      if (placed.net_name != layer.name + ".weight" && placed.net_name != layer.name + ".bias") continue;
      const auto* target = own.find(placed.net_name);
      if (target != nullptr && placed.tensor.dim() == target->dim() && placed.tensor.dim() > 0 &&
          placed.tensor.sizes().slice(1) == target->sizes().slice(1))
        found.push_back({layer, placed, *target});
    }
  }
  return found;
}

/// The classes that all the tensors have rows for; 0 when they disagree.
int classes_in_file(const std::vector<ClassTensor>& tensors) {
  const auto first = tensors.front().classes_of(tensors.front().placed.tensor.size(0));
  for (const auto& one : tensors)
    if (one.classes_of(one.placed.tensor.size(0)) != first) return 0;
  return first.value_or(0);
}

/// For each class of the net its place in the file, or -1; and what the transfer says of it.
std::vector<int> match_names(const std::vector<std::string>& in_net, ClassTransfer& transfer) {
  auto place_in = [](const std::vector<std::string>& names, const std::string& name) {
    auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
  };
  std::vector<int> origins;
  for (const auto& name : in_net) {
    origins.push_back(place_in(transfer.names, name));
    (origins.back() < 0 ? transfer.fresh : transfer.taken).push_back(name);
  }
  for (const auto& name : transfer.names)
    if (place_in(in_net, name) < 0) transfer.left.push_back(name);
  return origins;
}

std::string some_classes(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 20;
  if (names.size() <= kMost) return join(names, ", ");
  const std::vector<std::string> first(names.begin(), names.begin() + kMost);
  return join(first, ", ") + " and " + std::to_string(names.size() - kMost) + " more";
}

}  // namespace

ClassTransfer place_classes(const torch::nn::Module& net, const ClassNames& classes, Placement& placement) {
  ClassTransfer transfer;
  const auto* detector = dynamic_cast<const DetectorNet*>(&net);
  if (detector == nullptr || classes.in_net.empty()) return transfer;
  const auto layers = detector->class_layers();
  const auto own = state_of(net);
  auto tensors = class_tensors(layers, own, placement);
  if (tensors.empty()) return transfer;
  transfer.rows = classes_in_file(tensors);
  transfer.names = classes.in_file;
  // Lists of torchvision's name the background as well.
  if (const auto before = layers.front().before;
      transfer.names.size() == static_cast<std::size_t>(transfer.rows + before))
    transfer.names.erase(transfer.names.begin(), transfer.names.begin() + before);
  if (transfer.rows == 0 || transfer.names.size() != static_cast<std::size_t>(transfer.rows)) {
    const bool fits = std::all_of(tensors.begin(), tensors.end(), [](const ClassTensor& one) {
      return one.placed.tensor.sizes() == one.target.sizes();
    });
    transfer.kind = fits ? ClassTransfer::Kind::by_position : ClassTransfer::Kind::fresh;
    return transfer;
  }
  const auto origins = match_names(classes.in_net, transfer);
  transfer.kind = transfer.taken.empty() ? ClassTransfer::Kind::fresh : ClassTransfer::Kind::by_name;
  for (auto& one : tensors) {
    if (transfer.taken.empty())
      one.placed.refused = "of other classes";
    else
      one.take(origins);
  }
  return transfer;
}

}  // namespace ds::detail

namespace ds {

std::string ClassTransfer::summary() const {
  using detail::some_classes;
  const bool known = rows > 0 && names.size() == static_cast<std::size_t>(rows);
  const auto unknown = names.empty() ? "the weights do not say which classes they know"
                                     : std::to_string(names.size()) + " class names are known for the " +
                                           std::to_string(rows) + " classes of the weights";
  switch (kind) {
    case Kind::none:
      return {};
    case Kind::by_position:
      return "class layer by position: " + unknown;
    case Kind::fresh:
      if (!known) return "class layer fresh: " + unknown + ", and their number differs";
      return "class layer fresh: none of " + some_classes(fresh) + " is a class of the weights (" +
             some_classes(names) + ")";
    case Kind::by_name:
      break;
  }
  auto text = "class layer by name: " + some_classes(taken);
  if (!fresh.empty()) text += "; fresh: " + some_classes(fresh);
  if (!left.empty()) text += "; left out: " + some_classes(left);
  if (fresh.empty() && left.empty() && taken != names)
    text += " (in the weights: " + some_classes(names) + ")";
  return text;
}

}  // namespace ds
