#include "ds/nn/detector_net.h"

#include <ATen/ATen.h>

#include <set>

#include "blocks/blocks.h"
#include "ds/arch/architecture.h"
#include "ds/base/error.h"
#include "ds/nn/networks.h"

namespace ds {

std::vector<ForeignName> DetectorNet::foreign_names() const {
  std::vector<ForeignName> names;
  for (const auto& prefix : backbone_prefixes()) names.push_back({"", prefix});
  return names;
}

std::vector<std::vector<ScoredBox>> DetectorNet::candidates(const Decoded& decoded,
                                                            double score_threshold) const {
  auto boxes = decoded.boxes.detach().to(at::kCPU, at::kFloat).contiguous();
  auto scores = decoded.scores.detach().to(at::kCPU, at::kFloat).contiguous();
  at::Tensor classes;
  if (decoded.classes.defined()) classes = decoded.classes.to(at::kCPU, at::kLong).contiguous();
  const auto rows = scores.size(1);
  const auto columns = scores.size(2);
  std::vector<std::vector<ScoredBox>> all(static_cast<std::size_t>(scores.size(0)));
  const float* box = boxes.data_ptr<float>();
  const float* score = scores.data_ptr<float>();
  const std::int64_t* row_class = classes.defined() ? classes.data_ptr<std::int64_t>() : nullptr;
  for (auto& found : all) {
    for (std::int64_t row = 0; row < rows; ++row, box += 4, score += columns) {
      const int first_class = row_class == nullptr ? 0 : static_cast<int>(*row_class++);
      for (std::int64_t c = 0; c < columns; ++c)
        if (score[c] > score_threshold)
          found.push_back({{box[0], box[1], box[2], box[3]}, score[c], first_class + static_cast<int>(c)});
    }
  }
  return all;
}

std::vector<std::vector<ScoredBox>> DetectorNet::postprocess(const Decoded& decoded,
                                                             const PostprocessOptions& options) const {
  auto all = candidates(decoded, options.score_threshold);
  for (auto& found : all) {
    std::vector<ScoredBox> kept;
    for (std::size_t idx : class_wise_nms(found, options.nms_iou, options.max_per_image))
      kept.push_back(found[idx]);
    found = std::move(kept);
  }
  return all;
}

std::vector<std::vector<ScoredBox>> DetectorNet::detect(const at::Tensor& images,
                                                        const PostprocessOptions& options) {
  return postprocess(
      decode(forward_raw(images), static_cast<int>(images.size(2)), static_cast<int>(images.size(3))),
      options);
}

std::vector<std::pair<std::string, at::Tensor>> distinct_parameters(const torch::nn::Module& net) {
  std::vector<std::pair<std::string, at::Tensor>> distinct;
  std::set<const void*> seen;
  for (const auto& item : net.named_parameters())
    if (seen.insert(item.value().unsafeGetTensorImpl()).second)
      distinct.emplace_back(item.key(), item.value());
  return distinct;
}

std::int64_t parameter_count(const torch::nn::Module& net) {
  std::int64_t count = 0;
  for (const auto& [name, parameter] : distinct_parameters(net)) count += parameter.numel();
  return count;
}

std::int64_t flop_count(DetectorNet& net, int input_height, int input_width) {
  at::NoGradGuard no_grad;
  const bool was_training = net.is_training();
  net.eval();
  detail::FlopCounter counter;
  net.forward_raw(at::zeros({1, 3, input_height, input_width}, net.parameters().front().options()));
  net.train(was_training);
  return counter.flops();
}

NetworkCost cost_of_network(const std::string& architecture, int num_classes) {
  const auto& input = architectures().at(architecture).value;
  auto net = make_detector_net(architecture, num_classes);
  return {parameter_count(*net), flop_count(*net, input.default_height, input.default_width)};
}

void calibrate_batch_norms(DetectorNet& net, const std::vector<std::string>& names,
                           const std::vector<at::Tensor>& batches) {
  std::vector<detail::BatchNorm2d*> norms;
  auto modules = net.named_modules("", /*include_self=*/false);
  for (const auto& name : names) {
    const auto* module = modules.find(name);
    auto* norm = module == nullptr ? nullptr : dynamic_cast<detail::BatchNorm2d*>(module->get());
    if (norm == nullptr) throw Error("the network has no BatchNorm '" + name + "'");
    norms.push_back(norm);
  }
  at::NoGradGuard no_grad;
  const bool was_training = net.is_training();
  net.eval();
  for (auto* norm : norms) norm->begin_calibration();
  for (const auto& images : batches) net.forward_raw(images);
  for (auto* norm : norms) norm->end_calibration();
  net.train(was_training);
}

void to_channels_last(torch::nn::Module& net) {
  for (auto& parameter : net.parameters())
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
}

}  // namespace ds
