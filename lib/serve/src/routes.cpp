#include "routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "detect_json.h"
#include "ds/base/error.h"
#include "ds/base/process.h"
#include "ds/media/image_header.h"

namespace ds {

using http::Request;
using http::Response;
using Json = nlohmann::ordered_json;

void Service::Impl::add_routes() {
  server->route_async(
      "POST", "/v1/detect", [this](Request request, http::Reply reply) { detect(std::move(request), reply); },
      "detect");
  server->route("GET", "/v2/health/live", [](const Request&) { return Response::json("{\"live\":true}\n"); });
  server->route("GET", "/v2/health/ready", [this](const Request&) { return ready_response(); });
  server->route(
      "GET", "/v2/models/{name}", [this](const Request& request) { return model_response(request); },
      "detect");
  server->route(
      "GET", "/v2/models/{name}/versions/{version}",
      [this](const Request& request) { return model_response(request); }, "detect");
  server->route(
      "GET", "/metrics",
      [this](const Request&) {
        refresh_gauges();
        Response response = Response::text(metrics.to_text());
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        return response;
      },
      "metrics");
  server->on_served([this](const http::Served& served) { on_served(served); });
}

Response Service::Impl::ready_response() const {
  if (draining) return Response::json("{\"ready\":false,\"reason\":\"draining\"}\n", 503);
  if (!slot.current()) return Response::json("{\"ready\":false,\"reason\":\"loading\"}\n", 503);
  return Response::json("{\"ready\":true}\n");
}

Response Service::Impl::model_response(const Request& request) {
  auto generation = slot.current();
  if (!generation) throw Busy("the model is loading");
  const auto& name = request.parameters.at("name");
  if (name != options.name && name != generation->model.id && name != generation->card.name)
    return Response::error(
        404, fmt::format("unknown model '{}'; known: {}, {}", name, options.name, generation->model.id));
  auto version = request.parameters.find("version");
  auto serving = std::to_string(generation->model.generation);
  if (version != request.parameters.end() && version->second != serving)
    return Response::error(404,
                           fmt::format("generation {} is not in service; {} is", version->second, serving));
  return Response::json(detail::metadata_json(*generation, name));
}

void Service::Impl::detect(Request request, const http::Reply& reply) {
  if (draining) return reply(Response::error(503, "the server is stopping"));
  auto generation = slot.current();
  if (!generation) {
    auto response = Response::error(503, "the model is loading");
    response.headers.add("Retry-After", "1");
    return reply(std::move(response));
  }
  auto score = request.query_number("score");
  if (score && (*score < options.score_floor || *score > 1))
    throw UsageError(fmt::format("?score={}: expected a number from {} to 1", *score, options.score_floor));
  bool draw = request.query_flag("draw");
  auto picture = http::uploaded_file(request);
  if (picture.empty()) throw DataError("the body is empty: expected a JPEG or PNG picture");
  auto header = read_image_header(picture, "picture");
  auto pixels = static_cast<std::int64_t>(header.raw_width) * header.raw_height;
  if (pixels > options.max_pixels)
    return reply(
        Response::error(413, fmt::format("the picture has {} x {} = {} pixels, more than {}",
                                         header.raw_width, header.raw_height, pixels, options.max_pixels)));
  const auto time_left = std::chrono::nanoseconds(static_cast<std::int64_t>(options.http.deadline_s * 1e9));
  detail::Job job{.bytes = std::string(picture),
                  .extension = extension_of(header.format),
                  .group = request.headers.get_or("X-DS-Group", ""),
                  .token_name = request.token_name,
                  .score = score,
                  .draw = draw,
                  .reply = reply,
                  .deadline = std::chrono::steady_clock::now() + time_left};
  if (workers->push(std::move(job))) return;
  auto response = Response::error(429, fmt::format("the queue of {} pictures is full", options.max_queue));
  response.headers.add("Retry-After", "1");
  reply(std::move(response));
}

void Service::Impl::on_answered(const detail::Answered& answered) {
  ++answered_count;
  metrics.add("ds_images_total");
  if (answered.reported.empty()) metrics.add("ds_empty_results_total");
  for (const auto& found : answered.reported)
    metrics.add("ds_detections_total",
                {{"class", answered.generation.card.classes.at(static_cast<std::size_t>(found.class_idx))}});
  metrics.observe("ds_queue_seconds", {}, answered.queue_s);
  if (request_log) {
    Json line{{"time", utc_now()},
              {"status", 200},
              {"model", answered.generation.model.id},
              {"generation", answered.generation.model.generation},
              {"width", answered.width},
              {"height", answered.height},
              {"detections", answered.reported.size()},
              {"best_score", answered.all.empty() ? 0.0 : answered.all.front().score},
              {"queue_ms", answered.queue_s * 1000},
              {"inference_ms", answered.inference_s * 1000}};
    if (!answered.job.token_name.empty()) line["token"] = answered.job.token_name;
    request_log->add(line.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  if (capturer)
    capturer->offer({.bytes = answered.job.bytes,
                     .extension = answered.job.extension,
                     .group = answered.job.group,
                     .model_id = answered.generation.model.id,
                     .generation = answered.generation.model.generation,
                     .width = answered.width,
                     .height = answered.height,
                     .threshold = answered.generation.threshold,
                     .classes = answered.generation.card.classes,
                     .detections = answered.all});
}

void Service::Impl::on_served(const http::Served& served) {
  auto route = served.route.empty() ? "other" : served.route;
  metrics.add("ds_requests_total", {{"route", route}, {"code", std::to_string(served.status)}});
  if (served.route != "/v1/detect") return;
  metrics.observe("ds_request_seconds", {{"route", route}}, served.seconds);
  // What was answered is logged with its picture; what the server itself failed at has no other line.
  if (request_log && served.status >= 500)
    request_log->add(Json{{"time", utc_now()}, {"status", served.status}}.dump());
}

void Service::Impl::declare_metrics() {
  using Type = detail::Metrics::Type;
  const std::vector<double> times{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  metrics.declare("ds_requests_total", Type::counter, "HTTP requests answered");
  metrics.declare("ds_request_seconds", Type::histogram,
                  "From the first byte of a request to the last of its answer", times);
  metrics.declare("ds_images_total", Type::counter, "Pictures answered");
  metrics.declare("ds_empty_results_total", Type::counter, "Pictures on which nothing was reported");
  metrics.declare("ds_detections_total", Type::counter, "Objects reported");
  metrics.declare("ds_queue_seconds", Type::histogram, "Time a picture waited in the queue", times);
  metrics.declare("ds_inference_seconds", Type::histogram, "Time of one batch in the network", times);
  metrics.declare("ds_batch_images", Type::histogram, "Pictures in one batch", {1, 2, 4, 8, 16, 32});
  metrics.declare("ds_queue_images", Type::gauge, "Pictures waiting now");
  metrics.declare("ds_queue_limit", Type::gauge, "Pictures that may wait");
  metrics.declare("ds_connections", Type::gauge, "Open connections");
  metrics.declare("ds_ready", Type::gauge, "1 when requests are taken");
  metrics.declare("ds_model_info", Type::gauge, "The model in service");
  metrics.declare("ds_model_generation", Type::gauge,
                  "The generation in service; 0 while the first one loads");
  metrics.declare("ds_captures_total", Type::counter, "Pictures kept");
  metrics.declare("ds_captures_dropped_total", Type::counter, "Pictures chosen but not kept");
  metrics.declare("ds_capture_bytes", Type::gauge, "Bytes of captures on disk");
  metrics.declare("ds_capture_files", Type::gauge, "Captures on disk");
  metrics.declare("ds_peak_memory_bytes", Type::gauge, "Peak resident memory of the server");
}

void Service::Impl::refresh_gauges() {
  auto generation = slot.current();
  metrics.set("ds_queue_images", {}, static_cast<double>(workers->waiting()));
  metrics.set("ds_queue_limit", {}, static_cast<double>(options.max_queue));
  metrics.set("ds_connections", {}, server->connections());
  metrics.set("ds_ready", {}, generation && !draining ? 1 : 0);
  metrics.set("ds_model_generation", {}, generation ? static_cast<double>(generation->model.generation) : 0);
  metrics.clear("ds_model_info");
  if (generation)
    metrics.set("ds_model_info",
                {{"deployment", options.name},
                 {"model", generation->model.id},
                 {"generation", std::to_string(generation->model.generation)}},
                1);
  metrics.set("ds_peak_memory_bytes", {}, static_cast<double>(peak_memory_bytes()));
  if (!capturer) return;
  auto counters = capturer->counters();
  for (const auto& [lane, count] : counters.kept)
    metrics.set("ds_captures_total", {{"lane", lane}}, static_cast<double>(count));
  for (const auto& [reason, count] : counters.dropped)
    metrics.set("ds_captures_dropped_total", {{"reason", reason}}, static_cast<double>(count));
  metrics.set("ds_capture_bytes", {}, static_cast<double>(counters.bytes));
  metrics.set("ds_capture_files", {}, static_cast<double>(counters.count));
}

void Service::Impl::add_admin_routes(Service& service) {
  admin->route(
      "GET", "/status", [&service](const Request&) { return Response::json(service.status_json()); },
      "admin");
  admin->route(
      "POST", "/drain",
      [this](const Request&) {
        drain_requested = true;
        return Response::json("{\"draining\":true}\n", 202);
      },
      "admin");
  admin->route(
      "POST", "/swap",
      [&service](const Request& request) {
        ServedModel model;
        std::int64_t expected = 0;
        try {
          auto body = nlohmann::json::parse(request.body);
          body.at("model").get_to(model.id);
          model.path = body.at("path").get<std::string>();
          body.at("generation").get_to(model.generation);
          body.at("expected_generation").get_to(expected);
        } catch (const nlohmann::json::exception& error) {
          throw UsageError(fmt::format(
              "expected {{\"model\", \"path\", \"generation\", \"expected_generation\"}}: {}", error.what()));
        }
        try {
          service.swap(model, expected);
        } catch (const Busy& error) {
          return Response::error(409, error.what());
        }
        return Response::json(service.status_json());
      },
      "admin");
}

}  // namespace ds
