#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ds/arch/preprocessing.h"
#include "ds/runs/train_options.h"
#include "ds/train/augment.h"
#include "ds/train/train_set.h"

namespace ds {

/// What the network takes in one step, and each image's objects. Pixels stay bytes until the thread that
/// needs them makes numbers of them: a quarter of the memory on the way.
struct Batch {
  int count = 0;
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> pixels;  // [count, height, width, 3], channels in the network's order
  Preprocessing scale;               // what they become
  std::vector<std::vector<TrainObject>> objects;
};

/// A sample as the network takes it. @param out room for [height,width,3] float32
void write_values(const TrainSample& sample, const Preprocessing& pixels, float* out);

struct LoaderOptions {
  std::uint64_t seed = 0;
  int batch = 8;
  int threads = 2;
  int prefetch = 4;  // batches made ahead, fewer (but two) when they are large
  Preprocessing pixels = {};
  /// Each image's share in an epoch, in [1, inf): 2.5 means twice, and a third time in half of
  /// the epochs. Empty: 1.
  std::vector<double> repeats = {};
  /// The samples of every batch that this loader makes, [first, last); last 0: all of them. Ranks
  /// share a batch so.
  int slice_first = 0;
  int slice_last = 0;
};

/// Inputs of several sizes: every `every` steps one is drawn from the multiples of `multiple` between these
/// factors of the longer side.
struct MultiScale {
  double smallest = 1;
  double largest = 1;
  int every = 10;
  int multiple = 32;
};

/// What one epoch shows and how.
struct EpochPlan {
  int epoch = 0;
  int width = 0;
  int height = 0;
  AugmentOptions augment = {};
  MultiScale sizes = {};
};

/// The size of an epoch's step: depends on (seed, epoch, step) alone, so it is the same on every rank. Keeps
/// the plan's aspect as far as multiples allow.
InputSize size_of_step(const EpochPlan& plan, std::uint64_t seed, int step);

/// Which of an epoch's positions a sample's companions come from: the nearest `kCompanionWindow` before it
/// (at the beginning, the first ones). Large sets are decoded once an epoch so, and not once for each tile of
/// a mosaic (the cached mosaic of RTMDet, arXiv 2212.07784, without its dependence on timing); small ones are
/// all in the window. As positions hold rare classes more often (repeats), so do companions.
/// @return first position and how many
std::pair<std::size_t, std::size_t> companion_window(std::size_t position, std::size_t positions);
inline constexpr std::size_t kCompanionWindow = 512;

/// The order of an epoch: a shuffle that depends on (seed, epoch) alone, with the repeats, filled up from its
/// own beginning (or cut) to whole batches, as many in every epoch.
std::vector<std::size_t> epoch_order(std::size_t images, const LoaderOptions& options, int epoch);

/// Makes batches in background threads. A batch depends on (seed, epoch, position) and nothing else: neither
/// the number of threads nor the step at which an epoch is entered changes a single pixel.
class BatchLoader {
 public:
  BatchLoader(PictureCache& pictures, LoaderOptions options);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  int steps_per_epoch() const;
  /// Begins an epoch at one of its steps; what was under way is dropped.
  void start(const EpochPlan& plan, int first_step = 0);
  /// The batches in order. Throws what making it threw (DataError naming an image).
  Batch next();
  /// Gives a batch back when it is no longer needed: its memory is used again.
  void recycle(Batch batch);

 private:
  using Order = std::shared_ptr<const std::vector<std::size_t>>;
  void work();
  int ahead() const;
  Batch make(const EpochPlan& plan, const Order& order, int step, std::vector<std::uint8_t> pixels);

  PictureCache& pictures_;
  LoaderOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_workers_;
  std::condition_variable wake_consumer_;
  bool stopping_ = false;
  std::int64_t generation_ = 0;  // grows with start(); late results of older ones are dropped
  EpochPlan plan_;
  Order order_;
  int steps_ = 0;
  int next_to_make_ = 0;
  int next_to_give_ = 0;
  std::map<int, Batch> ready_;
  std::map<int, std::exception_ptr> failed_;
  std::vector<std::vector<std::uint8_t>> spare_;  // pixels of recycled batches
  std::vector<std::thread> workers_;
};

}  // namespace ds
