#include "loop/replicas.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/version.h>

#include <algorithm>
#include <string>

#include "ds/base/random.h"
#include "ds/base/stop.h"
#include "ranks/add_in_halves.h"
#include "ranks/message.h"

namespace ds::detail {
namespace {

// One pair of functions for all kinds of devices since 2.4; those for each kind are deprecated there.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
void set_autocast(at::DeviceType kind, at::ScalarType type, bool enabled) {
  at::autocast::set_autocast_dtype(kind, type);
  at::autocast::set_autocast_enabled(kind, enabled);
}
#else
void set_autocast(at::DeviceType kind, at::ScalarType type, bool enabled) {
  if (kind == at::kCUDA) {
    at::autocast::set_autocast_gpu_dtype(type);
    at::autocast::set_enabled(enabled);
  } else {
    at::autocast::set_autocast_cpu_dtype(type);
    at::autocast::set_cpu_enabled(enabled);
  }
}
#endif

/// A narrower type for the operators that gain from it, on the thread that holds this.
class Autocast {
 public:
  Autocast(const std::string& precision, at::DeviceType kind)
      : enabled_(precision != "fp32"), kind_(kind), type_(precision == "fp16" ? at::kHalf : at::kBFloat16) {
    if (!enabled_) return;
    set_autocast(kind_, type_, true);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (!enabled_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    set_autocast(kind_, type_, false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool enabled_;
  at::DeviceType kind_;
  at::ScalarType type_;
};

std::vector<ImageTargets> targets_of(const Batch& batch, int begin, int end) {
  std::vector<ImageTargets> targets;
  for (int i = begin; i < end; ++i) {
    ImageTargets image;
    for (const auto& object : batch.objects[static_cast<std::size_t>(i)])
      image.objects.push_back({object.box, object.class_idx, object.ignore});
    targets.push_back(std::move(image));
  }
  return targets;
}

/// The three numbers over and over along a row, so that the operator's inner loop is as long as one.
at::Tensor row_of(const std::array<double, 3>& channels, std::int64_t width, const at::Tensor& like) {
  auto row = at::empty({width, 3}, at::kFloat);
  for (int c = 0; c < 3; ++c) row.select(1, c).fill_(channels[static_cast<std::size_t>(c)]);
  return row.view({width * 3}).to(like.device());
}

bool is_all(const std::array<double, 3>& channels, double value) {
  return channels == std::array<double, 3>{value, value, value};
}

}  // namespace

at::Tensor images_of(const Batch& batch, int begin, int end, const at::Device& device) {
  const std::int64_t width = batch.width;
  auto all = at::from_blob(const_cast<std::uint8_t*>(batch.pixels.data()),
                           {batch.count, batch.height, width * 3}, at::kByte);
  auto bytes = all.slice(0, begin, end);
  if (device.is_cuda()) bytes = bytes.pin_memory().to(device, /*non_blocking=*/true);
  auto values = bytes.to(at::kFloat);  // [B,H,W*3]
  if (!is_all(batch.scale.mean, 0)) values.sub_(row_of(batch.scale.mean, width, values));
  if (!is_all(batch.scale.scale, 1)) values.mul_(row_of(batch.scale.scale, width, values));
  return values.view({end - begin, batch.height, width, 3}).permute({0, 3, 1, 2});
}

WorkerTeam::WorkerTeam(int workers, int threads_each) : failures_(static_cast<std::size_t>(workers)) {
  for (int i = 0; i < workers; ++i)
    threads_.emplace_back([this, i, threads_each] { serve(i, threads_each); });
}

WorkerTeam::~WorkerTeam() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void WorkerTeam::run(const std::function<void(int)>& work) {
  std::unique_lock lock(mutex_);
  work_ = &work;
  running_ = size();
  std::fill(failures_.begin(), failures_.end(), nullptr);
  ++round_;
  wake_.notify_all();
  done_.wait(lock, [&] { return running_ == 0; });
  for (const auto& failure : failures_)
    if (failure) std::rethrow_exception(failure);
}

void WorkerTeam::serve(int worker, int threads_each) {
  at::set_num_threads(threads_each);
  std::int64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stopping_ || round_ != seen; });
    if (stopping_) return;
    seen = round_;
    const auto* work = work_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      (*work)(worker);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failures_[static_cast<std::size_t>(worker)] = failure;
    if (--running_ == 0) done_.notify_all();
  }
}

Replicas::Replicas(std::shared_ptr<DetectorNet> first, const MakeNet& make, WorkerTeam& team,
                   BatchShare share, Ranks& ranks, const std::vector<std::string>& frozen_prefixes)
    : team_(team), share_(share), ranks_(ranks) {
  nets_.push_back(std::move(first));
  flats_.push_back(std::make_unique<FlatParameters>(*nets_.front(), frozen_prefixes));
  while (static_cast<int>(nets_.size()) < share_.local_replicas()) {
    nets_.push_back(make());
    nets_.back()->to(parameters().values.device());
    flats_.push_back(std::make_unique<FlatParameters>(*nets_.back(), parameters(), frozen_prefixes));
  }
  for (auto& net : nets_) net->train();
}

/// Losses of this rank's replicas; leaves each one's gradients and statistics, times its share of the batch.
std::vector<StepLoss> Replicas::compute(const Batch& batch, const StepOptions& options) {
  const auto device = parameters().values.device();
  std::vector<StepLoss> losses(nets_.size());
  team_.run([&](int local) {
    const int replica = share_.rank * share_.local_replicas() + local;
    const int begin = share_.begin_of(replica) - share_.first();
    const int end = share_.begin_of(replica + 1) - share_.first();
    const auto at = static_cast<std::size_t>(local);
    auto& flat = *flats_[at];
    flat.gradients.zero_();
    if (begin < end) {
      auto images = images_of(batch, begin, end, device);
      auto own = options.loss;
      own.seed = Random(own.seed, "replica " + std::to_string(replica)).next();
      LossParts loss;
      {
        Autocast autocast(options.precision, device.type());
        loss = nets_[at]->loss(images, targets_of(batch, begin, end), own);
      }
      (options.loss_scale == 1 ? loss.total : loss.total * options.loss_scale).backward();
      losses[at] = {loss.total.item<double>(), loss.parts, loss.num_foreground};
    }
    if (share_.replicas == 1) return;
    at::NoGradGuard no_grad;
    const double part = static_cast<double>(end - begin) / share_.batch;
    flat.gradients.mul_(part);
    flat.statistics.mul_(part);
  });
  return losses;
}

StepLoss Replicas::step(const std::function<Batch()>& next, const StepOptions& options,
                        const std::function<void(Batch)>& recycle) {
  auto answers = ranks_.together("a training step", [&] {
    auto batch = next();
    MessageWriter writer;
    writer.put(stop_signal());
    for (const auto& loss : compute(batch, options)) {
      writer.put(loss.total);
      writer.put(loss.num_foreground);
      writer.put(static_cast<std::int64_t>(loss.parts.size()));
      for (const auto& [name, value] : loss.parts) {
        writer.put_text(name);
        writer.put(value);
      }
    }
    if (recycle) recycle(std::move(batch));
    return writer.take();
  });
  average();

  StepLoss sum;
  int replica = 0;
  for (const auto& answer : answers) {
    MessageReader reader(answer);
    sum.stop_signal = std::max(sum.stop_signal, reader.get<int>());
    for (int i = 0; i < share_.local_replicas(); ++i, ++replica) {
      const double part =
          static_cast<double>(share_.begin_of(replica + 1) - share_.begin_of(replica)) / share_.batch;
      sum.total += reader.get<double>() * part;
      sum.num_foreground += reader.get<int>();
      for (auto parts = reader.get<std::int64_t>(); parts > 0; --parts) {
        auto name = reader.get_text();
        auto found = std::find_if(sum.parts.begin(), sum.parts.end(),
                                  [&](const auto& known) { return known.first == name; });
        if (found == sum.parts.end()) found = sum.parts.insert(sum.parts.end(), {name, 0.0});
        found->second += reader.get<double>() * part;
      }
    }
  }
  return sum;
}

/// The sums over all replicas into the first one's gradients and statistics.
void Replicas::average() {
  at::NoGradGuard no_grad;
  add_in_halves(0, static_cast<int>(nets_.size()), [&](int to, int from) {
    flats_[static_cast<std::size_t>(to)]->gradients.add_(flats_[static_cast<std::size_t>(from)]->gradients);
    flats_[static_cast<std::size_t>(to)]->statistics.add_(flats_[static_cast<std::size_t>(from)]->statistics);
  });
  if (!ranks_.alone()) {
    auto& flat = parameters();
    const auto gradients = flat.gradients.numel();
    const auto statistics = flat.statistics.numel();
    if (!exchanged_.defined()) exchanged_ = at::empty({gradients + statistics}, flat.gradients.options());
    exchanged_.narrow(0, 0, gradients).copy_(flat.gradients);
    exchanged_.narrow(0, gradients, statistics).copy_(flat.statistics);
    ranks_.sum(exchanged_, "the sum of the gradients");
    flat.gradients.copy_(exchanged_.narrow(0, 0, gradients));
    flat.statistics.copy_(exchanged_.narrow(0, gradients, statistics));
  }
  spread_statistics();
}

void Replicas::spread_statistics() {
  at::NoGradGuard no_grad;
  for (std::size_t i = 1; i < nets_.size(); ++i) flats_[i]->statistics.copy_(parameters().statistics);
}

void Replicas::follow_first() {
  spread_statistics();
  at::NoGradGuard no_grad;
  auto own = nets_.front()->named_buffers();
  for (std::size_t i = 1; i < nets_.size(); ++i) {
    for (auto& item : nets_[i]->named_buffers())
      if (!item.value().is_floating_point()) item.value().copy_(own[item.key()]);
  }
}

}  // namespace ds::detail
