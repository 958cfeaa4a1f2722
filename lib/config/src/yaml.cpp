#include "ds/config/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "ds/base/charset.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"

namespace ds {

std::string source_excerpt(const std::string& text, long line, long column) {
  auto lines = split(text, '\n');
  if (line < 1 || line > static_cast<long>(lines.size())) return "";
  auto& content = lines[static_cast<std::size_t>(line - 1)];
  if (!content.empty() && content.back() == '\r') content.pop_back();
  return fmt::format("\n  {}\n  {}^", content,
                     std::string(static_cast<std::size_t>(std::max(0L, column - 1)), ' '));
}

namespace {

// UTF-16 with a byte order mark is what yaml-cpp converts itself.
void require_utf8(const std::string& text, const std::string& name) {
  auto good = utf8_length(text);
  if (good == text.size() || text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return;
  long line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(good), '\n');
  throw FormatError({.path = name, .line = line},
                    fmt::format("not UTF-8 (byte 0x{:02X})", static_cast<unsigned char>(text[good])),
                    "save the file as UTF-8");
}

}  // namespace

void with_yaml_text(const std::string& text, const std::string& name,
                    const std::function<void(const YAML::Node&)>& use) {
  require_utf8(text, name);
  try {
    use(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) throw FormatError({.path = name}, error.msg);
    long line = error.mark.line + 1, column = error.mark.column + 1;
    throw FormatError({.path = name, .line = line, .column = column},
                      error.msg + source_excerpt(text, line, column));
  }
}

void with_yaml_file(const std::filesystem::path& path, const std::function<void(const YAML::Node&)>& use) {
  with_yaml_text(read_file(path), path.string(), use);
}

std::string yaml_scalar(const std::string& text) {
  YAML::Emitter out;
  bool plain = !text.empty() && trim(text) == text;
  if (plain) {
    // Texts that YAML would read as another type keep their quotes.
    static const std::vector<std::string> kReserved = {"true", "false", "yes",  "no",
                                                       "on",   "off",   "null", "~"};
    auto lower = to_lower(text);
    for (const auto& word : kReserved) plain = plain && lower != word;
  }
  if (plain)
    out << text;
  else
    out << YAML::DoubleQuoted << text;
  return out.c_str();
}

}  // namespace ds
