#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "ds/detect/detector.h"
#include "ds/serve/service.h"

namespace ds::detail {

/// One generation of the model, loaded: a detector for each worker.
struct Generation {
  ServedModel model;
  ModelCard card;
  double threshold = 0;  // the operating point: what a request without ?score= gets
  std::vector<Detector> detectors;
};

/// Loads a detector per worker, down to the score floor, and warms each with a golden request: a drawn
/// scene whose answer must be the same from every worker, finite and inside the picture. Throws DataError
/// when it is not.
std::shared_ptr<Generation> load_generation(const ServedModel& model, const ServeOptions& options);

/// The generation in service. Readers keep theirs alive for as long as they use it.
class ModelSlot {
 public:
  std::shared_ptr<Generation> current() const {
    std::lock_guard guard(mutex_);
    return current_;
  }
  void put(std::shared_ptr<Generation> next) {
    std::lock_guard guard(mutex_);
    current_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Generation> current_;
};

}  // namespace ds::detail
