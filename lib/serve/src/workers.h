#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ds/base/clock.h"
#include "ds/http/server.h"
#include "model_slot.h"

namespace ds::detail {

/// One picture that waits for its answer.
struct Job {
  std::string bytes;
  std::string extension;
  std::string group;
  std::string token_name;
  std::optional<double> score;  // lowest to report; absent: the model's threshold
  bool draw = false;
  http::Reply reply;
  std::chrono::steady_clock::time_point deadline;  // nobody waits for the answer after it
  Stopwatch waited = {};
};

/// A job with what became of it.
struct Answered {
  const Job& job;
  const Generation& generation;
  int width = 0;
  int height = 0;
  double threshold = 0;
  double queue_s = 0;
  double inference_s = 0;                // of its batch
  const std::vector<Detection>& all;     // down to the score floor
  std::vector<Detection> reported = {};  // at or above the threshold
};

/// The bounded queue and the workers that empty it. A worker takes what waits, up to `max_batch` pictures,
/// decodes them, and runs them as one batch on its own detector of the generation in service.
class Workers {
 public:
  struct Observer {
    std::function<void(const Answered&)> answered;
    std::function<void(int images, double seconds)> batch;
  };

  Workers(const ServeOptions& options, ModelSlot& slot, Observer observer);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False when the queue is full.
  bool push(Job job);
  std::size_t waiting() const;
  /// Ends after what is queued.
  void stop();

 private:
  std::vector<Job> take();
  void run(std::size_t worker);
  void answer_batch(std::vector<Job>& jobs, std::size_t worker);
  void answer(const Job& job, const Generation& generation, const cv::Mat& picture,
              const std::vector<Detection>& all, double queue_s, double inference_s);

  const ServeOptions& options_;
  ModelSlot& slot_;
  Observer observer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ds::detail
