#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ds {

enum class ImageFormat { jpeg, png, bmp, tiff, webp, gif };
/// "jpeg", "png", ...
std::string to_string(ImageFormat format);
/// The usual file name extension with its dot: ".jpg", ".png", ...
std::string extension_of(ImageFormat format);

/// What a file's first bytes say about the picture, read without decoding it.
struct ImageHeader {
  ImageFormat format = ImageFormat::jpeg;
  int raw_width = 0;  // as stored
  int raw_height = 0;
  int orientation = 1;  // EXIF 1..8; anything else in the file counts as 1
  /// Further pictures follow the first, which is the one that is decoded: pages of a TIFF, frames of a GIF,
  /// WebP or PNG animation, views of an MPO (thumbnails do not count).
  bool more_pictures = false;
  /// As shown: orientations 5..8 swap the sides.
  int width() const { return orientation >= 5 ? raw_height : raw_width; }
  int height() const { return orientation >= 5 ? raw_width : raw_height; }
};

/// Unless told otherwise, more pixels than this are refused before anything is decoded (a bomb needs a few
/// bytes to claim gigabytes).
inline constexpr std::int64_t kMaxImagePixels = 268'435'456;
/// kMaxImagePixels, or what the environment variable DS_MAX_IMAGE_PIXELS says. Throws UsageError when that is
/// no positive whole number.
std::int64_t max_image_pixels();

/// Reads format, size and EXIF orientation. `name` is what messages call the file. Throws DataError when the
/// bytes are no image we know, the header is broken, or the size exceeds `max_pixels`.
ImageHeader read_image_header(std::string_view bytes, const std::string& name,
                              std::int64_t max_pixels = max_image_pixels());
ImageHeader read_image_header(const std::filesystem::path& file,
                              std::int64_t max_pixels = max_image_pixels());

/// Throws DataError naming the file when the bytes end before the picture does (JPEG end marker, PNG IEND and
/// chunk checksums, the length declared by BMP, WebP, GIF and TIFF). Decoders would show grey instead.
void require_whole_image(std::string_view bytes, const ImageHeader& header, const std::string& name);

/// By name: jpg, jpeg, jpe, jfif, mpo, png, bmp, dib, tif, tiff, webp, gif (any case); and heic, heif, avif, under
/// which phones and exporters leave JPEG files, too. What is really HEIC or AVIF is refused by its name.
bool has_image_suffix(const std::filesystem::path& file);
/// Whether a file of that name is expected to be of that format; true for names without an image's suffix.
bool suffix_fits(const std::filesystem::path& file, ImageFormat format);
/// By name: mp4, avi, mov, mkv, webm, m4v, mpg, mpeg, wmv, flv, ts, 3gp (any case).
bool has_video_suffix(const std::filesystem::path& file);
/// By name: zip, tar, tar.gz, tgz, tar.bz2, tbz2, tar.xz, txz, tar.zst (any case).
bool has_archive_suffix(const std::filesystem::path& file);

}  // namespace ds
