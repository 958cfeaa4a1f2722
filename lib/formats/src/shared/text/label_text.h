#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// The one place where the text of label files is read. Behind it all text is UTF-8.
namespace ds::detail {

/// The bytes of `file` in UTF-8, or nothing when they are UTF-8 as they stand. What they are is told by a byte
/// order mark (UTF-16, UTF-32; UTF-16 without one where every second byte is 0), by the encoding that an XML file
/// declares (unless the bytes are UTF-8 all the same), else by the bytes themselves if there is no doubt
/// (certain_charset). Throws FormatError `file:line` when there is, or when the declared encoding is wrong.
std::optional<std::string> converted_text(std::string_view bytes, const std::filesystem::path& file);
/// While it lives, the files whose charset certain_charset told are kept, of those that this thread reads: what
/// was told by nothing but the letters is worth saying. Detectors, which only glance, do not count.
class ToldCharsets {
 public:
  ToldCharsets();
  ~ToldCharsets();
  ToldCharsets(const ToldCharsets&) = delete;
  ToldCharsets& operator=(const ToldCharsets&) = delete;
  const std::map<std::string, std::set<std::filesystem::path>>& files() const {
    return files_;
  }  // by charset

 private:
  friend std::optional<std::string> converted_text(std::string_view, const std::filesystem::path&);
  std::map<std::string, std::set<std::filesystem::path>> files_;
  ToldCharsets* outer_;
};

/// Without the byte order mark of UTF-8.
std::string_view without_mark(std::string_view text);

/// The text of a file in UTF-8, without a byte order mark, lines as they end there. Throws as converted_text.
std::string read_label_text(const std::filesystem::path& file);
/// The same for detectors, which only look: where there is doubt, a `?` for every byte in question.
std::string glance_at_label_text(const std::filesystem::path& file);
/// The first bytes of a file as they stand; of a text without a mark, in UTF-8 if it is UTF-16 or UTF-32, and with
/// lines that end in LF where there was only CR.
std::string head_of(const std::filesystem::path& file, std::size_t size);

/// The lines of a file without their ends (LF, CRLF, or CR where there is no LF) and trailing blanks.
std::vector<std::string> read_lines(const std::filesystem::path& file);
/// The offsets of the characters that end lines.
std::vector<std::size_t> line_ends_of(std::string_view text);
/// The line, from 1, that the byte at `offset` stands in.
std::int64_t line_at(std::string_view text, std::size_t offset);

}  // namespace ds::detail
