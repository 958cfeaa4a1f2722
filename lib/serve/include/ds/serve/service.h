#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "ds/detect/detector.h"
#include "ds/http/server.h"
#include "ds/serve/capture.h"

namespace ds {

/// A model to serve.
struct ServedModel {
  std::string id;              // of the registry, or the path when it is none of a project
  std::filesystem::path path;  // what load_detector takes
  std::int64_t generation = 1;
};

struct ServeOptions {
  std::string name = "model";            // of the deployment: in /v2/models/<name>, metrics and captures
  http::ServerOptions http = {};         // where clients come in
  bool admin = false;                    // open the admin listener, on 127.0.0.1 only
  int admin_port = 0;                    // 0: any free one
  std::string admin_token = {};          // asked for by the admin listener; must not be empty when it is open
  int workers = 1;                       // each holds its own copy of the model
  std::size_t max_queue = 64;            // images waiting; more are answered 429
  std::size_t max_batch = 8;             // images a worker takes at once
  std::int64_t max_pixels = 50'000'000;  // of one picture, looked at before it is decoded
  double score_floor = 0.05;             // detections below are never computed; ?score= may not be lower
  double drain_s = 30;                   // how long requests in flight may take after a stop
  std::filesystem::path folder = {};     // deployments/<name>: captures/, requests.jsonl; empty: neither
  CapturePolicy capture = {};
  std::string capture_key = {};  // of the holdout's hash
  std::uint64_t seed = 0;        // of the uniform lane; 0: from the system
  DetectorOptions detector = {};
  /// How a model is loaded; empty: load_detector.
  std::function<Detector(const std::filesystem::path&, const DetectorOptions&)> loader = {};

  /// Throws UsageError naming the field.
  void validate() const;
};

/// The inference service: I/O threads -> bounded queue -> workers that batch what waits -> answers. Health
/// and metrics never pass the queue. docs/SERVING.md describes the endpoints.
///
/// A swap loads the new model beside the old one in this process, warms it with a golden request, and
/// switches between two batches; the old one is freed when the last worker lets go of it.
class Service {
 public:
  explicit Service(ServeOptions options);
  /// Stops without draining.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Opens the listeners: live, not ready. Throws Busy when a port is taken.
  void start();
  /// Loads and warms a model; ready from then on. Throws what load_detector throws.
  void load(const ServedModel& model);
  /// As load, when the generation in service is still `expected`, else throws Busy and changes nothing. The
  /// new generation is `model.generation`, which must be greater.
  void swap(const ServedModel& model, std::int64_t expected);
  /// Stops taking requests, answers those in flight, writes captures. True when all were answered.
  bool drain();

  bool ready() const;
  ServedModel serving() const;  // generation 0: nothing yet
  int port() const;
  int admin_port() const;
  std::string url() const;
  /// True once a client of the admin listener has asked to drain.
  bool drain_requested() const;
  /// One JSON object: what /status of the admin listener answers.
  std::string status_json() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ds
