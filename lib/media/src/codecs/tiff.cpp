#include <tiffio.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <opencv2/imgproc.hpp>

#include "codecs/picture_decoders.h"

namespace ds::detail {
namespace {

struct Input {
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  std::size_t at = 0;
  std::string failure;  // the first
};

Input& input_of(thandle_t handle) {
  return *static_cast<Input*>(handle);
}

tmsize_t read(thandle_t handle, void* to, tmsize_t wanted) {
  auto& input = input_of(handle);
  auto left = input.size - std::min(input.at, input.size);
  auto count = std::min(static_cast<std::size_t>(std::max<tmsize_t>(0, wanted)), left);
  std::memcpy(to, input.bytes + std::min(input.at, input.size), count);
  input.at += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t write(thandle_t, void*, tmsize_t) {
  return 0;
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  auto& input = input_of(handle);
  auto base = whence == SEEK_CUR ? input.at : whence == SEEK_END ? input.size : 0;
  input.at = base + offset;
  return input.at;
}

int close(thandle_t) {
  return 0;
}

toff_t size(thandle_t handle) {
  return input_of(handle).size;
}

int keep_first(TIFF*, void* user, const char*, const char* format, std::va_list values) {
  auto& failure = static_cast<Input*>(user)->failure;
  char text[256];
  std::vsnprintf(text, sizeof(text), format, values);
  if (failure.empty()) failure = text;
  return 1;
}

int say_nothing(TIFF*, void*, const char*, const char*, std::va_list) {
  return 1;
}

// Alpha is dropped: as "associated" libtiff hands the colours over as they are stored.
void drop_alpha(TIFF* tiff) {
  std::uint16_t count = 0;
  std::uint16_t* kinds = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) == 0 || count == 0) return;
  std::vector<std::uint16_t> associated(count, EXTRASAMPLE_ASSOCALPHA);
  TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, count, associated.data());
}

}  // namespace

std::string decode_tiff(const std::uint8_t* bytes, std::size_t count, cv::Mat& image) {
  Input input{bytes, count, 0, {}};
  std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                       &TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &keep_first, &input);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &say_nothing, nullptr);
  constexpr tmsize_t kMostMemory = tmsize_t{2} << 30;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMostMemory);
  std::unique_ptr<TIFF, void (*)(TIFF*)> tiff(
      TIFFClientOpenExt("picture", "rm", &input, &read, &write, &seek, &close, &size, nullptr, nullptr,
                        options.get()),
      &TIFFClose);
  auto why = [&] { return input.failure.empty() ? "no reason given" : input.failure; };
  if (!tiff) return why();
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &height);
  drop_alpha(tiff.get());
  // Turning is done in one place for every format.
  TIFFSetField(tiff.get(), TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  cv::Mat raster(static_cast<int>(height), static_cast<int>(width), CV_8UC4);
  constexpr int kStopAtErrors = 1;
  if (TIFFReadRGBAImageOriented(tiff.get(), width, height, raster.ptr<std::uint32_t>(), ORIENTATION_TOPLEFT,
                                kStopAtErrors) == 0)
    return why();
  cv::cvtColor(raster, image, cv::COLOR_RGBA2BGR);
  return {};
}

}  // namespace ds::detail
