#include "shared/text/label_text.h"

#include "ds/base/error.h"
#include "ds/base/files.h"

#include "shared/text/json_file.h"
#include "shared/text/xml_file.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace std::string_literals;
namespace fs = std::filesystem;

struct LabelFile {
  TemporaryFolder folder;
  fs::path path = folder.path() / "a.txt";
  explicit LabelFile(const std::string& bytes) { write_file_atomically(path, bytes); }
  std::string text() const { return detail::read_label_text(path); }
  std::string refusal() const {
    try {
      text();
    } catch (const FormatError& error) {
      return error.reason() + " @" + std::to_string(error.location().line.value_or(0));
    }
    return "none";
  }
};

}  // namespace

TEST_CASE("label text: a declared encoding is followed, whatever it is called") {
  const std::vector<std::pair<std::string, std::string>> declared = {
      {"gb2312", "\xB3\xB5"},       // U+8F66
      {"GBK", "\xE4\xBD\xD0\xDC"},  // U+6D63 U+718A: the first is in GBK alone
      {"euc-kr", "\xC2\xF7"},       // U+CC28
      {"Shift_JIS", "\x8E\xD4"},    // U+8ECA
      {"big5", "\xA8\xAE"},         // U+8ECA
      {"windows-1252",
       "gr\xF6\xDF"
       "e"},
      {"ISO-8859-1",
       "\x93gr\xF6\xDF"
       "e\x94"},
      {"koi8-r", "\xCB\xCF\xD4"}};
  const std::vector<std::string> meant = {"\u8F66",
                                          "\u6D63\u718A",
                                          "\uCC28",
                                          "\u8ECA",
                                          "\u8ECA",
                                          "gr\u00F6\u00DFe",
                                          "\u201Cgr\u00F6\u00DFe\u201D",
                                          "\u043A\u043E\u0442"};
  for (std::size_t i = 0; i < declared.size(); ++i) {
    const auto& [encoding, bytes] = declared[i];
    CAPTURE(encoding);
    LabelFile file("<?xml version=\"1.0\" encoding=\"" + encoding + "\"?>\n<a>" + bytes + "</a>");
    REQUIRE(detail::XmlFile(file.path).root("a").child_value() == meant[i]);
  }
}

TEST_CASE("label text: UTF-8 under another declaration stays what it is") {
  auto utf8 = "<?xml version='1.0' encoding='gb2312'?><a>\u8F66</a>"s;
  REQUIRE(LabelFile(utf8).text() == utf8);
  // 0xC3 0xA8 is one letter in both; the declaration decides.
  REQUIRE(
      LabelFile("<?xml version='1.0' encoding='gb2312'?><a>\xC3\xA8</a>").text().ends_with("<a>\u732B</a>"));
  auto latin = "<?xml version='1.0' encoding='ISO-8859-1'?><a>\u00E8</a>"s;
  REQUIRE(LabelFile(latin).text() == latin);
  auto ascii = "<?xml version='1.0' encoding='utf-16'?><a>b</a>"s;
  REQUIRE(LabelFile(ascii).text() == ascii);
}

TEST_CASE("label text: byte order marks, UTF-16 without one, and all line ends") {
  REQUIRE(LabelFile("\xEF\xBB\xBF"
                    "a\r\n")
              .text() == "a\r\n");
  REQUIRE(LabelFile("\xFF\xFE"
                    "a\0\xF6\0"s)
              .text() == "a\u00F6");
  REQUIRE(LabelFile("\xFE\xFF\0a\0\xF6"s).text() == "a\u00F6");
  REQUIRE(LabelFile("n\0a\0m\0e\0s\0:\0\xF6\0"s).text() == "names:\u00F6");
  REQUIRE(LabelFile("\xFF\xFE\0\0a\0\0\0"s).text() == "a");
  using Lines = std::vector<std::string>;
  REQUIRE(detail::read_lines(LabelFile("a \r\n\r\nb").path) == Lines{"a", "", "b"});
  REQUIRE(detail::read_lines(LabelFile("a\rb\r").path) == Lines{"a", "b"});
  REQUIRE(detail::read_lines(LabelFile("\xFF\xFE"
                                       "a\0\r\0\n\0b\0"s)
                                 .path) == Lines{"a", "b"});
  REQUIRE(detail::head_of(LabelFile("\xFF\xFE{\0\"\0"s).path, 4096) == "{\"");
  REQUIRE(detail::line_at("a\rb\rc", 4) == 3);
}

TEST_CASE("label text: what is in doubt is refused with its line") {
  REQUIRE(LabelFile("a\nse\xF1"
                    "al\n")
              .refusal() == "not UTF-8 (byte 0xF1), and which encoding it is cannot be told for certain @2");
  REQUIRE(LabelFile("<?xml version='1.0' encoding='euc-kr'?>\n<a>\n\xFF</a>").refusal() ==
          "the XML declares encoding=\"euc-kr\", but these bytes are not that @3");
  REQUIRE(LabelFile("<?xml version='1.0' encoding='klingon'?>\n<a>\xFF</a>").refusal() ==
          "the XML declares encoding=\"klingon\", which is not known @2");
  REQUIRE(LabelFile("\xFF\xFE"
                    "a\0\0\xD8"s)
              .refusal() == "the file begins as UTF-16LE, but these bytes are not that @0");
  REQUIRE(detail::glance_at_label_text(LabelFile("{\"a\": \"se\xF1"
                                                 "al\"}")
                                           .path) == "{\"a\": \"se?al\"}");
  LabelFile json("{\"label\":\n \"\xB3\xB5\"}");
  REQUIRE_THROWS_AS(detail::load_json(json.path), FormatError);
}
