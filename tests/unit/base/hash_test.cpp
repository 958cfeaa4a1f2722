#include "ds/base/hash.h"

#include "ds/base/files.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("SHA-256 of the standard's example") {
  // FIPS 180-2, appendix B.1
  std::string expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  REQUIRE(sha256_hex("abc") == expected);
  Sha256 in_pieces;
  in_pieces.update("a");
  in_pieces.update("bc");
  REQUIRE(in_pieces.hex() == expected);
  TemporaryFolder folder;
  write_file_atomically(folder.path() / "f", "abc");
  REQUIRE(sha256_hex_of_file(folder.path() / "f") == expected);
}

TEST_CASE("HMAC-SHA-256 of the standard's example") {
  // RFC 4231, test case 2
  REQUIRE(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("the keyed unit is fixed by key and text and spreads evenly") {
  REQUIRE(keyed_unit("k", "a") == keyed_unit("k", "a"));
  REQUIRE(keyed_unit("k", "a") != keyed_unit("l", "a"));
  int low = 0;
  for (int i = 0; i < 1000; ++i) low += keyed_unit("k", std::to_string(i)) < 0.5;
  // 1000 fair coins: five standard deviations are 5 * sqrt(250) = 79
  REQUIRE(std::abs(low - 500) < 79);
}

TEST_CASE("base64 pads") {
  REQUIRE(base64_encode("") == "");
  REQUIRE(base64_encode("f") == "Zg==");
  REQUIRE(base64_encode("foobar") == "Zm9vYmFy");
}
