#include "ds/http/tokens.h"
#include "ds/base/error.h"
#include "ds/base/hash.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::http;

TEST_CASE("a new token is found by its secret and only its hash is stored") {
  auto token = make_token("cam1", {"detect", "metrics"});
  REQUIRE(token.secret.starts_with("ds_"));
  REQUIRE(token.secret.size() == 51);
  REQUIRE(token.line == "cam1 detect,metrics " + sha256_hex(token.secret));
  auto file = TokenFile::parse("# cameras\n\n" + token.line + "\n", "tokens");
  REQUIRE(file.entries().size() == 1);
  const auto* entry = file.find(token.secret);
  REQUIRE(entry != nullptr);
  REQUIRE(entry->name == "cam1");
  REQUIRE(allows(*entry, "detect"));
  REQUIRE(allows(*entry, ""));
  REQUIRE_FALSE(allows(*entry, "admin"));
  REQUIRE(file.find("ds_other") == nullptr);
  REQUIRE(file.find("") == nullptr);
}

TEST_CASE("a star allows every scope") {
  auto token = make_token("root", {"*"});
  auto file = TokenFile::parse(token.line, "tokens");
  REQUIRE(allows(*file.find(token.secret), "admin"));
}

TEST_CASE("a broken token file names the line") {
  REQUIRE_THROWS_WITH(TokenFile::parse("# x\ncam1 detect\n", "t.txt"),
                      "t.txt:2: found 2 words, expected 3: name scopes sha256");
  REQUIRE_THROWS_WITH(TokenFile::parse("cam1 detect secret", "t.txt"),
                      "t.txt:1:13: found 'secret', expected a SHA-256 of 64 lower-case hex digits");
  REQUIRE_THROWS_WITH(make_token("a b", {"detect"}),
                      "token name 'a b': expected a word without blanks, commas or #");
  REQUIRE_THROWS_WITH(make_token("a", {}), "token a: no scope given");
}
