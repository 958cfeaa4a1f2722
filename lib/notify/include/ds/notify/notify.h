#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ds/base/registry.h"
#include "ds/project/event_log.h"
#include "ds/project/settings.h"

namespace ds {

class Project;

struct NotifyOptions {
  int attempts = 3;       // per target; only what may pass by itself is tried again
  double timeout_s = 10;  // per attempt
  double pause_s = 1;     // before the second attempt; doubles with each
};

/// How one attempt ended.
struct DeliveryAttempt {
  bool delivered = false;
  bool worth_retrying = false;  // the network, a busy server
  std::string error = {};       // why not
};

/// Tells one target about one event, once, within the time.
struct Notifier {
  std::function<DeliveryAttempt(const NotificationSettings&, const Event&, double timeout_s)> deliver;
  /// Throws UsageError for settings that can never work (no `from`, no URL).
  std::function<void(const NotificationSettings&)> check;
};

/// command: a shell command with the event in DS_EVENT, DS_EVENT_MESSAGE, DS_EVENT_TIME, DS_EVENT_<FIELD>
/// and,
///          whole, DS_EVENT_JSON; its output goes nowhere.
/// webhook: POST of the event as JSON; parameter token_file (sent as Bearer).
/// mail:    SMTP; parameters smtp (smtp://host:25 or smtps://host:465), from, user, password_file, starttls
///          (try, required, no).
const Registry<Notifier>& notifiers();

/// One of the moments a user may be waiting for.
struct EventKind {
  std::string name;
  std::string summary;
  bool awaited;  // sent to targets that name no events
};
const std::vector<EventKind>& event_kinds();

struct Delivery {
  std::string kind;  // of notifier
  std::string target;
  bool delivered = false;
  int attempts = 0;
  std::string error = {};
};

/// Throws UsageError naming the entry for an unknown kind or event and for settings that can never work.
void check_notifications(const std::vector<NotificationSettings>& targets);

/// Sends the event to every target that asks for its kind. Never throws: a failed delivery is in the result.
std::vector<Delivery> send_notifications(const std::vector<NotificationSettings>& targets, const Event& event,
                                         const NotifyOptions& options = {});

/// Writes the event to the project's events.jsonl and sends it to the targets of project.yaml. A delivery
/// that fails is a warning and an event `notification-failed`; the work that it tells about goes on.
void notify(Project& project, Event event, const NotifyOptions& options = {});

/// `{"time": ..., "kind": ..., "message": ..., "fields": {...}, "text": ...}`: what webhooks and commands
/// get; `text` repeats the message for chat servers that show it.
std::string event_to_json(const Event& event);

}  // namespace ds
