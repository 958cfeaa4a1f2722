#include "ds/submit/shell.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {
namespace {

bool is_plain(char c) {
  constexpr std::string_view kPlain = "-_./:=,@%+";
  return (static_cast<unsigned char>(c) < 128 && std::isalnum(static_cast<unsigned char>(c)) != 0) ||
         kPlain.find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_word(const std::string& text) {
  if (text.find('\0') != std::string::npos) throw UsageError("a word of a command cannot hold a NUL byte");
  // `NAME=value` in front of a command would be an assignment.
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain) &&
      (text.front() == '-' || text.find('=') == std::string::npos))
    return text;
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shell_words(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const auto& word : words) quoted.push_back(shell_word(word));
  return join(quoted, " ");
}

}  // namespace ds
