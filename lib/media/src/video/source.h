#pragma once

#include "codecs/codecs.h"

/// Frames through FFmpeg's own libraries, which tell times, rotation and damage that a wrapper hides.
namespace ds::detail {

std::unique_ptr<VideoSource> open_video(const std::string& path, std::int64_t max_pixels, std::string& why);
std::unique_ptr<VideoSource> open_gif(const std::uint8_t* bytes, std::size_t size, std::int64_t max_pixels,
                                      std::string& why);

}  // namespace ds::detail
