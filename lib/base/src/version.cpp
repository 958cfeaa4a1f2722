#include "ds/base/version.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>

namespace ds {

std::string version() {
  return DS_VERSION;
}
std::string revision() {
  return DS_REVISION;
}

std::vector<std::pair<std::string, std::string>> build_libraries() {
  return {{"GCC", __VERSION__},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
          {"spdlog", fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)},
          {"OpenSSL", OpenSSL_version(OPENSSL_FULL_VERSION_STRING)}};
}

}  // namespace ds
