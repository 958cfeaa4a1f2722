#include "ds/serve/service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "routes.h"

namespace ds {

void ServeOptions::validate() const {
  auto at_least = [](const char* what, double value, double low) {
    if (value < low)
      throw UsageError(fmt::format("{} {}: expected at least {}", what, shortest(value), shortest(low)));
  };
  at_least("workers", workers, 1);
  at_least("queue", static_cast<double>(max_queue), 1);
  at_least("batch", static_cast<double>(max_batch), 1);
  at_least("pixels", static_cast<double>(max_pixels), 1);
  at_least("drain time", drain_s, 0);
  if (score_floor < 0 || score_floor > 1)
    throw UsageError(fmt::format("score floor {}: expected a number from 0 to 1", score_floor));
  if (admin && admin_token.empty()) throw UsageError("the admin listener needs a token");
  if (!capture.off() && folder.empty())
    throw UsageError("capturing needs a deployment's folder",
                     "serve a deployment: ds-deploy create NAME --model MODEL");
}

Service::Impl::Impl(ServeOptions given) : options(std::move(given)) {
  options.validate();
  declare_metrics();
  if (!options.folder.empty()) request_log = std::make_unique<detail::RequestLog>(options.folder);
  if (!options.capture.off()) {
    auto seed = options.seed != 0 ? options.seed : std::stoull(random_hex(8), nullptr, 16);
    capturer = std::make_unique<Capturer>(options.folder / "captures", options.name, options.capture,
                                          options.capture_key, seed);
  }
  detail::Workers::Observer observer;
  observer.answered = [this](const detail::Answered& answered) { on_answered(answered); };
  observer.batch = [this](int images, double seconds) {
    metrics.observe("ds_batch_images", {}, images);
    metrics.observe("ds_inference_seconds", {}, seconds);
  };
  workers = std::make_unique<detail::Workers>(options, slot, std::move(observer));
  server = std::make_unique<http::Server>(options.http);
  add_routes();
  if (!options.admin) return;
  http::ServerOptions loopback;
  loopback.port = options.admin_port;
  loopback.max_body_bytes = 64 << 10;
  loopback.deadline_s = 300;  // a swap loads a model
  loopback.max_connections = 16;
  loopback.tokens = fmt::format("admin admin {}", sha256_hex(options.admin_token));
  admin = std::make_unique<http::Server>(loopback);
}

Service::Impl::~Impl() {
  if (admin) admin->drain(0);
  server->drain(0);
  workers->stop();
}

bool Service::Impl::drain() {
  draining = true;
  bool finished = server->drain(options.drain_s);
  if (admin) admin->drain(1);
  workers->stop();
  if (capturer) capturer->flush();
  return finished;
}

Service::Service(ServeOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
  if (impl_->admin) impl_->add_admin_routes(*this);
}

Service::~Service() = default;

void Service::start() {
  impl_->server->start();
  if (impl_->admin) impl_->admin->start();
}

void Service::load(const ServedModel& model) {
  std::lock_guard guard(impl_->swap_mutex);
  impl_->slot.put(detail::load_generation(model, impl_->options));
}

void Service::swap(const ServedModel& model, std::int64_t expected) {
  std::lock_guard guard(impl_->swap_mutex);
  auto serving_now = serving().generation;
  if (serving_now != expected)
    throw Busy(fmt::format("generation {} is in service, expected {}", serving_now, expected),
               "somebody else changed the model: look at it and try again");
  if (model.generation <= serving_now)
    throw UsageError(fmt::format("generation {}: expected more than {}", model.generation, serving_now));
  impl_->slot.put(detail::load_generation(model, impl_->options));
}

bool Service::drain() {
  return impl_->drain();
}

bool Service::ready() const {
  return !impl_->draining && impl_->slot.current() != nullptr;
}

ServedModel Service::serving() const {
  auto generation = impl_->slot.current();
  return generation ? generation->model : ServedModel{{}, {}, 0};
}

int Service::port() const {
  return impl_->server->port();
}
int Service::admin_port() const {
  return impl_->admin ? impl_->admin->port() : 0;
}
std::string Service::url() const {
  return impl_->server->url();
}
bool Service::drain_requested() const {
  return impl_->drain_requested;
}

std::string Service::status_json() const {
  auto model = serving();
  nlohmann::ordered_json status{{"name", impl_->options.name},
                                {"state", impl_->draining ? "draining"
                                          : ready()       ? "ready"
                                                          : "loading"},
                                {"model", model.id},
                                {"generation", model.generation},
                                {"url", url()},
                                {"pid", ::getpid()},
                                {"uptime_s", static_cast<std::int64_t>(impl_->uptime.seconds())},
                                {"images", impl_->answered_count.load()},
                                {"waiting", impl_->workers->waiting()},
                                {"capture", to_string(impl_->options.capture)}};
  if (impl_->capturer) {
    auto counters = impl_->capturer->counters();
    status["captured"] = counters.kept;
    status["capture_dropped"] = counters.dropped;
    status["capture_files"] = counters.count;
    status["capture_bytes"] = counters.bytes;
  }
  return status.dump() + "\n";
}

}  // namespace ds
