#pragma once

#include <string>
#include <vector>

namespace ds {

/// One word of a POSIX shell that means `text` and nothing else, whatever it holds (blanks, quotes, `$`, line
/// breaks). Plain words stay as they are. A NUL cannot stand in a word: throws UsageError.
std::string shell_word(const std::string& text);
/// The words of one command, separated by blanks.
std::string shell_words(const std::vector<std::string>& words);

}  // namespace ds
