#include "ds/train/batch_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace ds {

void write_values(const TrainSample& sample, const Preprocessing& pixels, float* out) {
  float scale[3];
  float mean[3];
  for (std::size_t c = 0; c < 3; ++c) {
    scale[c] = static_cast<float>(pixels.scale[c]);
    mean[c] = static_cast<float>(pixels.mean[c]);
  }
  const bool rgb = pixels.channel_order == ChannelOrder::rgb;
  const std::size_t first = rgb ? 2 : 0;
  const std::size_t last = rgb ? 0 : 2;
  for (std::size_t i = 0; i < sample.bgr.size(); i += 3) {
    out[i] = (static_cast<float>(sample.bgr[i + first]) - mean[0]) * scale[0];
    out[i + 1] = (static_cast<float>(sample.bgr[i + 1]) - mean[1]) * scale[1];
    out[i + 2] = (static_cast<float>(sample.bgr[i + last]) - mean[2]) * scale[2];
  }
}

namespace {

constexpr std::size_t kAheadBytes = 64'000'000;  // of batches made ahead, when that is more than two

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

InputSize size_of_step(const EpochPlan& plan, std::uint64_t seed, int step) {
  const auto& sizes = plan.sizes;
  if (sizes.smallest == 1 && sizes.largest == 1) return {plan.width, plan.height};
  const double longer = std::max(plan.width, plan.height);
  const int low = std::max(1, static_cast<int>(std::ceil(longer * sizes.smallest / sizes.multiple - 1e-9)));
  const int high =
      std::max(low, static_cast<int>(std::floor(longer * sizes.largest / sizes.multiple + 1e-9)));
  Random random(seed, fmt::format("size/{}/{}", plan.epoch, step / std::max(1, sizes.every)));
  const int drawn = low + static_cast<int>(random.below(static_cast<std::size_t>(high - low + 1)));
  const double factor = drawn * sizes.multiple / longer;
  auto side = [&](int full) {
    return std::max(1, static_cast<int>(std::lround(full * factor / sizes.multiple))) * sizes.multiple;
  };
  return {side(plan.width), side(plan.height)};
}

std::pair<std::size_t, std::size_t> companion_window(std::size_t position, std::size_t positions) {
  const auto count = std::min(positions, kCompanionWindow);
  return {std::min(position + 1 >= count ? position + 1 - count : 0, positions - count), count};
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
    order_ =
        std::make_shared<const std::vector<std::size_t>>(epoch_order(pictures_.size(), options_, plan.epoch));
    steps_ = static_cast<int>(order_->size()) / options_.batch;
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

void BatchLoader::recycle(Batch batch) {
  std::lock_guard lock(mutex_);
  if (spare_.size() < 2) spare_.push_back(std::move(batch.pixels));
}

/// Batches that may lie ready or be under way, with the mutex held.
int BatchLoader::ahead() const {
  const double side = std::max(1.0, plan_.sizes.largest);
  const double bytes = side * side * plan_.width * plan_.height * 3 * options_.batch;
  return std::min(options_.prefetch, std::max(2, static_cast<int>(kAheadBytes / std::max(1.0, bytes))));
}

void BatchLoader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_workers_.wait(lock, [&] {
      return stopping_ || (next_to_make_ < steps_ && next_to_make_ < next_to_give_ + ahead());
    });
    if (stopping_) return;
    const int step = next_to_make_++;
    const auto generation = generation_;
    const auto plan = plan_;
    const auto order = order_;
    std::vector<std::uint8_t> pixels;
    if (!spare_.empty()) {
      pixels = std::move(spare_.back());
      spare_.pop_back();
    }
    lock.unlock();
    Batch batch;
    std::exception_ptr failure;
    try {
      batch = make(plan, order, step, std::move(pixels));
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

Batch BatchLoader::make(const EpochPlan& plan, const Order& order, int step,
                        std::vector<std::uint8_t> pixels) {
  const int last = options_.slice_last > 0 ? options_.slice_last : options_.batch;
  const auto size = size_of_step(plan, options_.seed, step);
  Batch batch;
  batch.count = last - options_.slice_first;
  batch.width = size.width;
  batch.height = size.height;
  batch.pixels = std::move(pixels);
  batch.scale = options_.pixels;
  const auto stride = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3;
  batch.pixels.resize(stride * static_cast<std::size_t>(batch.count));
  auto source = [this](std::size_t index) { return pictures_.get(index); };
  for (std::size_t i = 0; i < static_cast<std::size_t>(batch.count); ++i) {
    auto position = static_cast<std::size_t>(step * options_.batch + options_.slice_first) + i;
    auto [first, positions] = companion_window(position, order->size());
    auto companion = [&, first = first, positions = positions](Random& random) {
      return (*order)[first + random.below(positions)];
    };
    Random random(options_.seed, fmt::format("sample/{}/{}", plan.epoch, position));
    auto* out = batch.pixels.data() + i * stride;
    batch.objects.push_back(draw_augmented(source, companion, (*order)[position], plan.augment,
                                           {size.width, size.height, out}, random));
    if (options_.pixels.channel_order == ChannelOrder::bgr) continue;
    cv::Mat view(size.height, size.width, CV_8UC3, out);
    cv::cvtColor(view, view, cv::COLOR_BGR2RGB);
  }
  return batch;
}

}  // namespace ds
