#pragma once

#include <filesystem>
#include <string>

#include "ds/http/message.h"

namespace ds::http {

struct FetchOptions {
  std::string method = "GET";
  std::string body = {};
  std::string content_type = {};  // of the body
  Headers headers = {};
  std::string token = {};                  // sent as `Authorization: Bearer`
  double timeout_s = 30;                   // for the whole exchange
  std::size_t max_body_bytes = 256 << 20;  // of the response
  std::filesystem::path ca_file = {};  // https: trust this certificate or authority instead of the system's
};

/// One request over a fresh connection, no redirects. Any status is a result; throws Busy when the server
/// cannot be reached or does not answer in time, UsageError for a URL that is not http(s)://host[:port]/path.
Response fetch(const std::string& url, const FetchOptions& options = {});

}  // namespace ds::http
