#pragma once

#include <simdjson.h>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ds::detail {

/// A text behind which simdjson may read, as the texts of JsonLists are.
inline simdjson::padded_string_view padded(std::string_view text) {
  return simdjson::padded_string_view(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
}

/// A JSON object whose long lists are visited element by element: the file's text is held, a tree of it is
/// not. What simdjson does not take is read whole with load_json, which says what is wrong and where, so
/// errors are the same as load_json's.
class JsonLists {
 public:
  /// Reads the file and finds the members `keys` (the last of each name counts). Throws FormatError when it
  /// is no JSON; an error inside a list may come only when that list is visited.
  JsonLists(std::filesystem::path file, std::vector<std::string> keys);

  /// The root is an object; anything else has no lists.
  bool is_object() const { return is_object_; }

  /// An element: its text, which simdjson may read up to 64 bytes past, and which ends with blanks at most.
  using VisitText = std::function<bool(std::string_view text, std::size_t index)>;
  using VisitTree = std::function<void(const nlohmann::json& element, std::size_t index)>;
  /// Elements in order, to `text` first and to `tree` where that returned false. A member that is
  /// no list has none.
  void for_each(const std::string& key, const VisitText& text, const VisitTree& tree);
  void for_each(const std::string& key, const VisitTree& tree);

 private:
  bool find_lists(const std::vector<std::string>& keys);
  void read_whole();
  bool visit_texts(std::string_view list, const VisitText& text, const VisitTree& tree, std::size_t& index);

  std::filesystem::path file_;
  simdjson::padded_string text_;
  std::map<std::string, std::string_view> lists_;
  std::optional<nlohmann::json> whole_;
  bool is_object_ = false;
};

}  // namespace ds::detail
