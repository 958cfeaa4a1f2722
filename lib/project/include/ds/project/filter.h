#pragma once

#include <memory>
#include <string>
#include <vector>

namespace ds {

/// The one filter language for choosing images, everywhere:
///   status=done and class=car and split!=test and name~"cam1/*"
/// Fields: name, status, split, class, assignee, group, origin, width, height, objects (count), source,
/// model, score, id, time, proposals (count), difficult, crowd, tag (a class said to be on the image), absent
/// (a class said not to be). Operators: = != < <= > >= ~ (glob); and, or,
/// not, parentheses. `class=car` holds when any annotation is of the class.
class Filter {
 public:
  /// Throws UsageError with a caret under the column: unknown field (nearest named),
  /// bad operator, open quote.
  static Filter parse(const std::string& text);
  /// Matches everything.
  Filter() = default;

  /// SQL over the image table `i`, with its bound values in order; "1" when everything matches.
  const std::string& sql() const { return sql_; }
  const std::vector<std::string>& bindings() const { return bindings_; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string sql_ = "1";
  std::vector<std::string> bindings_;
};

}  // namespace ds
