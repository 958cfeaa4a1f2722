#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ds/arch/architecture.h"
#include "ds/base/clock.h"
#include "ds/base/progress.h"
#include "ds/runs/folder.h"
#include "ds/train/batch_loader.h"
#include "ds/train/ranks.h"
#include "ds/train/schedule.h"
#include "ds/train/train_data.h"
#include "loop/progression.h"
#include "loop/validation.h"

namespace ds::detail {

class FlatParameters;
class Optimizer;
class Replicas;

/// One run from its first step, or its last checkpoint, to its best weights. Writes the run's folder and
/// nothing else. With several ranks all of them run it; rank 0 alone reads and writes the folder, reads the
/// clock and tells the others.
class TrainingLoop {
 public:
  struct Inputs {
    TrainOptions options;  // seed, threads and input size resolved
    InputSize input;
    std::string run_id;
    std::string title;
    std::filesystem::path initial_weights;  // a file; empty: fresh ones from the seed
    // Where to stop before the end, after a validation, so that candidates can be compared; 0: nowhere.
    int pause_epoch = 0;         // after so many epochs
    double pause_elapsed_s = 0;  // after the epoch in which the run's time reaches this
  };
  /// Called after each validation: the run's record in the project follows.
  using OnValidation = std::function<void(const Progression&, const ValidationResult&)>;

  TrainingLoop(Inputs inputs, const TrainData& data, RunFolder folder, Progress& progress, Ranks& ranks);
  ~TrainingLoop();

  /// Throws Interrupted after saving when a signal asks a rank to stop, Error on a loss that is not a number
  /// or without memory, Busy when the disk is full or a rank is lost. best.ckpt is never lost.
  Progression run(const OnValidation& on_validation);

  /// Whether run() came back for a pause and not at the end.
  bool is_paused() const { return pausing_ && !is_over(); }
  /// Where the last checkpoint stands, without training on.
  Progression resumed();

  /// Loads best.ckpt into the averaged net, on every rank.
  void load_best();
  /// Scores the averaged net on a split; every rank gets the result.
  ValidationResult score(const std::vector<TrainImage>& images, const Dataset& truth);
  DetectorNet& averaged_net() { return *average_; }
  const Preprocessing& preprocessing() const { return architecture_.preprocessing; }

 private:
  void build();
  void resume();
  void load_last();
  void share_state();
  void as_first(const std::function<void()>& work);
  LoaderOptions loader_options() const;
  /// Gives BatchNorms that came folded their statistics, from the first batches: once, before the first step.
  void calibrate();
  void calibrate_first();
  void run_epoch();
  void run_step();
  bool unscale_gradients();
  void finish_epoch(const OnValidation& on_validation);
  ValidationResult validate(EpochMetrics& metrics);
  void decide_epochs();
  bool reaches_pause(int epochs_done) const;
  void shorten(double ap);
  bool is_closing() const {
    return detail::is_closing(state_.epoch, state_.epochs, in_.options.closing_share);
  }
  bool is_evaluated() const;
  bool is_over() const;
  EpochPlan plan() const;
  ScheduleOptions schedule() const;
  void save_last();
  void save_best(const ValidationResult& result);
  void report_status(bool force);
  std::string checkpoint_advice() const;
  double elapsed() const { return elapsed_before_ + watch_.seconds(); }

  Inputs in_;
  const TrainData& data_;
  RunFolder folder_;
  Progress& progress_;
  Ranks& ranks_;
  Architecture architecture_;
  std::unique_ptr<WorkerTeam> team_;
  std::unique_ptr<Replicas> replicas_;
  std::shared_ptr<DetectorNet> average_;
  std::unique_ptr<FlatParameters> average_flat_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<PictureCache> pictures_;
  std::unique_ptr<BatchLoader> loader_;
  std::unique_ptr<ValidationSet> validation_;
  std::vector<std::string> unfolded_;  // BatchNorms that wait for calibrate()
  Progression state_;
  RunStatus status_;
  Stopwatch watch_;
  Stopwatch since_status_;
  double elapsed_before_ = 0;
  double epoch_training_s_ = 0;  // of this epoch, in this process
  double epoch_wall_s_ = 0;      // of the last epoch, validation included
  bool pausing_ = false;
  int epoch_images_ = 0;
  int steps_per_epoch_ = 0;
  int stop_signal_ = 0;           // a rank was asked to stop
  std::exception_ptr own_error_;  // rank 0's, which the others do not know of yet
};

}  // namespace ds::detail
