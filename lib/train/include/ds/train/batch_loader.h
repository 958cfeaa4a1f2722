#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ds/train/augment.h"
#include "ds/train/train_set.h"

namespace ds {

/// What the network takes in one step: [count, height, width, 3] float32, and each image's objects.
struct Batch {
  int count = 0;
  int height = 0;
  int width = 0;
  std::vector<float> values;
  std::vector<std::vector<TrainObject>> objects;
};

/// How pixels become the network's numbers: value = (pixel - mean) * scale.
struct PixelScale {
  bool rgb = false;
  double scale = 1;
  double mean = 0;
};

struct LoaderOptions {
  std::uint64_t seed = 0;
  int batch = 8;
  int threads = 2;
  int prefetch = 4;  // batches made ahead
  PixelScale pixels = {};
  /// Each image's share in an epoch, in [1, inf): 2.5 means twice, and a third time in half of the epochs.
  /// Empty: 1.
  std::vector<double> repeats = {};
  /// The samples of every batch that this loader makes, [first, last); last 0: all of them. Ranks share a
  /// batch so.
  int slice_first = 0;
  int slice_last = 0;
};

/// What one epoch shows and how.
struct EpochPlan {
  int epoch = 0;
  int width = 0;
  int height = 0;
  AugmentOptions augment = {};
};

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

 private:
  void work();
  Batch make(const EpochPlan& plan, const std::vector<std::size_t>& indices, std::size_t first_position);

  PictureCache& pictures_;
  LoaderOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_workers_;
  std::condition_variable wake_consumer_;
  bool stopping_ = false;
  std::int64_t generation_ = 0;  // grows with start(); late results of older ones are dropped
  EpochPlan plan_;
  std::vector<std::size_t> order_;
  int steps_ = 0;
  int next_to_make_ = 0;
  int next_to_give_ = 0;
  std::map<int, Batch> ready_;
  std::map<int, std::exception_ptr> failed_;
  std::vector<std::thread> workers_;
};

}  // namespace ds
