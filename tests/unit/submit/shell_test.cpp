#include "ds/submit/shell.h"

#include "ds/base/error.h"
#include "ds/base/process.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("plain words stay, others are quoted") {
  CHECK(shell_words({"srun", "--ntasks=2", "/a/b-c_d.e", "x:1,2@%+"}) ==
        "srun --ntasks=2 /a/b-c_d.e x:1,2@%+");
  CHECK(shell_words({"", "a b", "it's", "$HOME", "~"}) == "'' 'a b' 'it'\\''s' '$HOME' '~'");
  // In front of a command it would be an assignment.
  CHECK(shell_word("A=1") == "'A=1'");
}

TEST_CASE("bash gives back every word as it was") {
  const std::vector<std::string> words = {
      "",          "two words", "it's",    "\"quoted\"", "$HOME $(id) `id`", "a\\b\\", "line\nbreak\n",
      "tab\there", "*?[a]{b}",  "a;b|c&d", "<in >out !", "#comment",         "~root",  "grüße 猫",
      "-n",        "A=1"};
  for (const auto& word : words) {
    auto [printed, code] = run_and_capture({"bash", "-c", "printf '%s.' " + shell_words({word, word})});
    CHECK(code == 0);
    CHECK(printed == word + "." + word + ".");
  }
}

TEST_CASE("a NUL is refused") {
  CHECK_THROWS_WITH(shell_word(std::string("a\0b", 3)), "a word of a command cannot hold a NUL byte");
  CHECK_THROWS_AS(shell_word(std::string("a\0b", 3)), UsageError);
}
