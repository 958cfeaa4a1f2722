#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What a fuzz target defines, and what drives it: libFuzzer (fuzz_main.cpp, with clang), or the replay of
/// its seeds with mutations (replay_main.cpp), which is a normal test.
namespace ds::fuzz {

/// Takes one input. May throw ds::Error, which is a refusal; anything else that is thrown is a finding.
void take(std::string_view bytes);

/// Small inputs that are not refused, made by code of ours.
std::vector<std::string> seeds();

/// Which of its subjects a target of several is to look at (an annotation format); empty for others.
const std::string& subject();

/// Defined by the driver.
extern std::string chosen_subject;

}  // namespace ds::fuzz
