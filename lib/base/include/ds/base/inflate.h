#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// What zlib and gzip have packed, told apart by its first bytes.
namespace ds {

/// Whether bytes begin as a gzip or zlib stream.
bool begins_deflated(std::string_view head);

/// The first bytes of what a stream holds, at most `count`, from the stream's first bytes; fewer when these
/// give no more. Nothing when they are no such stream.
std::optional<std::string> inflate_head(std::string_view head, std::size_t count);

/// The whole of what is packed. Throws DataError `it ...` when the stream is damaged, ends early or unpacks to
/// more than `limit` bytes.
std::string inflate(std::string_view packed, std::uint64_t limit);

/// Unpacks a file into another, unflushed; gzip files may hold several streams. Throws DataError
/// `<from>: it ...` as above.
void inflate_file(const std::filesystem::path& from, const std::filesystem::path& to, std::uint64_t limit);

}  // namespace ds
