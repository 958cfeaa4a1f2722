#include "ds/serve/capture.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/log.h"
#include "ds/base/walk.h"
#include "ds/project/capture_store.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxWaiting = 64;

double modified_at(const fs::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? static_cast<double>(status.st_mtime) : 0;
}

std::string what_the_model_said(const CaptureOffer& offer) {
  nlohmann::ordered_json said{{"width", offer.width},
                              {"height", offer.height},
                              {"threshold", offer.threshold},
                              {"group", offer.group},
                              {"detections", nlohmann::ordered_json::array()}};
  for (const auto& detection : offer.detections) {
    const auto& box = detection.box;
    said["detections"].push_back({{"class", offer.classes.at(static_cast<std::size_t>(detection.class_idx))},
                                  {"score", detection.score},
                                  {"box", {box.x0, box.y0, box.x1, box.y1}}});
  }
  return said.dump();
}

}  // namespace

Capturer::Capturer(fs::path folder, std::string deployment, CapturePolicy policy, std::string key,
                   std::uint64_t seed)
    : folder_(std::move(folder)),
      deployment_(std::move(deployment)),
      policy_(std::move(policy)),
      key_(std::move(key)),
      random_(seed, "capture") {
  scan();
  thread_ = std::thread([this] { run(); });
}

Capturer::~Capturer() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

/// What an earlier server of this deployment has kept counts against the budgets. A picture whose sidecar
/// never came (the server was killed between the two) is no capture: it is removed.
void Capturer::scan() {
  auto is_picture = [](const fs::path& file) { return file.extension() != ".json"; };
  for (const auto& file : walk_files(folder_, {.errors = WalkErrors::ignored, .wanted = is_picture})) {
    auto sidecar = fs::path(file).replace_extension(".json");
    std::error_code ignored;
    if (!fs::exists(sidecar, ignored)) {
      fs::remove(file, ignored);
      continue;
    }
    auto bytes = fs::file_size(file, ignored);
    kept_[file.stem().string()] = {bytes, modified_at(file), file};
    counters_.bytes += bytes;
    ++counters_.count;
  }
}

std::string Capturer::interesting(const CaptureOffer& offer) const {
  for (const auto& detection : offer.detections) {
    const auto& name = offer.classes.at(static_cast<std::size_t>(detection.class_idx));
    if (detection.score > offer.threshold &&
        std::find(policy_.rare.begin(), policy_.rare.end(), name) != policy_.rare.end())
      return "rare-class";
  }
  if (!offer.detections.empty() &&
      std::abs(offer.detections.front().score - offer.threshold) <= policy_.margin)
    return "low-margin";
  return {};
}

void Capturer::choose(const CaptureOffer& offer, Choice& choice) {
  if (random_.chance(policy_.uniform)) {
    choice.lane = "uniform";
  } else if (policy_.interest) {
    choice.reason = interesting(offer);
    if (!choice.reason.empty()) choice.lane = "interest";
  }
}

void Capturer::offer(CaptureOffer offer) {
  if (policy_.off()) return;
  Choice choice;
  std::lock_guard guard(mutex_);
  choose(offer, choice);
  if (choice.lane.empty()) return;
  if (waiting_.size() >= kMaxWaiting) return drop("busy");
  choice.offer = std::move(offer);
  waiting_.push_back(std::move(choice));
  changed_.notify_all();
}

void Capturer::flush() {
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [this] { return waiting_.empty() && !writing_; });
}

Capturer::Counters Capturer::counters() const {
  std::lock_guard guard(mutex_);
  return counters_;
}

void Capturer::drop(const std::string& reason) {
  ++counters_.dropped[reason];
}

void Capturer::run() {
  std::unique_lock guard(mutex_);
  for (;;) {
    changed_.wait(guard, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto choice = std::move(waiting_.front());
    waiting_.pop_front();
    writing_ = true;
    guard.unlock();
    try {
      write(choice);
    } catch (const std::exception& error) {
      log::warning(fmt::format("a request was not captured: {}", error.what()));
      std::lock_guard failed(mutex_);
      drop("failed");
    }
    guard.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

void Capturer::expire() {
  double oldest = unix_now() - policy_.max_age_s;
  std::lock_guard guard(mutex_);
  for (auto entry = kept_.begin(); entry != kept_.end();) {
    if (entry->second.unix_time >= oldest) {
      ++entry;
      continue;
    }
    std::error_code ignored;
    fs::remove(fs::path(entry->second.file).replace_extension(".json"), ignored);
    fs::remove(entry->second.file, ignored);
    counters_.bytes -= entry->second.bytes;
    --counters_.count;
    drop("expired");
    entry = kept_.erase(entry);
  }
}

void Capturer::write(const Choice& choice) {
  const auto& offer = choice.offer;
  expire();
  auto sha256 = sha256_hex(offer.bytes);
  bool holdout = keyed_unit(key_, offer.group.empty() ? sha256 : offer.group) < policy_.holdout;
  {
    std::lock_guard guard(mutex_);
    if (kept_.contains(sha256)) return drop("duplicate");
    if (holdout && choice.lane == "interest") return drop("holdout-group");
    if (counters_.count >= policy_.max_count) return drop("budget-count");
    if (counters_.bytes + offer.bytes.size() > policy_.max_bytes) return drop("budget-bytes");
  }
  CaptureRecord record;
  record.sha256 = sha256;
  record.deployment = deployment_;
  record.model_id = offer.model_id;
  record.generation = offer.generation;
  record.lane = choice.lane;
  record.probability = choice.lane == "uniform" ? policy_.uniform : 1;
  record.reason = choice.reason;
  record.holdout = holdout;
  record.captured_at = utc_now();
  record.detections = what_the_model_said(offer);
  auto file = folder_ / sha256.substr(0, 2) / (sha256 + offer.extension);
  write_file_atomically(file, offer.bytes);
  write_file_atomically(fs::path(file).replace_extension(".json"), capture_to_json(record) + "\n");
  std::lock_guard guard(mutex_);
  kept_[sha256] = {offer.bytes.size(), unix_now(), file};
  counters_.bytes += offer.bytes.size();
  ++counters_.count;
  ++counters_.kept[choice.lane];
}

}  // namespace ds
