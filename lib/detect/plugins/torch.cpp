#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "ds/base/error.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"
#include "engines/plugin.h"

namespace ds::detail {
namespace {

at::Device device_called(const std::string& name) {
  try {
    return at::Device(name);
  } catch (const c10::Error&) {
    throw UsageError("unknown device '" + name + "'; expected cpu, cuda or cuda:<number>");
  }
}

class TorchEngine : public Engine {
 public:
  explicit TorchEngine(const EngineRequest& request)
      : device_(device_called(request.device)),
        net_(make_detector_net(request.card.architecture, static_cast<int>(request.card.classes.size()))) {
    load_into(*net_, read_weights(request.weights));
    net_->eval();
    net_->fold_batch_norm();
    if (!device_.is_cpu() && !at::hasCUDA())
      throw UsageError("device '" + request.device +
                       "': this build of torch has no CUDA, or no GPU is there");
    net_->to(device_);
    to_channels_last(*net_);
    choose_threads(request);
  }

  int input_multiple() const override { return net_->input_multiple(); }

  std::vector<std::vector<ScoredBox>> run(const InputBatch& batch, double score_threshold) override {
    c10::InferenceMode inference;
    auto images = at::from_blob(const_cast<float*>(batch.values), {batch.count, 3, batch.height, batch.width},
                                at::kFloat)
                      .to(device_)
                      .contiguous(at::MemoryFormat::ChannelsLast);
    auto decoded = net_->decode(net_->forward_raw(images), batch.height, batch.width);
    return net_->candidates(decoded, score_threshold);
  }

 private:
  double seconds_of_one_run(const EngineRequest& request) {
    std::vector<float> image(static_cast<std::size_t>(request.card.input_width) *
                             static_cast<std::size_t>(request.card.input_height) * 3);
    InputBatch batch{image.data(), 1, request.card.input_height, request.card.input_width};
    auto start = std::chrono::steady_clock::now();
    run(batch, 1);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  /// All cores, unless one is faster: where neighbours keep the cores busy, OpenMP's barriers make several
  /// threads many times slower than one.
  void choose_threads(const EngineRequest& request) {
    int threads = request.threads;
    if (threads > 0 || !device_.is_cpu()) {
      at::set_num_threads(std::max(1, threads));
      return;
    }
    threads = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 8);
    if (threads == 1 || request.card.input_width % input_multiple() != 0 ||
        request.card.input_height % input_multiple() != 0) {
      at::set_num_threads(threads);
      return;
    }
    at::set_num_threads(1);
    seconds_of_one_run(request);  // warms the caches
    double alone = seconds_of_one_run(request);
    at::set_num_threads(threads);
    double together = seconds_of_one_run(request);
    if (together < 2 * alone) together = std::min(together, seconds_of_one_run(request));
    if (together > alone) at::set_num_threads(1);
  }

  at::Device device_;
  std::shared_ptr<DetectorNet> net_;
};

}  // namespace
}  // namespace ds::detail

extern "C" {
int ds_engine_abi() {
  return ds::detail::kEnginePluginAbi;
}
ds::Engine* ds_make_engine(const ds::EngineRequest& request) {
  return new ds::detail::TorchEngine(request);
}
}
