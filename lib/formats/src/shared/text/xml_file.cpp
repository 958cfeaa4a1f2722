#include "shared/text/xml_file.h"

#include <algorithm>

#include "shared/text/label_text.h"

namespace ds::detail {

XmlFile::XmlFile(const std::filesystem::path& file) : path_(file) {
  std::string text;
  try {
    text = read_label_text(file);
  } catch (const FormatError& error) {
    error_ = error.reason();
    error_place_ = error.location();
    return;
  }
  line_ends_ = line_ends_of(text);
  // A text of blanks only is a text. It is UTF-8 by now, whatever the declaration says.
  auto result = document_.load_buffer(
      text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8);
  if (result) return;
  error_ = result.description();
  error_place_ = {.path = file, .line = line_of(result.offset)};
}

Location XmlFile::place_of(pugi::xml_node node) const {
  return {.path = path_, .line = line_of(node.offset_debug())};
}

std::int64_t XmlFile::line_of(std::ptrdiff_t offset) const {
  auto at = std::lower_bound(line_ends_.begin(), line_ends_.end(),
                             static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, offset)));
  return at - line_ends_.begin() + 1;
}

std::string root_element_of(const std::string& head) {
  std::size_t at = 0;
  while ((at = head.find('<', at)) != std::string::npos) {
    if (head.compare(at, 4, "<!--") == 0) {
      at = head.find("-->", at);
    } else if (head.compare(at, 2, "<?") == 0 || head.compare(at, 2, "<!") == 0) {
      at = head.find('>', at);
    } else {
      auto end = head.find_first_of(" \t\r\n/>", at + 1);
      return end == std::string::npos ? std::string() : head.substr(at + 1, end - at - 1);
    }
  }
  return {};
}

}  // namespace ds::detail
