#include <fmt/format.h>

#include "curl_transfer.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "notifiers.h"

namespace ds::detail {
namespace {

DeliveryAttempt post_event(const NotificationSettings& settings, const Event& event, double timeout_s) {
  auto body = event_to_json(event);
  std::vector<std::string> headers{"Content-Type: application/json", "Expect:"};
  if (auto file = parameter_or(settings, "token_file", ""); !file.empty())
    headers.push_back("Authorization: Bearer " + std::string(trim(read_file(file))));
  CurlTransfer transfer(timeout_s);
  transfer.set(CURLOPT_URL, settings.target.c_str());
  transfer.set(CURLOPT_PROTOCOLS_STR, "http,https");
  transfer.set(CURLOPT_POST, 1L);
  transfer.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  transfer.set(CURLOPT_POSTFIELDS, body.c_str());
  transfer.set_list(CURLOPT_HTTPHEADER, headers);
  auto code = transfer.perform();
  if (code != CURLE_OK) return {false, true, transfer.error_text(code)};
  long status = transfer.response_code();
  if (status >= 200 && status < 300) return {true};
  return {false, status == 429 || status >= 500, fmt::format("the server answered {}", status)};
}

void check_webhook(const NotificationSettings& settings) {
  check_parameters(settings, {"token_file"});
  if (!settings.target.starts_with("http://") && !settings.target.starts_with("https://"))
    throw UsageError(fmt::format("webhook '{}': expected an http:// or https:// address", settings.target));
}

}  // namespace

Notifier webhook_notifier() {
  return {post_event, check_webhook};
}

}  // namespace ds::detail
