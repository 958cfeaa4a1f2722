#include "ds/base/charset.h"

#include <iconv.h>

#include <map>

#include <catch2/catch.hpp>

using namespace ds;

namespace {

std::string in_charset(const std::string& utf8, const char* charset) {
  iconv_t converter = ::iconv_open(charset, "UTF-8");
  std::string out(utf8.size() * 4 + 8, '\0');
  char* from = const_cast<char*>(utf8.data());
  char* to = out.data();
  std::size_t from_left = utf8.size(), to_left = out.size();
  REQUIRE(::iconv(converter, &from, &from_left, &to, &to_left) != static_cast<std::size_t>(-1));
  ::iconv_close(converter);
  out.resize(out.size() - to_left);
  return out;
}

// A list of class names in a charset, read back in the one that is certain.
std::string read_back(const std::string& utf8, const char* charset) {
  auto bytes = in_charset(utf8, charset);
  auto certain = certain_charset(bytes);
  return certain ? to_utf8(bytes, *certain).value_or("not valid in " + *certain) : "uncertain";
}

}  // namespace

TEST_CASE("charset: UTF-8 is told from what is not, and shown without its faults") {
  REQUIRE(is_utf8("gr\u00F6\u00DFe \u8F66 \U0001F600"));
  REQUIRE(utf8_length("gr\xF6\xDF"
                      "e") == 2);
  for (const char* fault : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xE8\xBD"})
    REQUIRE(!is_utf8(fault));
  REQUIRE(printable("caf\xE9/\u8F66.jpg") == "caf\\xE9/\u8F66.jpg");
  std::size_t valid = 0;
  REQUIRE(!to_utf8("ab\xFF", "GB18030", &valid));
  REQUIRE(valid == 2);
  REQUIRE(!to_utf8("a", "no-such-charset"));
  REQUIRE(!is_known_charset("no-such-charset"));
}

TEST_CASE("charset: lists of names are read in the charset that is beyond doubt") {
  const std::vector<std::pair<const char*, std::string>> lists = {
      {"GB18030",
       "\u5B89\u5168\u5E3D\n\u53CD\u5149\u8863\n\u884C\u4EBA\n\u6C7D\u8F66\n\u516C\u4EA4\u8F66\n"
       "\u81EA\u884C\u8F66\n\u7EA2\u7EFF\u706F\n\u6D88\u9632\u6813\n\u505C\u8F66\u6807\u5FD7\n"},
      {"CP949",
       "\uC790\uB3D9\uCC28\n\uC0AC\uB78C\n\uC790\uC804\uAC70\n\uC2E0\uD638\uB4F1\n\uACE0\uC591\uC774\n"},
      {"CP932",
       "\u4FE1\u53F7\u6A5F\n\u30C8\u30E9\u30C3\u30AF\n\u3044\u306C\n\u306D\u3053\n\u81EA\u8EE2\u8ECA\n"},
      {"EUC-JP",
       "\u4FE1\u53F7\u6A5F\n\u30C8\u30E9\u30C3\u30AF\n\u3044\u306C\n\u306D\u3053\n\u81EA\u8EE2\u8ECA\n"},
      {"WINDOWS-1251",
       "\u0441\u043E\u0431\u0430\u043A\u0430\n\u041A\u043E\u0448\u043A\u0430\n\u0434\u0435\u0440"
       "\u0435\u0432\u043E\n"},
      {"WINDOWS-1252", "names: [gr\u00F6\u00DFe, caf\u00E9, M\u00E4nner]\n"},
      {"WINDOWS-1252",
       "\u00E9l\u00E8ve\nfor\u00EAt\nfen\u00EAtre\ngar\u00E7on\nv\u00E9lo\npi\u00E9ton\n\u00E2ne\n"
       "h\u00F4pital\nd\u00E9g\u00E2t\n"}};
  for (const auto& [charset, list] : lists) {
    CAPTURE(charset);
    REQUIRE(read_back(list, charset) == list);
  }
}

TEST_CASE("charset: a few letters that may be several things are uncertain") {
  REQUIRE(read_back("\u8F66\n", "GB18030") == "uncertain");               // also Korean
  REQUIRE(read_back("\uC790\uB3D9\uCC28\n", "CP949") == "uncertain");     // also Chinese
  REQUIRE(read_back("ko\u015B\u0107\n", "WINDOWS-1250") == "uncertain");  // also Western
  REQUIRE(read_back("se\u00F1al\n", "WINDOWS-1252") == "uncertain");      // also Polish
  REQUIRE(!certain_charset("\xFF\xFE\xFD"));
}
