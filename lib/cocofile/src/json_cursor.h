#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ds::detail {

/// Reads one JSON text from front to back, straight into the caller's arrays. A result file of half a million
/// detections is 45 MB: a document tree of it takes a gigabyte, and nlohmann's SAX parser spends more time on
/// its numbers than the whole evaluation may take.
///
/// The cursor stands before a value whenever the caller has it, and every call consumes exactly one value; what
/// nobody asks for is passed over by skip(), which checks it all the same. It keeps no copy of the text: keys
/// and the trail of where it is point into it, and a place is spelled out only when something is wrong.
///
/// Strict JSON (RFC 8259). Every error is a FormatError with the path and a pointer to the element, or line
/// and column where the text itself is broken.
class JsonCursor {
 public:
  JsonCursor(std::string_view text, std::filesystem::path path);

  /// Calls `visit(index)` with the cursor on each element; `visit` must consume it.
  template <typename Visit>
  void each_element(Visit visit) {
    expect('[', "an array");
    enter();
    if (!take(']')) {
      std::int64_t index = 0;
      do {
        trail_.back() = index;
        visit(index++);
      } while (next_or_end(']'));
    }
    leave();
  }

  /// Calls `visit(key)` with the cursor on each member's value; `visit` must consume it. A key stays valid
  /// until the next one is read.
  template <typename Visit>
  void each_member(Visit visit) {
    expect('{', "an object");
    enter();
    if (!take('}')) {
      do {
        const auto key = member_key();
        trail_.back() = key;
        visit(key);
      } while (next_or_end('}'));
    }
    leave();
  }

  /// Enters the list that the text is. @return where its first element starts; nothing when it is empty
  std::optional<std::size_t> open_list();

  struct ListPart {
    std::int64_t next_index = 0;  // of the element after the last one read
    std::size_t at = 0;           // where it starts
    bool ended = false;           // the list was closed, and nothing stands behind it
  };
  /// Reads a part of the list that the text is: the elements from the one that starts at `begin` (its index
  /// being `first_index`) up to the first that starts at `stop` or beyond. So that parts can be read side by
  /// side; whether an element starts at `begin` only the part before can tell.
  template <typename Visit>
  ListPart read_part(std::size_t begin, std::int64_t first_index, std::size_t stop, Visit visit) {
    ListPart part{first_index, begin, false};
    at_ = begin;
    trail_.clear();
    enter();
    while (!part.ended && (blanks(), at_ < stop)) {
      trail_.back() = part.next_index;
      visit();
      ++part.next_index;
      part.ended = !next_or_end(']');
    }
    leave();
    part.at = at_;
    if (part.ended) end();
    return part;
  }

  /// A number; NaN and Infinity, which Python writes, are named in the message.
  double number();
  /// A whole number; 3.0 is one.
  std::int64_t integer();
  /// true, false, or a number that is 0 or not.
  bool flag();
  std::string string();
  /// A text, or the digits of a number as they stand.
  std::string text_or_number();
  void skip();
  /// The first character of the next value, or 0 at the end.
  char peek() {
    blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  /// Fails unless only white space is left.
  void end();

  /// `/annotations/3/bbox`
  std::string pointer() const;
  /// Throws FormatError that points at the current element.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  void blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }
  /// A plain decimal number (no exponent, at most 7 digits on each side of the point) at the cursor; the
  /// length read, 0 when it is another or stands close to the end of the text.
  std::size_t short_number(double& value) const;
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c, const char* what) {
    if (!take(c)) fail_to_expect(what);
  }
  [[noreturn]] void fail_to_expect(const char* what);
  bool next_or_end(char close) {
    if (take(',')) return true;
    if (take(close)) return false;
    fail_to_go_on(close);
  }
  [[noreturn]] void fail_to_go_on(char close) const;
  std::string_view member_key();
  /// The text between quotes, escapes unresolved.
  std::string_view raw_string();
  // Throws when the string that begins at `begin` is not UTF-8.
  void require_utf8(std::string_view text, std::size_t begin);
  std::string unescaped(std::string_view raw) const;
  void append_escaped(std::string_view raw, std::size_t& at, std::string& out) const;
  /// What stands here, for messages.
  std::string found() const;
  [[noreturn]] void fail_here(const std::string& message) const;
  void enter();
  void leave();

  using Step = std::variant<std::int64_t, std::string_view>;
  std::string_view text_;
  std::filesystem::path path_;
  std::size_t at_ = 0;
  std::vector<Step> trail_;
  std::vector<std::string> unescaped_keys_;
};

}  // namespace ds::detail
