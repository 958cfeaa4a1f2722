#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

/// What the kinds of atomic files share.
namespace ds::detail {

void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& path);
/// A name beside `path` that no other process or thread uses.
std::filesystem::path temporary_name(const std::filesystem::path& path);
/// Flushes the files one by one while they are few; many take one flush of their file system.
void sync_files(const std::vector<std::filesystem::path>& files);

}  // namespace ds::detail
