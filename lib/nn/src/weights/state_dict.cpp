#include "ds/nn/state_dict.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "blocks/blocks.h"
#include "ds/base/error.h"
#include "ds/weights/weight_file.h"
#include "weights/transfer.h"

namespace ds {
namespace {

constexpr std::pair<DType, at::ScalarType> kTypes[] = {
    {DType::f32, at::kFloat},   {DType::f16, at::kHalf}, {DType::bf16, at::kBFloat16},
    {DType::f64, at::kDouble},  {DType::i64, at::kLong}, {DType::i32, at::kInt},
    {DType::i16, at::kShort},   {DType::i8, at::kChar},  {DType::u8, at::kByte},
    {DType::boolean, at::kBool}};

at::ScalarType to_torch(DType dtype) {
  for (auto [ours, torchs] : kTypes)
    if (ours == dtype) return torchs;
  throw Error("no torch type for " + to_string(dtype));
}

DType from_torch(at::ScalarType type, const std::string& name) {
  for (auto [ours, torchs] : kTypes)
    if (torchs == type) return ours;
  throw DataError("tensor '" + name + "' has type " + std::string(c10::toString(type)) +
                  ", which safetensors cannot hold");
}

bool is_counter(const std::string& name) {
  return name.ends_with("num_batches_tracked");
}

/// Stored beside the weights by mmdetection, and no part of the network.
bool is_preprocessing(const std::string& name) {
  return name.starts_with("data_preprocessor.");
}

std::string first_few(const std::vector<std::string>& lines) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), kShown); ++i) text += (i == 0 ? "" : "; ") + lines[i];
  if (lines.size() > kShown) text += "; and " + std::to_string(lines.size() - kShown) + " more";
  return text;
}

std::vector<std::string> skipped_lines(const LoadReport& report) {
  std::vector<std::string> lines;
  for (const auto& skipped : report.skipped) lines.push_back(skipped.name + ": " + skipped.why);
  return lines;
}

void require_no_difference(const LoadReport& report) {
  auto lines = skipped_lines(report);
  for (const auto& name : report.missing)
    if (!is_counter(name)) lines.push_back(name + ": not in the file");
  if (!lines.empty())
    throw DataError("the weights do not fit the network: " + first_few(lines),
                    "Check the architecture and the number of classes.");
}

}  // namespace

const at::Tensor* StateDict::find(const std::string& name) const {
  for (const auto& [key, tensor] : tensors)
    if (key == name) return &tensor;
  return nullptr;
}

std::string StateDict::metadata_value(const std::string& key) const {
  for (const auto& [name, value] : metadata)
    if (name == key) return value;
  return {};
}

StateDict read_weights(const std::filesystem::path& path) {
  auto file = read_weight_file(path);
  StateDict state;
  state.metadata = std::move(file.metadata);
  for (const auto& stored : file.tensors) {
    auto tensor = at::empty(stored.shape, to_torch(stored.dtype));
    if (!stored.bytes.empty()) std::memcpy(tensor.data_ptr(), stored.bytes.data(), stored.bytes.size());
    state.tensors.emplace_back(stored.name, tensor);
  }
  return state;
}

void write_weights(const std::filesystem::path& path, const StateDict& state) {
  WeightFile file;
  file.metadata = state.metadata;
  for (const auto& [name, tensor] : state.tensors) {
    auto plain = tensor.detach().to(at::kCPU).contiguous();
    WeightTensor stored{name, from_torch(plain.scalar_type(), name), plain.sizes().vec(), {}};
    const auto* data = static_cast<const std::byte*>(plain.data_ptr());
    stored.bytes.assign(data, data + plain.nbytes());
    file.tensors.push_back(std::move(stored));
  }
  write_safetensors(path, file);
}

StateDict state_of(const torch::nn::Module& net) {
  StateDict state;
  for (const auto& item : net.named_parameters()) state.tensors.emplace_back(item.key(), item.value());
  for (const auto& item : net.named_buffers()) state.tensors.emplace_back(item.key(), item.value());
  return state;
}

std::string LoadReport::summary() const {
  auto total = loaded.size() + missing.size();
  for (const auto& item : skipped) total += item.why != "not in the network" ? 1 : 0;
  auto text = "loaded " + std::to_string(loaded.size()) + " of " + std::to_string(total) + " tensors";
  if (!skipped.empty())
    text += "; " + std::to_string(skipped.size()) + " skipped (" + first_few(skipped_lines(*this)) + ")";
  if (!missing.empty())
    text += "; " + std::to_string(missing.size()) + " missing (" + first_few(missing) + ")";
  if (!unfolded.empty())
    text += "; " + std::to_string(unfolded.size()) + " BatchNorms came folded into their convolutions";
  return text;
}

LoadReport load_into(torch::nn::Module& net, const StateDict& state, LoadPolicy policy,
                     const ClassNames& classes) {
  at::NoGradGuard no_grad;
  auto own = state_of(net);
  std::unordered_map<std::string, at::Tensor> waiting(own.tensors.begin(), own.tensors.end());
  LoadReport report;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  auto placement = detail::place_weights(net, state);
  if (policy == LoadPolicy::matching) {
    detail::unfold_batch_norms(net, placement);
    report.classes = detail::place_classes(net, classes, placement);
  }
  report.unfolded = std::move(placement.unfolded);
  for (const auto& [file_name, name, tensor, refused] : placement.tensors) {
    if (is_preprocessing(name)) continue;
    auto target = waiting.find(name);
    if (target == waiting.end()) {
      report.skipped.push_back({file_name, "not in the network"});
      continue;
    }
    if (!refused.empty()) {
      report.skipped.push_back({file_name, refused});
    } else if (target->second.sizes() == tensor.sizes()) {
      copies.emplace_back(target->second, tensor);
      report.loaded.push_back(name);
    } else {
      report.skipped.push_back({file_name, "shape " + detail::shape_text(tensor.sizes()) + " in the file, " +
                                               detail::shape_text(target->second.sizes()) +
                                               " in the network"});
    }
    waiting.erase(target);
  }
  for (const auto& [name, tensor] : own.tensors)
    if (waiting.contains(name)) report.missing.push_back(name);
  if (policy == LoadPolicy::strict) require_no_difference(report);
  if (report.loaded.empty())
    throw DataError("none of the " + std::to_string(state.tensors.size()) + " tensors fits the network",
                    "Check that the weights are of this architecture.");
  for (auto& [target, source] : copies) target.copy_(source);
  return report;
}

}  // namespace ds
