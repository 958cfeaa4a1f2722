#include "curl_transfer.h"

#include <algorithm>
#include <cstring>

#include "ds/base/error.h"

namespace ds::detail {
namespace {
std::size_t drop(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}
}  // namespace

CurlTransfer::CurlTransfer(double timeout_s) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  handle_ = ready == CURLE_OK ? curl_easy_init() : nullptr;
  if (handle_ == nullptr) throw Error("libcurl cannot start");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_s * 1000));
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_WRITEFUNCTION, &drop);
  set(CURLOPT_USERAGENT, "ds");
}

CurlTransfer::~CurlTransfer() {
  curl_easy_cleanup(handle_);
  for (auto* list : lists_) curl_slist_free_all(list);
}

void CurlTransfer::set_list(CURLoption option, const std::vector<std::string>& items) {
  curl_slist* list = nullptr;
  for (const auto& item : items) list = curl_slist_append(list, item.c_str());
  lists_.push_back(list);
  set(option, list);
}

void CurlTransfer::send(std::string_view payload) {
  payload_ = payload;
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &CurlTransfer::read_payload);
  set(CURLOPT_READDATA, this);
}

std::size_t CurlTransfer::read_payload(char* into, std::size_t size, std::size_t count, void* self) {
  auto& payload = static_cast<CurlTransfer*>(self)->payload_;
  std::size_t part = std::min(size * count, payload.size());
  std::memcpy(into, payload.data(), part);
  payload.remove_prefix(part);
  return part;
}

std::string CurlTransfer::error_text(CURLcode code) const {
  return error_[0] != '\0' ? error_ : curl_easy_strerror(code);
}

long CurlTransfer::response_code() const {
  long code = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

}  // namespace ds::detail
