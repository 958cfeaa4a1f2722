#pragma once

#include <filesystem>
#include <string>

namespace ds::testing {

/// The root of the checkout.
std::filesystem::path source_folder();
/// Where the six executables of this build are.
std::filesystem::path tools_folder();
/// The folder with data/ and cases/ by others, beside the checkout or at $DS_SHARED.
std::filesystem::path shared_folder();
/// True, and "SKIPPED: ..." is printed (which ctest counts as skipped), when this part of it is not there:
/// `if (shared_is_absent("data/bccd")) return;`
bool shared_is_absent(const std::string& relative);

}  // namespace ds::testing
