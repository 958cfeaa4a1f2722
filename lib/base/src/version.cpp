#include "ds/base/version.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>

#include "ds/base/text.h"

namespace ds {

std::string version() {
  return DS_VERSION;
}
std::string revision() {
  return DS_REVISION;
}

std::vector<std::pair<std::string, std::string>> build_libraries() {
  std::vector<std::pair<std::string, std::string>> libraries = {
      {"GCC", __VERSION__},
      {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"spdlog", fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)},
      {"OpenSSL", OpenSSL_version(OPENSSL_FULL_VERSION_STRING)}};
  for (const auto& each : split(DS_LIBRARIES, ',')) {
    auto words = split_words(each);
    libraries.emplace_back(words.at(0), words.size() > 1 ? words[1] : "unknown");
  }
  return libraries;
}

}  // namespace ds
