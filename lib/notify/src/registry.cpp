#include "notifiers.h"

namespace ds {

const Registry<Notifier>& notifiers() {
  static const Registry<Notifier> registry = [] {
    Registry<Notifier> all("notification kind");
    all.add("command", "runs a shell command with the event in its environment", detail::command_notifier());
    all.add("webhook", "posts the event as JSON to an http(s) address", detail::webhook_notifier());
    all.add("mail", "sends a mail over SMTP", detail::mail_notifier());
    return all;
  }();
  return registry;
}

const std::vector<EventKind>& event_kinds() {
  static const std::vector<EventKind> kinds = {
      {"run-started", "a training run began", false},
      {"run-done", "one training run ended with a model", false},
      {"first-model-done", "the first of several candidates has a model", true},
      {"all-runs-done", "every candidate has ended", true},
      {"run-failed", "a training run failed", true},
      {"review-waiting", "images wait for review", true},
      {"labels-waiting", "images wait for labels", true},
      {"model-promoted", "another model went into production", true},
      {"model-rolled-back", "the previous model went back into production", true},
      {"challenger-rejected", "a retrained model did not pass the gate", true},
      {"deployment-started", "a deployment began to serve", false},
      {"deployment-stopped", "a deployment was stopped", false},
      {"deployment-failed", "a deployment ended by itself or could not start", true},
      {"notification-failed", "a message could not be delivered", false},
  };
  return kinds;
}

}  // namespace ds
