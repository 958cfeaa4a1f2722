#include "ds/base/error.h"

#include <cerrno>
#include <csignal>

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("a location names what it knows") {
  REQUIRE(Location{.path = "a/b.txt"}.to_string() == "a/b.txt");
  REQUIRE(Location{.path = "a.txt", .line = 3}.to_string() == "a.txt:3");
  REQUIRE(Location{.path = "a.txt", .line = 3, .column = 7}.to_string() == "a.txt:3:7");
  REQUIRE(Location{.path = "w.pth", .offset = 812}.to_string() == "w.pth: offset 812");
  REQUIRE(Location{.path = "i.json", .pointer = "/images/3"}.to_string() == "i.json: /images/3");
}

TEST_CASE("a format error begins with its place") {
  FormatError error({.path = "a.txt", .line = 3}, "found 'x', expected a number", "mend it");
  REQUIRE(std::string(error.what()) == "a.txt:3: found 'x', expected a number");
  REQUIRE(error.advice() == "mend it");
}

TEST_CASE("an unknown name lists the known ones and the nearest") {
  try {
    throw_unknown_name("class", "cra", {"car", "person"});
  } catch (const UsageError& error) {
    REQUIRE(std::string(error.what()) == "unknown class 'cra'; known: car, person");
    REQUIRE(error.advice() == "did you mean 'car'?");
  }
  REQUIRE_THROWS_WITH(throw_unknown_name("model", "x", {}), "unknown model 'x'; there is no model yet");
}

TEST_CASE("a full disk is busy, another I/O failure an error") {
  REQUIRE_THROWS_AS(throw_io_error("write", "/x", ENOSPC), Busy);
  REQUIRE_THROWS_WITH(throw_io_error("write", "/x", EACCES), "cannot write /x: Permission denied");
}

TEST_CASE("an interruption names its signal") {
  REQUIRE(std::string(Interrupted(SIGINT).what()) == "stopped by Ctrl-C");
  REQUIRE(std::string(Interrupted(SIGTERM).what()) == "stopped by SIGTERM");
}
