// jpeglib.h needs stdio's types before it.
#include <cstdio>

#include <jpeglib.h>

#include <jerror.h>

#include <csetjmp>
#include <opencv2/core.hpp>

#include "codecs/picture_decoders.h"

namespace ds::detail {
namespace {

struct ErrorState {
  jpeg_error_mgr manager{};
  std::jmp_buf jump{};
  char text[JMSG_LENGTH_MAX] = {};
  char made_up[JMSG_LENGTH_MAX] = {};  // the first warning that means lost picture data
  bool cut_short = false;
};

ErrorState& state_of(j_common_ptr info) {
  return *reinterpret_cast<ErrorState*>(info->err);
}

[[noreturn]] void fail(j_common_ptr info) {
  auto& state = state_of(info);
  state.manager.format_message(info, state.text);
  std::longjmp(state.jump, 1);
}

// Many cameras write harmless oddities; these four mean that pixels are guesses.
void note_warning(j_common_ptr info, int level) {
  if (level >= 0) return;
  auto& state = state_of(info);
  int code = state.manager.msg_code;
  if (code == JWRN_JPEG_EOF) state.cut_short = true;
  bool lost = code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
              code == JWRN_MUST_RESYNC;
  if (lost && state.made_up[0] == 0) state.manager.format_message(info, state.made_up);
}

void say_nothing(j_common_ptr) {}

// A few kilobytes of empty progressive scans over a large picture keep a decoder busy for hours.
void limit_scans(j_common_ptr info) {
  constexpr int kMostScans = 500;
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostScans) return;
  std::snprintf(state_of(info).text, JMSG_LENGTH_MAX, "more than %d scans", kMostScans);
  std::longjmp(state_of(info).jump, 1);
}

// Adobe's programs store CMYK inverted, and say so by their marker.
void cmyk_to_bgr(const std::uint8_t* row, int width, bool inverted, std::uint8_t* out) {
  for (int x = 0; x < width; ++x, row += 4, out += 3) {
    auto light = [&](int channel) { return inverted ? row[channel] : 255 - row[channel]; };
    int key = light(3);
    for (int c = 0; c < 3; ++c) out[2 - c] = static_cast<std::uint8_t>((light(c) * key + 127) / 255);
  }
}

void read_rows(jpeg_decompress_struct& info, std::vector<std::uint8_t>& row, cv::Mat& image) {
  bool cmyk = info.out_color_space == JCS_CMYK;
  while (info.output_scanline < info.output_height) {
    auto* target = image.ptr<std::uint8_t>(static_cast<int>(info.output_scanline));
    JSAMPROW into = cmyk ? row.data() : target;
    jpeg_read_scanlines(&info, &into, 1);
    if (cmyk) cmyk_to_bgr(row.data(), image.cols, info.saw_Adobe_marker, target);
  }
}

}  // namespace

std::string decode_jpeg(const std::uint8_t* bytes, std::size_t size, const Decoding& decoding,
                        cv::Mat& image) {
  ErrorState state;
  jpeg_progress_mgr progress{};
  jpeg_decompress_struct info{};
  std::vector<std::uint8_t> row;
  info.err = jpeg_std_error(&state.manager);
  state.manager.error_exit = &fail;
  state.manager.emit_message = &note_warning;
  state.manager.output_message = &say_nothing;
  progress.progress_monitor = &limit_scans;
  if (setjmp(state.jump) != 0) {
    jpeg_destroy_decompress(&info);
    return state.text;
  }
  jpeg_create_decompress(&info);
  info.progress = &progress;
  jpeg_mem_src(&info, bytes, static_cast<unsigned long>(size));
  jpeg_read_header(&info, TRUE);
  info.scale_num = 1;
  info.scale_denom = static_cast<unsigned>(decoding.reduction);
  bool four = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = four ? JCS_CMYK : JCS_EXT_BGR;
  jpeg_start_decompress(&info);
  image.create(static_cast<int>(info.output_height), static_cast<int>(info.output_width), CV_8UC3);
  row.resize(std::size_t{info.output_width} * 4);
  read_rows(info, row, image);
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  if (state.cut_short || (decoding.strict && state.made_up[0] != 0)) return state.made_up;
  return {};
}

}  // namespace ds::detail
