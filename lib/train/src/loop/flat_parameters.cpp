#include "loop/flat_parameters.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "ds/nn/detector_net.h"

namespace ds::detail {
namespace {

/// A window of the parameter's shape into `buffer` at `offset`; four dimensions lie channels-last.
at::Tensor window(const at::Tensor& buffer, std::int64_t offset, const at::Tensor& like) {
  auto part = buffer.narrow(0, offset, like.numel());
  if (like.dim() != 4) return part.view(like.sizes());
  return part.view({like.size(0), like.size(2), like.size(3), like.size(1)}).permute({0, 3, 1, 2});
}

bool is_frozen(const std::string& name, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return name.compare(0, prefix.size(), prefix) == 0; });
}

/// Every tensor begins at a multiple of 64 bytes: cuDNN refuses addresses that are no multiple of 16, and
/// vector loads of a CPU are faster so.
std::int64_t room_for(const at::Tensor& tensor) {
  constexpr std::int64_t kFloats = 16;
  return (tensor.numel() + kFloats - 1) / kFloats * kFloats;
}

std::int64_t total_of(const std::vector<at::Tensor>& tensors) {
  std::int64_t total = 0;
  for (const auto& tensor : tensors) total += room_for(tensor);
  return total;
}

}  // namespace

FlatParameters::FlatParameters(torch::nn::Module& net, const std::vector<std::string>& frozen_prefixes) {
  adopt(net, frozen_prefixes, true);
}

FlatParameters::FlatParameters(torch::nn::Module& net, const FlatParameters& first,
                               const std::vector<std::string>& frozen_prefixes)
    : values(first.values) {
  adopt(net, frozen_prefixes, false);
  statistics.copy_(first.statistics);
}

void FlatParameters::adopt(torch::nn::Module& net, const std::vector<std::string>& frozen_prefixes,
                           bool copy_values) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> matrices;
  std::vector<at::Tensor> vectors;
  std::vector<at::Tensor> frozen;
  for (const auto& [name, parameter] : distinct_parameters(net)) {
    if (is_frozen(name, frozen_prefixes))
      frozen.push_back(parameter);
    else
      (parameter.dim() > 1 ? matrices : vectors).push_back(parameter);
  }
  decayed = total_of(matrices);
  trained = decayed + total_of(vectors);
  auto ordered = matrices;
  ordered.insert(ordered.end(), vectors.begin(), vectors.end());
  ordered.insert(ordered.end(), frozen.begin(), frozen.end());
  auto options = ordered.front().options().requires_grad(false);
  if (copy_values) values = at::zeros({total_of(ordered)}, options);
  gradients = at::zeros({trained}, options);
  std::int64_t offset = 0;
  for (auto& parameter : ordered) {
    auto place = window(values, offset, parameter);
    if (copy_values) place.copy_(parameter);
    parameter.set_data(place);
    if (offset < trained)
      parameter.mutable_grad() = window(gradients, offset, parameter);
    else
      parameter.set_requires_grad(false);
    offset += room_for(parameter);
  }

  std::vector<at::Tensor> buffers;
  for (const auto& item : net.named_buffers())
    if (item.value().is_floating_point()) buffers.push_back(item.value());
  statistics = at::zeros({total_of(buffers)}, options);
  offset = 0;
  for (auto& buffer : buffers) {
    auto place = statistics.narrow(0, offset, buffer.numel()).view(buffer.sizes());
    place.copy_(buffer);
    buffer.set_data(place);
    offset += room_for(buffer);
  }
}

double FlatParameters::clip_gradients(double max_norm) {
  double norm = gradients.norm().item<double>();
  if (max_norm > 0 && norm > max_norm) gradients.mul_(max_norm / (norm + 1e-6));
  return norm;
}

void FlatParameters::average_into(FlatParameters& average, double decay) const {
  at::NoGradGuard no_grad;
  average.values.lerp_(values, 1 - decay);
  average.statistics.lerp_(statistics, 1 - decay);
}

}  // namespace ds::detail
