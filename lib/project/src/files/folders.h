#pragma once

#include <filesystem>
#include <functional>

namespace ds::detail {

using FillFolder = std::function<void(const std::filesystem::path&)>;

/// Fills a temporary folder beside `place` and flushes it; then `accept` runs with a function that makes the
/// folder appear at `place`, replacing what is there in one step. When `accept` throws or does not call it,
/// nothing has happened.
void fill_folder(const std::filesystem::path& place, const FillFolder& fill,
                 const std::function<void(const std::function<void()>& appear)>& accept);

/// Removes a folder so that a crash half-way leaves none under its name: renamed first, then emptied.
void remove_folder(const std::filesystem::path& place);

/// True for the temporary names of AtomicFile, AtomicFolder and the functions above.
bool is_temporary_name(const std::filesystem::path& path);

}  // namespace ds::detail
