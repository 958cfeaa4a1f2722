#include "replicas.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>

#include <algorithm>
#include <string>

#include "ds/base/random.h"

namespace ds {
namespace {

/// bfloat16 for the operators that gain from it, on the thread that holds this.
class Autocast {
 public:
  explicit Autocast(bool enabled) : enabled_(enabled) {
    if (!enabled_) return;
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(true);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (!enabled_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_cpu_enabled(false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool enabled_;
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

}  // namespace

at::Tensor images_of(const Batch& batch) {
  return at::from_blob(const_cast<float*>(batch.values.data()), {batch.count, batch.height, batch.width, 3})
      .permute({0, 3, 1, 2});
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
                   const std::vector<std::string>& frozen_prefixes)
    : team_(team) {
  nets_.push_back(std::move(first));
  flats_.push_back(std::make_unique<FlatParameters>(*nets_.front(), frozen_prefixes));
  while (static_cast<int>(nets_.size()) < team.size()) {
    nets_.push_back(make());
    nets_.back()->to(parameters().values.device());
    flats_.push_back(std::make_unique<FlatParameters>(*nets_.back(), parameters(), frozen_prefixes));
  }
  for (auto& net : nets_) net->train();
}

StepLoss Replicas::step(const Batch& batch, const LossOptions& options, bool bfloat16) {
  const auto count = static_cast<int>(nets_.size());
  std::vector<StepLoss> losses(nets_.size());
  std::vector<double> shares(nets_.size());
  auto all = images_of(batch);
  team_.run([&](int replica) {
    const int begin = batch.count * replica / count;
    const int end = batch.count * (replica + 1) / count;
    const auto at = static_cast<std::size_t>(replica);
    flats_[at]->gradients.zero_();
    if (begin == end) return;
    auto images = all.slice(0, begin, end).to(flats_[at]->values.device());
    auto own_options = options;
    own_options.seed = Random(options.seed, "replica " + std::to_string(replica)).next();
    LossParts loss;
    {
      Autocast autocast(bfloat16);
      loss = nets_[at]->loss(images, targets_of(batch, begin, end), own_options);
    }
    loss.total.backward();
    shares[at] = static_cast<double>(end - begin) / batch.count;
    losses[at] = {loss.total.item<double>(), loss.parts, loss.num_foreground};
  });

  auto& flat = parameters();
  at::NoGradGuard no_grad;
  if (count > 1) {
    flat.gradients.mul_(shares[0]);
    flat.statistics.mul_(shares[0]);
  }
  StepLoss sum;
  for (std::size_t i = 0; i < nets_.size(); ++i) {
    if (i > 0 && shares[i] > 0) {
      flat.gradients.add_(flats_[i]->gradients, shares[i]);
      flat.statistics.add_(flats_[i]->statistics, shares[i]);
    }
    sum.total += losses[i].total * shares[i];
    sum.num_foreground += losses[i].num_foreground;
    for (const auto& [name, value] : losses[i].parts) {
      auto found = std::find_if(sum.parts.begin(), sum.parts.end(),
                                [&](const auto& part) { return part.first == name; });
      if (found == sum.parts.end()) found = sum.parts.insert(sum.parts.end(), {name, 0.0});
      found->second += value * shares[i];
    }
  }
  spread_statistics();
  return sum;
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

}  // namespace ds
