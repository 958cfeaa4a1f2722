#include "label_studio/address.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

std::string percent_decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto hex = [&](std::size_t at) {
      return at < text.size() && std::isxdigit(static_cast<unsigned char>(text[at]));
    };
    if (text[i] == '%' && hex(i + 1) && hex(i + 2)) {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

std::string path_of_address(const std::string& address) {
  if (auto at = address.find("?d="); at != std::string::npos) return percent_decoded(address.substr(at + 3));
  auto path = address.substr(0, address.find('?'));
  if (auto at = path.find("://"); at != std::string::npos) {
    auto slash = path.find('/', at + 3);
    path = slash == std::string::npos ? "" : path.substr(slash);
  }
  path = percent_decoded(path);
  if (path.starts_with("/data/upload/")) path = path.substr(13);
  while (path.starts_with('/') && !fs::is_regular_file(path)) path.erase(0, 1);
  return path;
}

std::string without_upload_prefix(const std::string& path) {
  auto name = fs::path(path).filename().string();
  bool hashed = name.size() > 9 && name[8] == '-' && std::all_of(name.begin(), name.begin() + 8, [](char c) {
                  return std::isxdigit(static_cast<unsigned char>(c));
                });
  return hashed ? name.substr(9) : std::string();
}

}  // namespace ds::detail
