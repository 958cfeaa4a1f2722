#pragma once

#include <atomic>
#include <memory>

#include "ds/serve/capture.h"
#include "metrics.h"
#include "model_slot.h"
#include "request_log.h"
#include "workers.h"

namespace ds {

struct Service::Impl {
  explicit Impl(ServeOptions options);
  ~Impl();

  void declare_metrics();
  void refresh_gauges();
  void add_routes();
  void add_admin_routes(Service& service);
  void detect(http::Request request, const http::Reply& reply);
  void on_answered(const detail::Answered& answered);
  void on_served(const http::Served& served);
  http::Response ready_response() const;
  http::Response model_response(const http::Request& request);
  bool drain();

  ServeOptions options;
  detail::Metrics metrics;
  detail::ModelSlot slot;
  std::mutex swap_mutex;
  std::atomic<bool> draining{false};
  std::atomic<bool> drain_requested{false};
  std::atomic<std::int64_t> answered_count{0};
  Stopwatch uptime;
  std::unique_ptr<detail::RequestLog> request_log;
  std::unique_ptr<Capturer> capturer;
  std::unique_ptr<detail::Workers> workers;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<http::Server> admin;
};

}  // namespace ds
