#include "ds/base/charset.h"

#include <fmt/format.h>
#include <iconv.h>

#include <cstdint>

namespace ds {

namespace {

class Converter {
 public:
  explicit Converter(const std::string& charset) : handle_(::iconv_open("UTF-8", charset.c_str())) {}
  ~Converter() {
    if (is_known()) ::iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // NOLINTNEXTLINE(performance-no-int-to-ptr): what iconv_open returns for an error
  bool is_known() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  std::optional<std::string> convert(std::string_view bytes, std::size_t* valid) {
    // No charset here needs more than 4 bytes of UTF-8 for one of its own.
    std::string out(bytes.size() * 4 + 4, '\0');
    char* from = const_cast<char*>(bytes.data());
    char* to = out.data();
    std::size_t from_left = bytes.size(), to_left = out.size();
    bool good = ::iconv(handle_, &from, &from_left, &to, &to_left) != static_cast<std::size_t>(-1);
    if (valid != nullptr) *valid = bytes.size() - from_left;
    if (!good) return std::nullopt;
    out.resize(out.size() - to_left);
    return out;
  }

 private:
  iconv_t handle_;
};

// The length of the character that `bytes` begin with, or 0 when it is none.
std::size_t character_length(std::string_view bytes) {
  auto lead = static_cast<unsigned char>(bytes[0]);
  if (lead < 0x80) return 1;
  std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead < 0xC2 || lead > 0xF4 || length > bytes.size()) return 0;
  std::uint32_t code = lead & (0xFFu >> (length + 1));
  for (std::size_t k = 1; k < length; ++k) {
    auto next = static_cast<unsigned char>(bytes[k]);
    if ((next & 0xC0) != 0x80) return 0;
    code = code << 6 | (next & 0x3Fu);
  }
  bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  return overlong || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF ? 0 : length;
}

}  // namespace

std::size_t utf8_length(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    auto length = character_length(bytes.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

bool is_utf8(std::string_view bytes) {
  return utf8_length(bytes) == bytes.size();
}

std::optional<std::string> to_utf8(std::string_view bytes, const std::string& charset, std::size_t* valid) {
  Converter converter(charset);
  return converter.is_known() ? converter.convert(bytes, valid) : std::nullopt;
}

bool is_known_charset(const std::string& charset) {
  return Converter(charset).is_known();
}

std::string printable(std::string_view bytes) {
  std::string out;
  for (;;) {
    auto good = utf8_length(bytes);
    out += bytes.substr(0, good);
    if (good == bytes.size()) return out;
    out += fmt::format("\\x{:02X}", static_cast<unsigned char>(bytes[good]));
    bytes.remove_prefix(good + 1);
  }
}

}  // namespace ds
