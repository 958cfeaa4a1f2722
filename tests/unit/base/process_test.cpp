#include "ds/base/process.h"

#include <csignal>

#include "ds/base/error.h"
#include "ds/base/files.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("a child's exit code, output, input and environment pass through") {
  REQUIRE(run_and_wait({"sh", "-c", "exit 7"}) == 7);
  auto [text, code] = run_and_capture({"sh", "-c", "read line; echo $line $DS_X"},
                                      {.environment = {{"DS_X", "there"}}, .stdin_text = "hello\n"});
  REQUIRE(text == "hello there\n");
  REQUIRE(code == 0);
}

TEST_CASE("a program that is not there is an error at once") {
  REQUIRE_THROWS_WITH(spawn({"no-such-program"}), "cannot start no-such-program: No such file or directory");
}

TEST_CASE("a killed child gives 128 + signal, a late one 124") {
  REQUIRE(run_and_wait({"sh", "-c", "kill -9 $$"}) == 128 + SIGKILL);
  REQUIRE(run_and_wait({"sleep", "30"}, {.timeout_s = 0.05}) == 124);
}
