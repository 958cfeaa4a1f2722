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
#include "ds/train/ranks.h"
#include "loop/flat_parameters.h"

namespace ds::detail {

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
  /// Runs work(0) .. work(size() - 1), one on each thread; returns when all are done. Throws
  /// what the lowest threw.
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

/// Images [begin,end) of a batch as the network takes them: [end - begin, 3, H, W] float32, channels-last, on
/// the device. To a GPU the bytes go through pinned memory and become numbers there.
at::Tensor images_of(const Batch& batch, int begin, int end, const at::Device& device);

struct StepLoss {
  double total = 0;
  std::vector<std::pair<std::string, double>> parts;
  int num_foreground = 0;
  int stop_signal = 0;  // a rank was asked to stop; 0: none
};

/// How a batch is shared: over `replicas` copies of the net, an equal number of them on every rank.
struct BatchShare {
  int batch = 1;     // images
  int replicas = 1;  // on all ranks together
  int rank = 0;
  int ranks = 1;

  int local_replicas() const { return replicas / ranks; }
  /// Where replica r's slice of the batch begins; r = replicas: its end.
  int begin_of(int replica) const { return static_cast<int>(std::int64_t{batch} * replica / replicas); }
  /// The slice of this rank.
  int first() const { return begin_of(rank * local_replicas()); }
  int last() const { return begin_of((rank + 1) * local_replicas()); }
};

struct StepOptions {
  LossOptions loss;
  std::string precision = "fp32";  // "bf16", "fp16": what autocast computes in
  double loss_scale = 1;           // the gradients come multiplied by this
};

/// The same net several times over one set of values: each replica learns from its slice of the batch
/// (BatchNorm sees the slice), and the gradients are averaged in a fixed order. The replicas may be spread
/// over ranks: the result depends on their number but never on timing, nor on the number of ranks (to the
/// last bit when that is a power of two, or each rank has one replica).
class Replicas {
 public:
  using MakeNet = std::function<std::shared_ptr<DetectorNet>()>;
  /// @param first the net that learns; this rank's others copy its values
  Replicas(std::shared_ptr<DetectorNet> first, const MakeNet& make, WorkerTeam& team, BatchShare share,
           Ranks& ranks, const std::vector<std::string>& frozen_prefixes);

  DetectorNet& net() { return *nets_.front(); }
  FlatParameters& parameters() { return *flats_.front(); }
  /// Forward and backward over this rank's slice of the batch: afterwards parameters().gradients is the mean
  /// over the images of all replicas and parameters().statistics the mean over all replicas. Each replica
  /// draws from its own part of options.loss.seed. Throws on every rank what the computation, or `next`,
  /// threw on one.
  /// @param next gives the slice, and `recycle` gets it back when it is no longer needed
  StepLoss step(const std::function<Batch()>& next, const StepOptions& options,
                const std::function<void(Batch)>& recycle = {});
  /// Gives every replica the first one's statistics.
  void spread_statistics();
  /// The same, and the numbers of batches they come from: after a checkpoint was loaded or
  /// the first net changed.
  void follow_first();

 private:
  std::vector<StepLoss> compute(const Batch& batch, const StepOptions& options);
  void average();

  WorkerTeam& team_;
  BatchShare share_;
  Ranks& ranks_;
  std::vector<std::shared_ptr<DetectorNet>> nets_;
  std::vector<std::unique_ptr<FlatParameters>> flats_;
  at::Tensor exchanged_;  // gradients and statistics in one vector, for one sum over the ranks
};

}  // namespace ds::detail
