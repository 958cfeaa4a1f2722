#include "ds/project/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/dataset/image.h"

namespace ds {
namespace {

enum class Kind { text, number, flag, state, split, source };
/// Where a field stands: a column of the image, or of its annotations ("any annotation has ...").
enum class Of { image, annotation };

struct Field {
  const char* name;
  Kind kind;
  Of of;
  const char* sql;
};

constexpr Field kFields[] = {
    {"name", Kind::text, Of::image, "i.name"},
    {"status", Kind::state, Of::image, "i.state"},
    {"split", Kind::split, Of::image, "i.split"},
    {"class", Kind::text, Of::annotation, "c.name"},
    {"assignee", Kind::text, Of::image, "i.assignee"},
    {"group", Kind::text, Of::image, "i.grp"},
    {"origin", Kind::text, Of::image, "i.origin"},
    {"width", Kind::number, Of::image, "i.width"},
    {"height", Kind::number, Of::image, "i.height"},
    {"objects", Kind::number, Of::image, "i.objects"},
    {"source", Kind::source, Of::annotation, "a.source"},
    {"model", Kind::text, Of::annotation, "a.model_id"},
    {"score", Kind::number, Of::annotation, "a.score"},
    {"id", Kind::number, Of::image, "i.id"},
    {"time", Kind::number, Of::image, "i.time_s"},
    {"proposals", Kind::number, Of::image, "i.proposals"},
    {"difficult", Kind::flag, Of::annotation, "a.difficult"},
    {"crowd", Kind::flag, Of::annotation, "a.crowd"},
    {"tag", Kind::text, Of::annotation, "t.present = 1"},
    {"absent", Kind::text, Of::annotation, "t.present = 0"},
};

std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for (const auto& field : kFields) names.emplace_back(field.name);
  return names;
}

struct Token {
  enum class Type { word, quoted, op, open, close, end } type = Type::end;
  std::string text;
  std::size_t at = 0;
};

/// Recursive descent from the text to SQL over the image table `i`, with no tree between: `or` binds weaker than
/// `and`, `and` weaker than `not`. Texts and numbers never enter the SQL; they become `?` and a binding, in the
/// order of the marks. A field of annotations asks for "any annotation has ...", so that `!=` is the opposite of
/// `=` and not "any other"; its subqueries go through the indexes of annotations. Everything wrong is a
/// UsageError with a caret under its column.
class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) { advance(); }

  std::string parse(std::vector<std::string>& bindings) {
    auto sql = any_of();
    if (token_.type != Token::Type::end)
      fail(token_.at, fmt::format("found '{}', expected 'and', 'or' or the end", token_.text));
    bindings = std::move(bindings_);
    return sql;
  }

 private:
  [[noreturn]] void fail(std::size_t at, const std::string& message, const std::string& advice = {}) const {
    auto column = display_width(std::string_view(text_).substr(0, at));
    throw UsageError(fmt::format("filter, column {}: {}\n  {}\n  {}^", column + 1, message, text_,
                                 std::string(column, ' ')),
                     advice);
  }
  [[noreturn]] void fail_unknown(std::size_t at, const std::string& kind, const std::string& name,
                                 const std::vector<std::string>& known) const {
    auto near = nearest_name(name, known);
    fail(at, fmt::format("unknown {} '{}'; known: {}", kind, name, join(known, ", ")),
         near ? fmt::format("did you mean '{}'?", *near) : "");
  }

  void advance() {
    auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
    token_ = {.at = at_};
    if (at_ == text_.size()) return;
    char c = text_[at_];
    if (c == '(' || c == ')') {
      token_.type = c == '(' ? Token::Type::open : Token::Type::close;
      token_.text = c;
      ++at_;
    } else if (c == '"' || c == '\'') {
      read_quoted(c);
    } else if (std::string_view("=!<>~").find(c) != std::string_view::npos) {
      token_.type = Token::Type::op;
      token_.text = c;
      ++at_;
      if (at_ < text_.size() && text_[at_] == '=' && c != '~') token_.text += text_[at_++];
    } else {
      token_.type = Token::Type::word;
      while (at_ < text_.size() && !blank(text_[at_]) &&
             std::string_view("()\"'=!<>~").find(text_[at_]) == std::string_view::npos)
        token_.text += text_[at_++];
    }
  }

  void read_quoted(char quote) {
    token_.type = Token::Type::quoted;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == quote || text_[at_ + 1] == '\\'))
        ++at_;
      token_.text += text_[at_];
    }
    fail(token_.at, "this quote is not closed");
  }

  bool is_word(const char* word) const {
    return token_.type == Token::Type::word && to_lower(token_.text) == word;
  }

  std::string any_of() {
    auto sql = all_of();
    while (is_word("or")) {
      advance();
      sql = fmt::format("({} OR {})", sql, all_of());
    }
    return sql;
  }

  std::string all_of() {
    auto sql = term();
    while (is_word("and")) {
      advance();
      sql = fmt::format("({} AND {})", sql, term());
    }
    return sql;
  }

  std::string term() {
    // SQLite refuses expressions deeper than 1000; nobody writes 100 by hand.
    if (++count_ > 200) fail(token_.at, "the filter has more than 200 terms");
    if (is_word("not")) {
      advance();
      return fmt::format("(NOT {})", term());
    }
    if (token_.type == Token::Type::open) {
      auto opened = token_.at;
      advance();
      auto sql = any_of();
      if (token_.type != Token::Type::close) fail(opened, "this parenthesis is not closed");
      advance();
      return sql;
    }
    return comparison();
  }

  std::string comparison() {
    if (token_.type != Token::Type::word)
      fail(token_.at, token_.type == Token::Type::end
                          ? "the filter ends where a field is expected"
                          : fmt::format("found '{}', expected a field", token_.text));
    auto name = token_;
    const auto* field = std::find_if(std::begin(kFields), std::end(kFields),
                                     [&](const Field& f) { return name.text == f.name; });
    if (field == std::end(kFields)) fail_unknown(name.at, "field", name.text, field_names());
    advance();
    if (token_.type != Token::Type::op)
      fail(token_.at, fmt::format("expected an operator after '{}': = != < <= > >= ~", name.text));
    auto op = token_;
    check_operator(*field, op);
    advance();
    if (token_.type != Token::Type::word && token_.type != Token::Type::quoted)
      fail(token_.at, fmt::format("expected a value after '{}{}'", name.text, op.text));
    auto sql = compare(*field, op.text, token_);
    advance();
    return sql;
  }

  void check_operator(const Field& field, const Token& op) const {
    static const std::vector<std::string> kKnown = {"=", "!=", "<", "<=", ">", ">=", "~"};
    if (std::find(kKnown.begin(), kKnown.end(), op.text) == kKnown.end())
      fail(op.at, fmt::format("'{}' is no operator; expected one of {}", op.text, join(kKnown, " ")),
           op.text == "==" ? "write =" : "");
    bool equality = op.text == "=" || op.text == "!=";
    if (field.kind == Kind::number && op.text == "~")
      fail(op.at, fmt::format("'~' compares texts, and {} is a number", field.name));
    if (field.kind == Kind::text && !equality && op.text != "~")
      fail(op.at, fmt::format("'{}' compares numbers, and {} is a text", op.text, field.name));
    if (field.kind != Kind::text && field.kind != Kind::number && !equality)
      fail(op.at, fmt::format("{} is compared with = or != only", field.name));
  }

  std::string checked_value(const Field& field, const Token& value) const {
    auto one_of = [&](const char* kind, const std::vector<std::string>& known) {
      if (std::find(known.begin(), known.end(), value.text) == known.end())
        fail_unknown(value.at, kind, value.text, known);
      return value.text;
    };
    switch (field.kind) {
      case Kind::state:
        return one_of("status", image_state_names());
      case Kind::split:
        return one_of("split", split_names());
      case Kind::source:
        return one_of("source", {"manual", "automatic", "import", "capture"});
      case Kind::number:
        if (!parse_double(value.text))
          fail(value.at, fmt::format("'{}' is not a number, and {} is one", value.text, field.name));
        return shortest(*parse_double(value.text));
      case Kind::flag: {
        auto lower = to_lower(value.text);
        if (lower == "true" || lower == "yes" || lower == "1") return "1";
        if (lower == "false" || lower == "no" || lower == "0") return "0";
        fail(value.at, fmt::format("'{}' is neither true nor false", value.text));
      }
      case Kind::text:
        break;
    }
    return value.text;
  }

  std::string compare(const Field& field, const std::string& op, const Token& value) {
    bindings_.push_back(checked_value(field, value));
    bool number = field.kind == Kind::number || field.kind == Kind::flag;
    std::string bound = number ? "CAST(? AS REAL)" : "?";
    if (field.of == Of::image) {
      auto sql = op == "~" ? fmt::format("{} GLOB {}", field.sql, bound)
                           : fmt::format("{} {} {}", field.sql, op, bound);
      // A time that is not known compares as false, so that `not` of it is true.
      return field.sql == std::string_view("i.time_s") ? fmt::format("ifnull({}, 0)", sql) : sql;
    }
    // `class!=car` is the opposite of `class=car`: no annotation is of the class.
    bool opposite = op == "!=";
    if (field.kind == Kind::flag && bindings_.back() == "0") {
      bindings_.back() = "1";
      opposite = !opposite;
    }
    return (opposite ? "NOT " : "") + annotation_condition(field, op == "!=" ? "=" : op, bound);
  }

  static std::string annotation_condition(const Field& field, const std::string& op,
                                          const std::string& bound) {
    auto of_classes =
        fmt::format("IN (SELECT c.id FROM classes c WHERE c.position IS NOT NULL AND c.name {} {})",
                    op == "~" ? "GLOB" : op, bound);
    // The class goes through its id: the index annotations_class answers without reading the annotations.
    if (field.sql == std::string_view("c.name"))
      return fmt::format("i.id IN (SELECT a.image_id FROM annotations a WHERE a.class_id {})", of_classes);
    if (std::string_view(field.sql).starts_with("t."))
      return fmt::format(
          "EXISTS (SELECT 1 FROM image_tags t WHERE t.image_id = i.id AND {} AND t.class_id {})", field.sql,
          of_classes);
    // One pass over the annotations; asking them image by image takes six times as long.
    return fmt::format("i.id IN (SELECT a.image_id FROM annotations a WHERE {} {} {})", field.sql,
                       op == "~" ? "GLOB" : op, bound);
  }

  const std::string& text_;
  std::size_t at_ = 0;
  Token token_;
  int count_ = 0;
  std::vector<std::string> bindings_;
};

}  // namespace

Filter Filter::parse(const std::string& text) {
  Filter filter;
  filter.text_ = text;
  if (trim(text).empty()) return filter;
  filter.sql_ = Parser(text).parse(filter.bindings_);
  return filter;
}

}  // namespace ds
