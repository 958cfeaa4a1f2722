#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>
#include <vector>

namespace ds::detail {

/// One libcurl transfer whose handle and lists are freed; the answer's body is dropped.
class CurlTransfer {
 public:
  explicit CurlTransfer(double timeout_s);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  template <typename T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(handle_, option, value);
  }
  /// A list option: headers, recipients.
  void set_list(CURLoption option, const std::vector<std::string>& items);
  /// What an upload sends.
  void send(std::string_view payload);
  CURLcode perform() { return curl_easy_perform(handle_); }
  /// libcurl's own words, the more precise ones when it has them.
  std::string error_text(CURLcode code) const;
  long response_code() const;

 private:
  static std::size_t read_payload(char* into, std::size_t size, std::size_t count, void* self);

  CURL* handle_;
  std::vector<curl_slist*> lists_;
  std::string_view payload_;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace ds::detail
