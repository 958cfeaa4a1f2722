#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ds/base/random.h"
#include "ds/dataset/detection.h"

namespace ds {

/// Which requests a deployment keeps. Off unless asked for.
struct CapturePolicy {
  double uniform = 0;     // probability with which the uniform lane takes a request; recorded with each
  bool interest = false;  // also what a model could learn from: low margin, rare classes
  double margin = 0.1;    // low margin: the best score is this near to the threshold
  std::vector<std::string> rare = {};  // classes whose detections are always of interest
  double holdout = 0.2;                // share of groups kept for measuring, never for training
  std::uint64_t max_bytes = 2'000'000'000;
  std::int64_t max_count = 20'000;
  double max_age_s = 30 * 86400.0;

  bool off() const { return uniform <= 0 && !interest; }
};

/// `off`, or a comma-separated list: `uniform=0.05`, `interest`, `margin=0.1`, `rare=dog|cat`, `holdout=0.2`,
/// `max-bytes=500000000`, `max-count=1000`, `max-age=7d`. Throws UsageError naming the known keys.
CapturePolicy parse_capture_policy(const std::string& text);
/// Reads back as the same policy.
std::string to_string(const CapturePolicy& policy);

/// One answered request, offered for capture.
struct CaptureOffer {
  std::string bytes;      // the picture as it came
  std::string extension;  // ".jpg"
  std::string group;      // what the client calls its source; empty: the picture itself
  std::string model_id;
  std::int64_t generation = 0;
  int width = 0;
  int height = 0;
  double threshold = 0;
  std::vector<std::string> classes;   // of the model
  std::vector<Detection> detections;  // by falling score, down to the model's floor
};

/// Keeps pictures of a deployment as `captures/ab/<sha256>.jpg`, each with a sidecar `<sha256>.json`
/// (ds/project/capture_store.h), whose `detections` is
/// `{"width", "height", "threshold", "group", "detections": [{"class", "score", "box": [x0,y0,x1,y1]}]}`.
/// The lane: *uniform* by chance alone; else *interest* when the policy says so. Whether a picture is holdout
/// is fixed here by a keyed hash of its group; the interest lane never takes from a holdout group. The same
/// bytes are kept once. Writing happens on a thread of its own: a slow disk drops captures, never requests.
class Capturer {
 public:
  /// @param folder deployments/<name>/captures
  /// @param key    of the holdout's hash: the same key gives the same split
  Capturer(std::filesystem::path folder, std::string deployment, CapturePolicy policy, std::string key,
           std::uint64_t seed);
  /// Writes what is waiting, then stops.
  ~Capturer();
  Capturer(const Capturer&) = delete;
  Capturer& operator=(const Capturer&) = delete;

  void offer(CaptureOffer offer);
  /// Waits until nothing is waiting to be written.
  void flush();

  struct Counters {
    std::map<std::string, std::int64_t> kept;     // by lane
    std::map<std::string, std::int64_t> dropped;  // by reason: duplicate, budget-bytes, budget-count, busy,
                                                  // holdout-group, failed, expired
    std::uint64_t bytes = 0;                      // on disk now
    std::int64_t count = 0;                       // on disk now
  };
  Counters counters() const;

 private:
  struct Choice {
    CaptureOffer offer;
    std::string lane;
    std::string reason;
  };
  void choose(const CaptureOffer& offer, Choice& choice);
  std::string interesting(const CaptureOffer& offer) const;
  void run();
  void write(const Choice& choice);
  void scan();
  void expire();
  void drop(const std::string& reason);

  const std::filesystem::path folder_;
  const std::string deployment_;
  const CapturePolicy policy_;
  const std::string key_;
  Random random_;

  struct Kept {
    std::uint64_t bytes = 0;
    double unix_time = 0;
    std::filesystem::path file;
  };
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Choice> waiting_;
  std::map<std::string, Kept> kept_;  // by sha256
  Counters counters_;
  bool writing_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ds
