#include "workers.h"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "detect_json.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/dataset/class_list.h"
#include "ds/media/draw.h"
#include "ds/media/image_io.h"

namespace ds::detail {

Workers::Workers(const ServeOptions& options, ModelSlot& slot, Observer observer)
    : options_(options), slot_(slot), observer_(std::move(observer)) {
  for (int worker = 0; worker < options.workers; ++worker)
    threads_.emplace_back([this, worker] { run(static_cast<std::size_t>(worker)); });
}

Workers::~Workers() {
  stop();
}

bool Workers::push(Job job) {
  std::lock_guard guard(mutex_);
  if (stopping_ || queue_.size() >= options_.max_queue) return false;
  queue_.push_back(std::move(job));
  changed_.notify_one();
  return true;
}

std::size_t Workers::waiting() const {
  std::lock_guard guard(mutex_);
  return queue_.size();
}

void Workers::stop() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<Job> Workers::take() {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] { return stopping_ || !queue_.empty(); });
  std::vector<Job> jobs;
  auto now = std::chrono::steady_clock::now();
  while (!queue_.empty() && jobs.size() < options_.max_batch) {
    if (queue_.front().deadline > now) jobs.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return jobs;
}

void Workers::run(std::size_t worker) {
  for (;;) {
    auto jobs = take();
    if (!jobs.empty()) {
      answer_batch(jobs, worker);
      continue;
    }
    std::lock_guard guard(mutex_);
    if (stopping_ && queue_.empty()) return;
  }
}

void Workers::answer_batch(std::vector<Job>& jobs, std::size_t worker) {
  auto generation = slot_.current();
  std::vector<cv::Mat> pictures;
  std::vector<const Job*> decoded;
  std::vector<double> queue_s;
  for (const auto& job : jobs) {
    double waited = job.waited.seconds();
    try {
      pictures.push_back(decode_image(job.bytes, "picture", {options_.max_pixels, 1}));
      decoded.push_back(&job);
      queue_s.push_back(waited);
    } catch (const DataError& error) {
      job.reply(http::Response::error(422, error.what()));
    } catch (const std::exception& error) {
      job.reply(http::Response::error(500, error.what()));
    }
  }
  if (pictures.empty()) return;
  auto& detector = generation->detectors.at(worker);
  auto detect_all = [&](const std::vector<cv::Mat>& some, std::size_t first) {
    Stopwatch elapsed;
    auto found = detector.detect(some);
    double seconds = elapsed.seconds();
    if (observer_.batch) observer_.batch(static_cast<int>(some.size()), seconds);
    for (std::size_t i = 0; i < some.size(); ++i)
      answer(*decoded[first + i], *generation, some[i], found[i], queue_s[first + i], seconds);
  };
  try {
    detect_all(pictures, 0);
    return;
  } catch (const std::exception& error) {
    log::error(fmt::format("a batch of {} failed: {}", pictures.size(), error.what()));
    if (pictures.size() == 1) return decoded[0]->reply(http::Response::error(500, error.what()));
  }
  // One picture may have failed the others: each by itself. A Reply answers once, so
  // nothing is answered twice.
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    try {
      detect_all({pictures[i]}, i);
    } catch (const std::exception& error) {
      decoded[i]->reply(http::Response::error(500, error.what()));
    }
  }
}

void Workers::answer(const Job& job, const Generation& generation, const cv::Mat& picture,
                     const std::vector<Detection>& all, double queue_s, double inference_s) {
  Answered answered{.job = job,
                    .generation = generation,
                    .width = picture.cols,
                    .height = picture.rows,
                    .threshold = job.score.value_or(generation.threshold),
                    .queue_s = queue_s,
                    .inference_s = inference_s,
                    .all = all};
  for (const auto& found : all)
    if (found.score >= answered.threshold) answered.reported.push_back(found);
  http::Response response;
  if (job.draw) {
    cv::Mat drawn = picture.clone();
    draw_detections(drawn, answered.reported, ClassList(generation.card.classes));
    response.content_type = "image/jpeg";
    response.body = encode_jpeg(drawn);
  } else {
    response.body = detect_json(generation, picture.cols, picture.rows, answered.threshold, answered.reported,
                                inference_s * 1000);
  }
  response.headers.add("X-DS-Model", generation.model.id);
  response.headers.add("X-DS-Generation", std::to_string(generation.model.generation));
  response.headers.add("X-DS-Detections", std::to_string(answered.reported.size()));
  // Counted before it is answered: whoever has the answer finds it in the metrics.
  if (observer_.answered) observer_.answered(answered);
  job.reply(std::move(response));
}

}  // namespace ds::detail
