#pragma once

#include <cstdint>
#include <optional>

#include "headers/byte_reader.h"

/// The block structure of a GIF.
namespace ds::detail {

/// The position after a run of sub-blocks, or nothing when they run over the end.
std::optional<std::uint64_t> after_gif_blocks(const ByteReader& gif, std::uint64_t at);

/// How many whole pictures follow each other, counted up to `enough`.
int gif_pictures(const ByteReader& gif, int enough);

}  // namespace ds::detail
