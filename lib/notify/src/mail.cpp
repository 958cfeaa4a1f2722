#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "curl_transfer.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/process.h"
#include "ds/base/text.h"
#include "notifiers.h"

namespace ds::detail {
namespace {

/// One header line: no line breaks (they would begin another header), non-ASCII as RFC 2047 words.
std::string header_text(const std::string& text) {
  std::string line;
  for (char c : text) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  if (std::all_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x7f; }))
    return line;
  std::string words;
  for (std::size_t begin = 0; begin < line.size();) {
    // An encoded word holds at most 75 characters, 45 bytes before base64; a UTF-8 character is never cut.
    std::size_t end = std::min(begin + 42, line.size());
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
    words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ",
                         base64_encode(std::string_view(line).substr(begin, end - begin)));
    begin = end;
  }
  return words;
}

/// RFC 5322 date, in UTC; not by strftime, whose names follow the locale.
std::string mail_date(const std::string& utc) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto seconds = static_cast<std::time_t>(parse_utc(utc));
  std::tm when{};
  ::gmtime_r(&seconds, &when);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[when.tm_wday], when.tm_mday,
                     kMonths[when.tm_mon], when.tm_year + 1900, when.tm_hour, when.tm_min, when.tm_sec);
}

std::string compose(const NotificationSettings& settings, const Event& event) {
  auto time = event.time.empty() ? utc_now() : event.time;
  std::string text = fmt::format(
      "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nAuto-Submitted: "
      "auto-generated\r\n\r\n",
      header_text(parameter_or(settings, "from", "")), header_text(settings.target),
      header_text("[ds] " + event.message), mail_date(time), random_hex(12), header_text(host_name()));
  std::string body = event.message + "\r\n\r\n";
  body += fmt::format("what: {}\r\nwhen: {}\r\n", event.kind, time);
  for (const auto& [name, value] : event.fields) body += fmt::format("{}: {}\r\n", name, value);
  auto encoded = base64_encode(body);
  for (std::size_t at = 0; at < encoded.size(); at += 76) text += encoded.substr(at, 76) + "\r\n";
  return text;
}

DeliveryAttempt send_mail(const NotificationSettings& settings, const Event& event, double timeout_s) {
  auto message = compose(settings, event);
  CurlTransfer transfer(timeout_s);
  auto server = parameter_or(settings, "smtp", "");
  auto from = parameter_or(settings, "from", "");
  auto user = parameter_or(settings, "user", "");
  auto starttls = parameter_or(settings, "starttls", "try");
  transfer.set(CURLOPT_URL, server.c_str());
  transfer.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  transfer.set(CURLOPT_MAIL_FROM, from.c_str());
  transfer.set_list(CURLOPT_MAIL_RCPT, {settings.target});
  transfer.set(CURLOPT_USE_SSL, static_cast<long>(starttls == "required" ? CURLUSESSL_ALL
                                                  : starttls == "no"     ? CURLUSESSL_NONE
                                                                         : CURLUSESSL_TRY));
  std::string password;
  if (!user.empty()) {
    password = std::string(trim(read_file(parameter_or(settings, "password_file", ""))));
    transfer.set(CURLOPT_USERNAME, user.c_str());
    transfer.set(CURLOPT_PASSWORD, password.c_str());
  }
  transfer.send(message);
  auto code = transfer.perform();
  if (code == CURLE_OK) return {true};
  long reply = transfer.response_code();  // of SMTP: 5xx is final, 4xx passes
  bool final = code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED || (reply >= 500 && reply < 600);
  return {false, !final, transfer.error_text(code)};
}

void check_mail(const NotificationSettings& settings) {
  check_parameters(settings, {"smtp", "from", "user", "password_file", "starttls"});
  auto is_address = [](const std::string& text) {
    return text.find('@') != std::string::npos && text.find_first_of(" \r\n<>,") == std::string::npos;
  };
  if (!is_address(settings.target))
    throw UsageError(fmt::format("mail to '{}': expected name@host", settings.target));
  auto from = parameter_or(settings, "from", "");
  if (!is_address(from))
    throw UsageError(fmt::format("mail to {}: from '{}': expected name@host", settings.target, from));
  auto server = parameter_or(settings, "smtp", "");
  if (!server.starts_with("smtp://") && !server.starts_with("smtps://"))
    throw UsageError(fmt::format("mail to {}: smtp '{}': expected smtp://host[:port] or smtps://host[:port]",
                                 settings.target, server));
  if (!parameter_or(settings, "user", "").empty() && parameter_or(settings, "password_file", "").empty())
    throw UsageError(fmt::format("mail to {}: a user needs a password_file", settings.target));
  auto starttls = parameter_or(settings, "starttls", "try");
  if (starttls != "try" && starttls != "required" && starttls != "no")
    throw_unknown_name("starttls", starttls, {"try", "required", "no"});
}

}  // namespace

Notifier mail_notifier() {
  return {send_mail, check_mail};
}

}  // namespace ds::detail
