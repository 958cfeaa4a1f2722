#include "shared/pictures/folded_name.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "ds/base/text.h"

namespace ds::detail {

namespace {

std::string mapped(std::string_view name, int options) {
  utf8proc_uint8_t* text = nullptr;
  auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                             static_cast<utf8proc_ssize_t>(name.size()), &text,
                             static_cast<utf8proc_option_t>(options));
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(text, &std::free);
  if (length < 0) return std::string(name);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)};
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::string folded_name(std::string_view name) {
  if (is_ascii(name)) return to_lower(name);
  // ASCII's case first: it is all that is folded where the bytes are no UTF-8.
  return mapped(to_lower(name), UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
}

std::string composed_name(std::string_view name) {
  return is_ascii(name) ? std::string(name) : mapped(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

}  // namespace ds::detail
