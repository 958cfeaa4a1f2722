#include "schema_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace ds::testing {

namespace {

using Json = nlohmann::ordered_json;

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number_integer();
  throw std::runtime_error("type " + type + " is no type of JSON");
}

class Checker {
 public:
  explicit Checker(const Json& root) : root_(root) {}
  std::vector<std::string> faults;

  void check(const Json& schema, const Json& value, const std::string& where) {
    if (schema.contains("$ref")) {
      const auto reference = schema["$ref"].get<std::string>();
      if (!reference.starts_with("#/"))
        throw std::runtime_error("$ref " + reference + " leads out of the file");
      check(root_.at(Json::json_pointer(reference.substr(1))), value, where);
    }
    for (const auto& [keyword, argument] : schema.items()) apply(keyword, argument, value, where);
  }

 private:
  void fail(const std::string& where, const std::string& what) { faults.push_back(where + ": " + what); }

  void apply(const std::string& keyword, const Json& argument, const Json& value, const std::string& where) {
    static const std::set<std::string> silent = {"$schema", "$id", "$defs", "$ref", "title", "description"};
    if (silent.contains(keyword)) return;
    if (keyword == "type") {
      const auto types = argument.is_array() ? argument.get<std::vector<std::string>>()
                                             : std::vector<std::string>{argument.get<std::string>()};
      if (std::none_of(types.begin(), types.end(), [&](const auto& type) { return has_type(value, type); }))
        fail(where, std::string(value.type_name()) + " is not " + argument.dump());
    } else if (keyword == "const") {
      if (value != argument) fail(where, value.dump() + " is not " + argument.dump());
    } else if (keyword == "enum") {
      if (std::find(argument.begin(), argument.end(), value) == argument.end())
        fail(where, value.dump() + " is not among " + argument.dump());
    } else if (keyword == "required") {
      for (const auto& name : argument)
        if (value.is_object() && !value.contains(name.get<std::string>())) fail(where, "no " + name.dump());
    } else if (keyword == "properties") {
      members(argument, value, where);
    } else if (keyword == "items") {
      for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
        check(argument, value[i], where + "/" + std::to_string(i));
    } else if (keyword == "minItems" || keyword == "maxItems") {
      if (!value.is_array()) return;
      const auto limit = argument.get<std::size_t>();
      if (keyword == "minItems" ? value.size() < limit : value.size() > limit)
        fail(where, std::to_string(value.size()) + " items against " + keyword + " " + argument.dump());
    } else if (keyword == "minimum" || keyword == "maximum") {
      if (!value.is_number()) return;
      if (keyword == "minimum" ? value < argument : value > argument)
        fail(where, value.dump() + " against " + keyword + " " + argument.dump());
    } else if (keyword == "anyOf") {
      any_of(argument, value, where);
    } else {
      throw std::runtime_error("the schema's keyword '" + keyword + "' is not known to this check");
    }
  }

  void members(const Json& known, const Json& value, const std::string& where) {
    if (!value.is_object()) return;
    for (const auto& [name, part] : value.items()) {
      if (known.contains(name))
        check(known[name], part, where + "/" + name);
      else
        fail(where, "\"" + name + "\" is not in the schema");
    }
  }

  void any_of(const Json& choices, const Json& value, const std::string& where) {
    std::vector<std::string> reasons;
    for (const auto& choice : choices) {
      Checker one(root_);
      one.check(choice, value, where);
      if (one.faults.empty()) return;
      reasons.insert(reasons.end(), one.faults.begin(), one.faults.end());
    }
    faults.insert(faults.end(), reasons.begin(), reasons.end());
  }

  const Json& root_;
};

}  // namespace

std::vector<std::string> schema_faults(const Json& schema, const Json& document) {
  Checker checker(schema);
  checker.check(schema, document, "");
  return checker.faults;
}

}  // namespace ds::testing
