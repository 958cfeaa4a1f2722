#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ds/nn/detector_net.h"
#include "ds/train/batch_loader.h"
#include "flat_parameters.h"

namespace ds {

/// Threads that each run their own work with torch's operators kept to `threads_each` threads. One thread per
/// replica instead of one team per operator: no barrier inside a pass, so a busy neighbour delays one replica
/// and not every operator.
class WorkerTeam {
 public:
  WorkerTeam(int workers, int threads_each);
  ~WorkerTeam();
  WorkerTeam(const WorkerTeam&) = delete;
  WorkerTeam& operator=(const WorkerTeam&) = delete;

  int size() const { return static_cast<int>(threads_.size()); }
  /// Runs work(0) .. work(size() - 1), one on each thread; returns when all are done. Throws what the lowest
  /// threw.
  void run(const std::function<void(int)>& work);

 private:
  void serve(int worker, int threads_each);
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(int)>* work_ = nullptr;
  std::int64_t round_ = 0;
  int running_ = 0;
  bool stopping_ = false;
  std::vector<std::exception_ptr> failures_;
  std::vector<std::thread> threads_;
};

/// The batch's pixels as the network takes them: a channels-last view [count,3,height,width] of `batch`.
at::Tensor images_of(const Batch& batch);

struct StepLoss {
  double total = 0;
  std::vector<std::pair<std::string, double>> parts;
  int num_foreground = 0;
};

/// The same net several times over one set of values: each replica learns from its slice of the batch
/// (BatchNorm sees the slice, as in data-parallel training over ranks), and the gradients are averaged in a
/// fixed order, so that the result depends on the number of replicas but never on timing.
class Replicas {
 public:
  using MakeNet = std::function<std::shared_ptr<DetectorNet>()>;
  /// @param first the net that learns; the others copy its values
  Replicas(std::shared_ptr<DetectorNet> first, const MakeNet& make, WorkerTeam& team,
           const std::vector<std::string>& frozen_prefixes);

  DetectorNet& net() { return *nets_.front(); }
  FlatParameters& parameters() { return *flats_.front(); }
  /// Forward and backward over the batch: afterwards parameters().gradients is the mean over the images'
  /// replicas and parameters().statistics the mean over the replicas. Each replica draws from its own part of
  /// options.seed.
  StepLoss step(const Batch& batch, const LossOptions& options, bool bfloat16);
  /// Gives every replica the first one's statistics.
  void spread_statistics();
  /// The same, and the numbers of batches they come from: after a checkpoint was loaded or the first net
  /// changed.
  void follow_first();

 private:
  WorkerTeam& team_;
  std::vector<std::shared_ptr<DetectorNet>> nets_;
  std::vector<std::unique_ptr<FlatParameters>> flats_;
};

}  // namespace ds
