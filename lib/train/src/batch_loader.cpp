#include "ds/train/batch_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ds {
namespace {

void write_values(const TrainSample& sample, const PixelScale& pixels, float* out) {
  const auto scale = static_cast<float>(pixels.scale);
  const auto mean = static_cast<float>(pixels.mean);
  const std::size_t first = pixels.rgb ? 2 : 0;
  const std::size_t last = pixels.rgb ? 0 : 2;
  for (std::size_t i = 0; i < sample.bgr.size(); i += 3) {
    out[i] = (static_cast<float>(sample.bgr[i + first]) - mean) * scale;
    out[i + 1] = (static_cast<float>(sample.bgr[i + 1]) - mean) * scale;
    out[i + 2] = (static_cast<float>(sample.bgr[i + last]) - mean) * scale;
  }
}

}  // namespace

namespace {

/// Whole batches that hold every image its share of times: the same for every epoch.
std::size_t samples_per_epoch(std::size_t images, const LoaderOptions& options) {
  double samples = static_cast<double>(images);
  if (!options.repeats.empty())
    samples = std::accumulate(options.repeats.begin(), options.repeats.end(), 0.0);
  return static_cast<std::size_t>(std::ceil(samples / options.batch)) *
         static_cast<std::size_t>(options.batch);
}

}  // namespace

std::vector<std::size_t> epoch_order(std::size_t images, const LoaderOptions& options, int epoch) {
  Random random(options.seed, fmt::format("order/{}", epoch));
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < images; ++i) {
    double share = options.repeats.empty() ? 1 : options.repeats[i];
    auto times = static_cast<std::size_t>(std::floor(share));
    if (random.chance(share - std::floor(share))) ++times;
    order.insert(order.end(), times, i);
  }
  random.shuffle(order);
  const auto unique = order.size();
  const auto wanted = samples_per_epoch(images, options);
  while (unique > 0 && order.size() < wanted) order.push_back(order[order.size() % unique]);
  order.resize(wanted);
  return order;
}

BatchLoader::BatchLoader(PictureCache& pictures, LoaderOptions options)
    : pictures_(pictures), options_(std::move(options)) {
  for (int i = 0; i < std::max(1, options_.threads); ++i) workers_.emplace_back([this] { work(); });
}

BatchLoader::~BatchLoader() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_workers_.notify_all();
  for (auto& worker : workers_) worker.join();
}

int BatchLoader::steps_per_epoch() const {
  return static_cast<int>(samples_per_epoch(pictures_.size(), options_)) / options_.batch;
}

void BatchLoader::start(const EpochPlan& plan, int first_step) {
  {
    std::lock_guard lock(mutex_);
    ++generation_;
    plan_ = plan;
    order_ = epoch_order(pictures_.size(), options_, plan.epoch);
    steps_ = static_cast<int>(order_.size()) / options_.batch;
    next_to_make_ = first_step;
    next_to_give_ = first_step;
    ready_.clear();
    failed_.clear();
  }
  wake_workers_.notify_all();
}

Batch BatchLoader::next() {
  std::unique_lock lock(mutex_);
  wake_consumer_.wait(lock,
                      [&] { return ready_.contains(next_to_give_) || failed_.contains(next_to_give_); });
  if (auto found = failed_.find(next_to_give_); found != failed_.end()) std::rethrow_exception(found->second);
  auto node = ready_.extract(next_to_give_);
  ++next_to_give_;
  lock.unlock();
  wake_workers_.notify_all();
  return std::move(node.mapped());
}

void BatchLoader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_workers_.wait(lock, [&] {
      return stopping_ || (next_to_make_ < steps_ && next_to_make_ < next_to_give_ + options_.prefetch);
    });
    if (stopping_) return;
    const int step = next_to_make_++;
    const auto generation = generation_;
    const auto plan = plan_;
    const int last = options_.slice_last > 0 ? options_.slice_last : options_.batch;
    const auto first_position = static_cast<std::size_t>(step * options_.batch + options_.slice_first);
    std::vector<std::size_t> indices(order_.begin() + step * options_.batch + options_.slice_first,
                                     order_.begin() + step * options_.batch + last);
    lock.unlock();
    Batch batch;
    std::exception_ptr failure;
    try {
      batch = make(plan, indices, first_position);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (generation != generation_) continue;
    if (failure)
      failed_[step] = failure;
    else
      ready_[step] = std::move(batch);
    wake_consumer_.notify_all();
  }
}

Batch BatchLoader::make(const EpochPlan& plan, const std::vector<std::size_t>& indices,
                        std::size_t first_position) {
  Batch batch;
  batch.count = static_cast<int>(indices.size());
  batch.width = plan.width;
  batch.height = plan.height;
  const auto stride = static_cast<std::size_t>(plan.width) * static_cast<std::size_t>(plan.height) * 3;
  batch.values.resize(stride * indices.size());
  auto source = [this](std::size_t index) { return pictures_.get(index); };
  for (std::size_t i = 0; i < indices.size(); ++i) {
    auto position = first_position + i;
    Random random(options_.seed, fmt::format("sample/{}/{}", plan.epoch, position));
    auto sample =
        augmented_sample(source, pictures_.size(), indices[i], plan.augment, plan.width, plan.height, random);
    write_values(sample, options_.pixels, batch.values.data() + i * stride);
    batch.objects.push_back(std::move(sample.objects));
  }
  return batch;
}

}  // namespace ds
