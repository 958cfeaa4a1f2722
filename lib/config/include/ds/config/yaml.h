#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace YAML {
class Node;
}

namespace ds {

/// Parses a YAML file; a syntax error is a FormatError `file:line:col: what` with the source line
/// and a caret. The result is handed to `use`, and yaml errors inside `use` (a missing key, a wrong
/// type) are located too.
void with_yaml_file(const std::filesystem::path& path, const std::function<void(const YAML::Node&)>& use);
void with_yaml_text(const std::string& text, const std::string& name,
                    const std::function<void(const YAML::Node&)>& use);

/// A scalar as YAML that reads back as the same text: quoted where needed.
std::string yaml_scalar(const std::string& text);

/// `line N` of a text with a caret under column `column` (both 1-based), for error messages.
std::string source_excerpt(const std::string& text, long line, long column);

}  // namespace ds
