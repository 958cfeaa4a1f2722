#include "ds/base/chained_log.h"

#include "ds/base/files.h"
#include "ds/base/hash.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

constexpr ChainedLog::Texts kTexts = {.changed = "changed", .broken = "broken"};
const std::string kZeros(64, '0');

ChainedLog::End end_of(const ChainedLog& log) {
  return log.read([](const std::string&, const Location&) {});
}

}  // namespace

TEST_CASE("a chained line ends with the hash of the line before and its own") {
  TemporaryFolder folder;
  const auto file = folder.path() / "new" / "log.jsonl";
  ChainedLog log(file, kTexts);
  REQUIRE(end_of(log).hash == kZeros);
  const auto first = log.append(end_of(log), "{\"a\":1}");
  const auto hash = sha256_hex("{\"a\":1,\"previous\":\"" + kZeros + "\"}");
  REQUIRE(first == "{\"a\":1,\"previous\":\"" + kZeros + "\",\"hash\":\"" + hash + "\"}");
  const auto second = log.append(end_of(log), "{\"a\":2}");
  REQUIRE(second.starts_with("{\"a\":2,\"previous\":\"" + hash + "\",\"hash\":\""));
  REQUIRE(read_file(file) == first + "\n" + second + "\n");
  REQUIRE(end_of(log).lines == 2);
  REQUIRE_FALSE(end_of(log).torn);
}

TEST_CASE("a chained line that is changed, removed or no chained line is named") {
  TemporaryFolder folder;
  const auto file = folder.path() / "log.jsonl";
  ChainedLog log(file, kTexts);
  const auto first = log.append(end_of(log), "{\"a\":1}");
  const auto second = log.append(end_of(log), "{\"a\":2}");
  auto changed = second;
  changed[5] = '3';
  write_file_atomically(file, first + "\n" + changed + "\n");
  REQUIRE_THROWS_WITH(end_of(log), file.string() + ":2: changed");
  write_file_atomically(file, second + "\n");
  REQUIRE_THROWS_WITH(end_of(log), file.string() + ":1: broken");
  for (const char* line : {"", "{}", "{\"a\":1}", "\",\"hash\":\"\"}"}) {
    write_file_atomically(file, first + "\n" + line + "\n");
    REQUIRE_THROWS_WITH(end_of(log), file.string() + ":2: changed");
  }
}

TEST_CASE("a torn last line of a chain is cut off by the next") {
  TemporaryFolder folder;
  const auto file = folder.path() / "log.jsonl";
  ChainedLog log(file, kTexts);
  const auto first = log.append(end_of(log), "{\"a\":1}");
  write_file_atomically(file, first + "\n{\"a\":2,\"pre");
  REQUIRE(end_of(log).torn);
  REQUIRE(end_of(log).lines == 1);
  const auto second = log.append(end_of(log), "{\"a\":2}");
  REQUIRE(read_file(file) == first + "\n" + second + "\n");
}
