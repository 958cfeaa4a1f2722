// What a run begins with: the device, the nets and their replicas, the loader, weights
// that wait for statistics.

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "ds/arch/architecture.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/detect/model_card.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"
#include "loop/optimizer.h"
#include "loop/replicas.h"
#include "loop/setup.h"
#include "loop/training_loop.h"

namespace ds::detail {
namespace {

constexpr int kCalibrationBatches = 4;  // of weights that came without BatchNorm's statistics

/// @param local_rank which of this machine's GPUs "auto" and "cuda" mean, counted round
torch::Device device_of(const std::string& name, int local_rank) {
  const bool has_cuda = torch::cuda::is_available();
  if (has_cuda && (name == "auto" || name == "cuda"))
    return {at::kCUDA, static_cast<at::DeviceIndex>(
                           local_rank % std::max(1, static_cast<int>(torch::cuda::device_count())))};
  if (name == "auto") return {at::kCPU};
  if (name != "cpu" && name.rfind("cuda", 0) != 0)
    throw UsageError(fmt::format("--device: '{}' is not a device; write auto, cpu, cuda or cuda:N", name));
  torch::Device device(name);
  if (device.is_cuda() && !has_cuda)
    throw UsageError(fmt::format("--device {}: this machine or this build has no CUDA", name),
                     "--device cpu");
  return device;
}

/// Which classes the weights know; empty where nothing says it.
std::vector<std::string> names_of_weights(const std::filesystem::path& file, const StateDict& state) {
  try {
    return class_names_of(file, state.metadata);
  } catch (const Error& error) {
    // Others' programs have files called model.yaml, too.
    log::warning(fmt::format("the classes of {} are not known: {}", file.string(), error.what()));
    return {};
  }
}

/// Loads what fits, class by class of the same name, and says what came of it.
LoadReport load_initial(DetectorNet& net, const std::filesystem::path& file,
                        const std::vector<std::string>& classes) {
  const auto state = read_weights(file);
  auto report = load_into(net, state, LoadPolicy::matching, {names_of_weights(file, state), classes});
  log::info(report.summary());
  const auto& transfer = report.classes;
  if (transfer.kind == ClassTransfer::Kind::by_position)
    log::warning(transfer.summary() + "; a file *classes.txt beside them, one a line, names them");
  else if (transfer.kind != ClassTransfer::Kind::none)
    log::info(transfer.summary());
  return report;
}

}  // namespace

int replica_count(const TrainOptions& options, int ranks) {
  int count = options.replicas;
  const bool on_gpu =
      options.device.starts_with("cuda") || (options.device == "auto" && torch::cuda::is_available());
  if (count == 0 && on_gpu) count = ranks;
  if (count == 0) count = ranks * std::clamp(options.batch / (4 * ranks), 1, std::max(1, options.threads));
  if (count % ranks != 0)
    throw UsageError(fmt::format("{} replicas cannot be shared over {} ranks", count, ranks),
                     "--replicas counts all of them: a multiple of the ranks");
  if (count > options.batch)
    throw UsageError(
        fmt::format("--batch {}: there are {} replicas, and each needs an image", options.batch, count),
        "--batch is what all ranks see in a step");
  return count;
}

InputSize input_of(const TrainOptions& options) {
  return parse_input_size(options.input_size, architectures().at(options.arch).value.multiple);
}

double operations_of_image(const TrainOptions& options, int classes) {
  const auto input = input_of(options);
  auto net = make_detector_net(options.arch, classes);
  return static_cast<double>(flop_count(*net, input.height, input.width));
}

std::string torch_version() {
  return TORCH_VERSION;
}

TrainingLoop::TrainingLoop(Inputs inputs, const TrainData& data, RunFolder folder, Progress& progress,
                           Ranks& ranks)
    : in_(std::move(inputs)), data_(data), folder_(std::move(folder)), progress_(progress), ranks_(ranks) {
  cv::setNumThreads(1);
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  at::set_num_threads(1);
  ranks_.together("building the network", [&] {
    build();
    return std::string();
  });
  status_.run = in_.run_id;
  status_.title = in_.title;
}

TrainingLoop::~TrainingLoop() = default;

void TrainingLoop::build() {
  const auto& options = in_.options;
  architecture_ = architectures().at(options.arch).value;
  const auto classes = static_cast<int>(data_.classes.size());
  auto device = device_of(options.device, ranks_.local_rank());
  if (options.precision == "fp16" && !device.is_cuda())
    throw UsageError("--precision fp16 needs a GPU", "bf16 and fp32 work on a CPU, too");
  auto make = [&options, classes] { return make_detector_net(options.arch, classes); };
  torch::manual_seed(options.seed);
  auto net = make();
  if (!in_.initial_weights.empty()) {
    unfolded_ = load_initial(*net, in_.initial_weights, data_.classes).unfolded;
  }
  net->to(device);
  average_ = make();
  average_->to(device);
  auto frozen = options.freeze_backbone ? net->backbone_prefixes() : std::vector<std::string>{};
  const BatchShare share = {options.batch, replica_count(options, ranks_.size()), ranks_.rank(),
                            ranks_.size()};
  team_ = std::make_unique<WorkerTeam>(share.local_replicas(),
                                       std::max(1, options.threads / share.local_replicas()));
  replicas_ = std::make_unique<Replicas>(net, make, *team_, share, ranks_, frozen);
  average_flat_ = std::make_unique<FlatParameters>(*average_, frozen);
  replicas_->parameters().average_into(*average_flat_, 0);
  average_->eval();
  optimizer_ = make_optimizer(
      {.kind = options.optimizer, .momentum = options.momentum, .weight_decay = options.weight_decay},
      replicas_->parameters());

  PictureCacheOptions keeping;
  if (options.cache != "off") keeping.limit_bytes = static_cast<std::uint64_t>(options.cache_gb * 1e9);
  if (options.cache == "disk") keeping.folder = data_.cache_folder;
  pictures_ = std::make_unique<PictureCache>(data_.train, drawn_sides(options, in_.input), keeping);
  auto loading = loader_options();
  loading.slice_first = share.first();
  loading.slice_last = share.last();
  loader_ = std::make_unique<BatchLoader>(*pictures_, loading);
  steps_per_epoch_ = loader_->steps_per_epoch();
  validation_ =
      std::make_unique<ValidationSet>(data_.val, data_.val_truth, architecture_.preprocessing, in_.input);
  state_.epochs = options.budget_s > 0 ? 0 : options.epochs;
}

LoaderOptions TrainingLoop::loader_options() const {
  LoaderOptions loading;
  loading.seed = in_.options.seed;
  loading.batch = in_.options.batch;
  loading.threads = in_.options.loader_threads;
  loading.pixels = architecture_.preprocessing;
  loading.repeats =
      repeat_factors(data_.train, static_cast<int>(data_.classes.size()), in_.options.class_balance);
  return loading;
}

void TrainingLoop::calibrate() {
  auto told = ranks_.together("calibrating the weights", [&] {
    if (!ranks_.is_first() || unfolded_.empty()) return std::string();
    calibrate_first();
    return std::string("done");
  });
  if (told.front().empty()) return;
  share_state();
  replicas_->follow_first();
}

/// Rank 0, which has read the weights, on whole batches: the same whatever the number of ranks.
void TrainingLoop::calibrate_first() {
  BatchLoader whole(*pictures_, loader_options());
  whole.start(plan(), 0);
  std::vector<at::Tensor> batches;
  while (static_cast<int>(batches.size()) < std::min(kCalibrationBatches, steps_per_epoch_)) {
    auto batch = whole.next();
    batches.push_back(images_of(batch, 0, batch.count, replicas_->parameters().values.device()));
  }
  calibrate_batch_norms(replicas_->net(), unfolded_, batches);
  replicas_->parameters().average_into(*average_flat_, 0);
  log::info(fmt::format("{} calibrated on {}",
                        counted(static_cast<std::int64_t>(unfolded_.size()), "BatchNorm"),
                        counted(static_cast<std::int64_t>(batches.size()), "batch", "batches")));
}

}  // namespace ds::detail
