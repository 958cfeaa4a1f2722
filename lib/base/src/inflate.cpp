#include "ds/base/inflate.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <functional>

#include "ds/base/error.h"
#include "ds/base/stop.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

constexpr int kGzipOrZlib = 15 + 32;  // windowBits: the largest window, the header says which
constexpr unsigned char kGzipFirst = 0x1f;
constexpr std::size_t kPiece = std::size_t{1} << 16;

/// Takes packed bytes piece by piece and hands out what they hold.
class Inflater {
 public:
  using Take = std::function<void(std::string_view)>;

  Inflater(std::uint64_t limit, Take take) : left_(limit), take_(std::move(take)) {
    if (inflateInit2(&stream_, kGzipOrZlib) != Z_OK) throw Error("zlib cannot start");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void add(std::string_view packed) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    while (stream_.avail_in > 0 || full_) {
      if (ended_ && !begin_next()) return;
      step();
    }
  }
  /// Throws when the stream has not come to its end.
  void finish() const {
    if (!ended_) throw DataError("it ends in the middle of what is packed");
  }

 private:
  // A gzip file may be several streams one behind the other; anything else behind the last is padding.
  bool begin_next() {
    if (stream_.avail_in == 0 || *stream_.next_in != kGzipFirst) return false;
    ended_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  void step() {
    stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
    stream_.avail_out = static_cast<uInt>(piece_.size());
    int result = ::inflate(&stream_, Z_NO_FLUSH);
    bool starved = result == Z_BUF_ERROR;  // nothing wrong: it wants more
    if (result != Z_OK && result != Z_STREAM_END && !starved)
      throw DataError(fmt::format("it is damaged where it is packed ({})",
                                  stream_.msg == nullptr ? "no such stream" : stream_.msg));
    auto size = piece_.size() - stream_.avail_out;
    if (size > left_) throw DataError("it unpacks to more than is taken");
    left_ -= size;
    if (size > 0) take_(std::string_view(piece_.data(), size));
    ended_ = result == Z_STREAM_END;
    full_ = stream_.avail_out == 0 && !ended_ && !starved;
  }

  z_stream stream_{};
  std::string piece_ = std::string(kPiece, '\0');
  std::uint64_t left_;
  Take take_;
  bool ended_ = false;
  bool full_ = false;  // the piece was, so that more may wait inside
};

std::ifstream open_packed(const fs::path& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw_io_error("read", file, errno != 0 ? errno : EIO);
  return in;
}

}  // namespace

bool begins_deflated(std::string_view head) {
  if (head.starts_with("\x1f\x8b\x08")) return true;
  if (head.size() < 2) return false;
  auto first = static_cast<unsigned char>(head[0]);
  auto second = static_cast<unsigned char>(head[1]);
  // Deflate with a window of up to 32 KiB, no dictionary, and the check that both bytes make (RFC 1950).
  return (first & 0x0f) == 8 && first >> 4 <= 7 && (second & 0x20) == 0 && (first * 256 + second) % 31 == 0;
}

std::optional<std::string> inflate_head(std::string_view head, std::size_t count) {
  if (!begins_deflated(head)) return std::nullopt;
  std::string bytes;
  try {
    Inflater inflater(UINT64_MAX, [&](std::string_view piece) { bytes += piece; });
    inflater.add(head);
  } catch (const DataError&) {
    if (bytes.empty()) return std::nullopt;
  }
  bytes.resize(std::min(bytes.size(), count));
  return bytes;
}

std::string inflate(std::string_view packed, std::uint64_t limit) {
  std::string bytes;
  Inflater inflater(limit, [&](std::string_view piece) { bytes += piece; });
  inflater.add(packed);
  inflater.finish();
  return bytes;
}

void inflate_file(const fs::path& from, const fs::path& to, std::uint64_t limit) {
  auto in = open_packed(from);
  errno = 0;
  std::ofstream out(to, std::ios::binary);
  auto require_written = [&] {
    if (!out) throw_io_error("write", to, errno != 0 ? errno : EIO);
  };
  require_written();
  try {
    Inflater inflater(limit, [&](std::string_view piece) {
      out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
      require_written();
    });
    std::string piece(kPiece, '\0');
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0) {
      throw_if_stopped();
      inflater.add(std::string_view(piece.data(), static_cast<std::size_t>(in.gcount())));
    }
    if (in.bad()) throw_io_error("read", from, errno != 0 ? errno : EIO);
    inflater.finish();
  } catch (const DataError& error) {
    throw DataError(fmt::format("{}: {}", from.string(), error.what()), error.advice());
  }
  out.close();
  require_written();
}

}  // namespace ds
