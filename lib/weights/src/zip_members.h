#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace ds::detail {

/// Every member of a zip. Since torch.save stores without compression, together they may not be larger than
/// the file: a bomb is a FormatError. So are a truncated archive and a wrong checksum.
std::map<std::string, std::string> read_zip_members(const std::filesystem::path& path);

}  // namespace ds::detail
