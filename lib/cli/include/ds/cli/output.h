#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace ds {

/// The result on stdout, and nothing else. A failed write is an error with its exit code (full disk: 75); a
/// reader that went away (`| head`) ends the tool quietly.
class Output {
 public:
  void text(std::string_view text);
  void line(std::string_view text);
  /// Pretty-printed, ends with a newline.
  void json(const nlohmann::ordered_json& document);
  /// One compact line: lists of unknown length are JSON Lines.
  void json_line(const nlohmann::ordered_json& document);
  void flush();
};

}  // namespace ds
