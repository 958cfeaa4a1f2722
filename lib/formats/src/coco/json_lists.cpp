#include "coco/json_lists.h"

#include <algorithm>

#include "shared/text/json_file.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace ondemand = simdjson::ondemand;
using nlohmann::json;

namespace {

// The value's own text, whatever it is.
bool text_of_value(ondemand::value value, std::string_view& text) {
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    return !value.get_object().get(object) && !object.raw_json().get(text);
  }
  if (type == ondemand::json_type::array) {
    ondemand::array array;
    return !value.get_array().get(array) && !array.raw_json().get(text);
  }
  text = value.raw_json_token();
  return true;
}

}  // namespace

JsonLists::JsonLists(std::filesystem::path file, std::vector<std::string> keys) : file_(std::move(file)) {
  if (!simdjson::padded_string::load(file_.string()).get(text_)) {
    if (auto converted = converted_text(text_, file_)) text_ = simdjson::padded_string(*converted);
    if (find_lists(keys)) return;
  }
  read_whole();
}

void JsonLists::read_whole() {
  whole_ = load_json(file_);
  is_object_ = whole_->is_object();
}

bool JsonLists::find_lists(const std::vector<std::string>& keys) {
  auto content = without_mark(text_);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object root;
  if (parser.iterate(padded(content)).get(document) || document.get_object().get(root)) return false;
  for (auto field : root) {
    std::string_view key, text;
    ondemand::value value;
    if (field.unescaped_key().get(key)) return false;
    std::string name(key);
    if (field.value().get(value) || !text_of_value(value, text)) return false;
    if (std::find(keys.begin(), keys.end(), name) != keys.end() && text.starts_with('['))
      lists_[name] = text;
    else if (lists_.erase(name); !json::accept(text))
      return false;
  }
  is_object_ = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return is_object_;
}

void JsonLists::for_each(const std::string& key, const VisitTree& tree) {
  for_each(
      key, [](std::string_view, std::size_t) { return false; }, tree);
}

void JsonLists::for_each(const std::string& key, const VisitText& text, const VisitTree& tree) {
  std::size_t index = 0;
  if (!whole_) {
    auto list = lists_.find(key);
    if (list == lists_.end() || visit_texts(list->second, text, tree, index)) return;
    read_whole();
  }
  auto found = whole_->is_object() ? whole_->find(key) : whole_->end();
  if (found == whole_->end() || !found->is_array()) return;
  for (; index < found->size(); ++index) tree((*found)[index], index);
}

// False where the text is not what simdjson or nlohmann takes; `index` elements have been visited by then.
bool JsonLists::visit_texts(std::string_view list, const VisitText& text, const VisitTree& tree,
                            std::size_t& index) {
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array array;
  if (parser.iterate(padded(list)).get(document) || document.get_array().get(array)) return false;
  for (auto element : array) {
    ondemand::value value;
    std::string_view part;
    if (element.get(value) || !text_of_value(value, part)) return false;
    if (!text(part, index)) {
      auto parsed = json::parse(part, nullptr, false);
      if (parsed.is_discarded()) return false;
      tree(parsed, index);
    }
    ++index;
  }
  return true;
}

}  // namespace ds::detail
