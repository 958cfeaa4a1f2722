#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "ds/base/error.h"
#include "ds/detect/detector.h"
#include "ds/detect/engine.h"
#include "ds/media/image_io.h"

/// What all fake engines of one test share: a gate that holds them, and what they have seen.
struct FakeWorld {
  std::mutex mutex;
  std::condition_variable changed;
  bool gate_open = true;
  int inside = 0;               // engines that are running a batch
  std::vector<int> batches;     // size of each batch of marked pictures
  std::atomic<int> engines{0};  // alive

  void close_gate() {
    std::lock_guard guard(mutex);
    gate_open = false;
  }
  void open_gate() {
    std::lock_guard guard(mutex);
    gate_open = true;
    changed.notify_all();
  }
  void wait_until_inside(int count) {
    std::unique_lock guard(mutex);
    changed.wait_for(guard, std::chrono::seconds(20), [&] { return inside >= count; });
  }
};

/// An engine whose answer stands in the picture: the colour of the top-left pixel is {score * 255, class,
/// mark}. It finds one box, the left half of a 32 x 32 input. A mark of 1 waits at the gate, 2 throws.
class FakeEngine final : public ds::Engine {
 public:
  explicit FakeEngine(std::shared_ptr<FakeWorld> world) : world_(std::move(world)) { ++world_->engines; }
  ~FakeEngine() override { --world_->engines; }
  int input_multiple() const override { return 0; }

  std::vector<std::vector<ds::ScoredBox>> run(const ds::InputBatch& batch, double score_threshold) override {
    std::vector<std::vector<ds::ScoredBox>> all;
    auto plane = static_cast<std::size_t>(batch.height * batch.width);
    bool marked = false;
    for (int i = 0; i < batch.count; ++i) {
      const float* first = batch.values + static_cast<std::size_t>(i) * 3 * plane;
      double score = first[0] / 255.0;
      int class_idx = static_cast<int>(first[plane]) % 2;
      int mark = static_cast<int>(first[2 * plane]);
      if (mark == 2) throw ds::Error("the fake engine was told to fail");
      marked = marked || mark == 1;
      all.emplace_back();
      if (score > score_threshold) all.back().push_back({{0, 0, 16, 32}, score, class_idx});
    }
    if (marked) wait_at_gate(batch.count);
    return all;
  }

 private:
  void wait_at_gate(int count) {
    std::unique_lock guard(world_->mutex);
    world_->batches.push_back(count);
    ++world_->inside;
    world_->changed.notify_all();
    world_->changed.wait(guard, [&] { return world_->gate_open; });
    --world_->inside;
  }
  std::shared_ptr<FakeWorld> world_;
};

inline ds::ModelCard fake_card() {
  ds::ModelCard card;
  card.name = "fake";
  card.architecture = "fake";
  card.classes = {"cat", "dog"};
  card.input_width = 32;
  card.input_height = 32;
  card.score_threshold = 0.5;
  return card;
}

/// Loads "broken" as an error and anything else as a fake.
inline auto fake_loader(std::shared_ptr<FakeWorld> world) {
  return [world](const std::filesystem::path& path, const ds::DetectorOptions& options) {
    if (path == "broken") throw ds::DataError("broken: no such model");
    return ds::Detector(fake_card(), std::make_unique<FakeEngine>(world), options);
  };
}

/// A PNG of 64 x 64 whose answer is one object of this score (in steps of 1/255), class and mark.
inline std::string picture(int score_255, int class_idx = 0, int mark = 0) {
  return ds::encode_png(cv::Mat(64, 64, CV_8UC3, cv::Scalar(score_255, class_idx, mark)));
}
