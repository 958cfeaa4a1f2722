#include "machine.h"

#include <iostream>
#include <vector>

#include "ds/base/process.h"

#include <catch2/catch.hpp>

using namespace ds::detail;

TEST_CASE("the growth of the process's memory is seen, and what went before is not") {
  constexpr std::size_t kBytes = std::size_t{96} << 20;
  { const std::vector<char> before(2 * kBytes, 1); }
  const MemoryGrowth growth;
  REQUIRE(growth.peak_before() >= static_cast<std::int64_t>(2 * kBytes));
  if (static_cast<std::int64_t>(ds::peak_memory_bytes()) >= growth.peak_before()) {
    std::cout << "SKIPPED: the kernel does not let a process set its peak back\n";
    return;
  }
  REQUIRE(growth.bytes() < static_cast<std::int64_t>(kBytes / 2));
  const std::vector<char> block(kBytes, 1);
  REQUIRE(block[kBytes / 2] == 1);
  REQUIRE(growth.bytes() > static_cast<std::int64_t>(kBytes) * 9 / 10);
  REQUIRE(growth.bytes() < static_cast<std::int64_t>(kBytes) * 2);
}

TEST_CASE("the machine is named as far as it names itself") {
  const auto machine = this_machine(3);
  REQUIRE(machine.threads == 3);
  REQUIRE(machine.processors >= 1);
  REQUIRE(machine.cpu.find('\n') == std::string::npos);
}
