#include "ds/notify/notify.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/project/project.h"
#include "notifiers.h"

namespace ds {
namespace detail {

std::string parameter_or(const NotificationSettings& settings, const std::string& name,
                         const std::string& otherwise) {
  auto found = settings.parameters.find(name);
  return found == settings.parameters.end() ? otherwise : found->second;
}

void check_parameters(const NotificationSettings& settings, const std::vector<std::string>& known) {
  for (const auto& [name, value] : settings.parameters)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw_unknown_name(settings.kind + " parameter", name, known);
}

}  // namespace detail

namespace {

bool asks_for(const NotificationSettings& target, const std::string& kind) {
  if (!target.events.empty())
    return std::find(target.events.begin(), target.events.end(), kind) != target.events.end();
  const auto& kinds = event_kinds();
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const auto& known) { return known.name == kind && known.awaited; });
}

Delivery deliver(const NotificationSettings& target, const Event& event, const NotifyOptions& options) {
  Delivery delivery{target.kind, target.target};
  try {
    const auto& notifier = notifiers().at(target.kind).value;
    notifier.check(target);
    double pause = options.pause_s;
    while (delivery.attempts < options.attempts) {
      ++delivery.attempts;
      auto attempt = notifier.deliver(target, event, options.timeout_s);
      delivery.delivered = attempt.delivered;
      delivery.error = attempt.error;
      if (attempt.delivered || !attempt.worth_retrying || delivery.attempts == options.attempts) break;
      std::this_thread::sleep_for(std::chrono::duration<double>(pause));
      pause *= 2;
    }
  } catch (const std::exception& error) {
    delivery.error = error.what();
  }
  return delivery;
}

}  // namespace

void check_notifications(const std::vector<NotificationSettings>& targets) {
  std::vector<std::string> known;
  for (const auto& kind : event_kinds()) known.push_back(kind.name);
  for (const auto& target : targets) {
    notifiers().at(target.kind).value.check(target);
    for (const auto& kind : target.events)
      if (std::find(known.begin(), known.end(), kind) == known.end())
        throw_unknown_name("event", kind, known);
  }
}

std::vector<Delivery> send_notifications(const std::vector<NotificationSettings>& targets, const Event& event,
                                         const NotifyOptions& options) {
  std::vector<Delivery> deliveries;
  for (const auto& target : targets)
    if (asks_for(target, event.kind)) deliveries.push_back(deliver(target, event, options));
  return deliveries;
}

void notify(Project& project, Event event, const NotifyOptions& options) {
  event = project.events().add(std::move(event));
  for (const auto& delivery : send_notifications(project.settings().notifications, event, options)) {
    if (delivery.delivered) continue;
    auto text = fmt::format("{} by {} to {} was not delivered after {}: {}", event.kind, delivery.kind,
                            delivery.target, counted(delivery.attempts, "attempt"), delivery.error);
    log::warning(text);
    project.events().add({{}, "notification-failed", text, {{"event", event.kind}, {"kind", delivery.kind}}});
  }
}

std::string event_to_json(const Event& event) {
  nlohmann::ordered_json body{{"time", event.time}, {"kind", event.kind}, {"message", event.message}};
  body["fields"] = event.fields;
  body["text"] = event.message;
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace ds
