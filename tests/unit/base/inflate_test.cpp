#include "ds/base/inflate.h"

#include <string>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/testing/packed.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

constexpr std::uint64_t kMuch = 1 << 20;

std::string long_text() {
  std::string text;
  for (int i = 0; i < 40000; ++i) text += std::to_string(i * 7919 % 10007) + " ";
  return text;
}

}  // namespace

TEST_CASE("inflate: zlib and gzip streams, also longer than a piece") {
  for (int bits : {kZlib, kGzip}) {
    CAPTURE(bits);
    REQUIRE(inflate(packed("some text", bits), kMuch) == "some text");
    REQUIRE(inflate(packed("", bits), kMuch).empty());
    REQUIRE(inflate(packed(long_text(), bits), kMuch) == long_text());
    REQUIRE(begins_deflated(packed("x", bits)));
  }
  REQUIRE(inflate(packed("one ", kGzip) + packed("two", kGzip), kMuch) == "one two");
  REQUIRE(inflate(packed("one", kGzip) + std::string(512, '\0'), kMuch) == "one");
}

TEST_CASE("inflate: what is no stream, damaged, cut or too large is said") {
  REQUIRE(!begins_deflated("plain text"));
  REQUIRE(!begins_deflated(""));
  REQUIRE_THROWS_WITH(inflate("plain text", kMuch), Catch::Contains("it is damaged where it is packed"));
  auto cut = packed(long_text(), kGzip);
  cut.resize(cut.size() / 2);
  REQUIRE_THROWS_WITH(inflate(cut, kMuch), "it ends in the middle of what is packed");
  REQUIRE_THROWS_WITH(inflate(packed(std::string(5000, 'a'), kZlib), 4999),
                      "it unpacks to more than is taken");
  REQUIRE(inflate(packed(std::string(5000, 'a'), kZlib), 5000).size() == 5000);
}

TEST_CASE("inflate: the head of a stream from the head of its file") {
  auto whole = packed(long_text(), kGzip);
  REQUIRE(inflate_head(whole.substr(0, 4096), 12) == long_text().substr(0, 12));
  REQUIRE(inflate_head("plain text", 12) == std::nullopt);
}

TEST_CASE("inflate: files, named when they are damaged") {
  TemporaryFolder folder;
  auto from = folder.path() / "a.gz";
  auto to = folder.path() / "a";
  write_file_atomically(from, packed(long_text(), kGzip));
  inflate_file(from, to, kMuch);
  REQUIRE(read_file(to) == long_text());
  write_file_atomically(from, packed(long_text(), kGzip).substr(0, 100));
  REQUIRE_THROWS_WITH(inflate_file(from, to, kMuch),
                      from.string() + ": it ends in the middle of what is packed");
}
