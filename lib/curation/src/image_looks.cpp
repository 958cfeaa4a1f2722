#include "ds/curation/image_looks.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <opencv2/core.hpp>
#include <thread>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_io.h"
#include "ds/media/perceptual_hash.h"

namespace ds {
namespace {

constexpr const char* kFirstLine = "ds looks 1";
constexpr int kMostColorDifference = 32;
// The smaller side that is left after decoding at a fraction; the hashes look at 32 pixels.
constexpr int kLeastSide = 64;

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string line_of(const std::string& sha256, const std::optional<ImageLook>& look,
                    const std::string& pixels) {
  auto text = sha256 + "\t";
  if (look)
    text += fmt::format("{:016x}\t{:016x}\t{:02x}{:02x}{:02x}", look->perceptual, look->difference,
                        look->mean[0], look->mean[1], look->mean[2]);
  else
    text += "-\t-\t-";
  return text + "\t" + (pixels.empty() ? "-" : pixels) + "\n";
}

std::optional<ImageLook> parse_look(const std::vector<std::string>& cells) {
  auto perceptual = parse_hex(cells[1]), difference = parse_hex(cells[2]), mean = parse_hex(cells[3]);
  if (!perceptual || !difference || !mean) return std::nullopt;
  auto byte = [&](int shift) { return static_cast<std::uint8_t>(*mean >> shift & 0xff); };
  return ImageLook{*perceptual, *difference, {byte(16), byte(8), byte(0)}};
}

ImageLook look_of_pixels(const cv::Mat& pixels) {
  ImageLook look{.perceptual = perceptual_hash(pixels), .difference = difference_hash(pixels)};
  auto mean = cv::mean(pixels);
  for (int i = 0; i < 3; ++i)
    look.mean[static_cast<std::size_t>(i)] = cv::saturate_cast<std::uint8_t>(mean[i]);
  return look;
}

int reduction_for(int width, int height) {
  for (int reduction : {8, 4, 2})
    if (std::min(width, height) / reduction >= kLeastSide) return reduction;
  return 1;
}

std::string hash_of_pixels(const cv::Mat& pixels) {
  Sha256 hash;
  hash.update(fmt::format("{}x{}\n", pixels.cols, pixels.rows));
  for (int y = 0; y < pixels.rows; ++y)
    hash.update({reinterpret_cast<const char*>(pixels.ptr(y)), pixels.cols * pixels.elemSize()});
  return hash.hex();
}

}  // namespace

ImageLook look_of(std::string_view bytes, const std::string& name, int width, int height) {
  return look_of_pixels(decode_image(bytes, name, {.reduction = reduction_for(width, height)}));
}

bool look_alike(const ImageLook& a, const ImageLook& b, int distance) {
  for (std::size_t i = 0; i < 3; ++i)
    if (std::abs(a.mean[i] - b.mean[i]) > kMostColorDifference) return false;
  return hamming_distance(a.perceptual, b.perceptual) <= distance &&
         hamming_distance(a.difference, b.difference) <= 2 * distance;
}

LookCache::LookCache(std::filesystem::path file) : file_(std::move(file)) {
  read();
}

void LookCache::read() {
  std::ifstream stream(file_, std::ios::binary);
  std::string line;
  if (!std::getline(stream, line) || line != kFirstLine) return;
  while (std::getline(stream, line)) {
    auto cells = split(line, '\t');
    if (cells.size() != 5 || cells[0].size() != 64) continue;
    auto& entry = entries_[cells[0]];
    if (!entry.look) entry.look = parse_look(cells);
    if (entry.pixels.empty() && cells[4].size() == 64) entry.pixels = cells[4];
  }
}

std::optional<ImageLook> LookCache::look(const std::string& sha256) const {
  auto found = entries_.find(sha256);
  return found == entries_.end() ? std::nullopt : found->second.look;
}

std::optional<std::string> LookCache::pixels(const std::string& sha256) const {
  auto found = entries_.find(sha256);
  if (found == entries_.end() || found->second.pixels.empty()) return std::nullopt;
  return found->second.pixels;
}

void LookCache::put(const std::string& sha256, const ImageLook& look) {
  entries_[sha256].look = look;
  changed_ = true;
}

void LookCache::put_pixels(const std::string& sha256, const std::string& hash) {
  entries_[sha256].pixels = hash;
  changed_ = true;
}

bool LookCache::save() {
  if (!changed_ || file_.empty()) return !changed_;
  read();
  std::vector<const std::string*> order;
  for (const auto& [sha256, entry] : entries_) order.push_back(&sha256);
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return *a < *b; });
  std::string text = std::string(kFirstLine) + "\n";
  for (const auto* sha256 : order) {
    const auto& entry = entries_.at(*sha256);
    text += line_of(*sha256, entry.look, entry.pixels);
  }
  try {
    write_file_atomically(file_, text);
  } catch (const Error&) {
    return false;  // only a cache
  }
  changed_ = false;
  return true;
}

ImageLooks::ImageLooks(FileOf file_of, std::filesystem::path cache, int threads)
    : file_of_(std::move(file_of)),
      threads_(threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))),
      cache_(std::move(cache)) {}

ImageLooks::ImageLooks(Project& project, int threads)
    : ImageLooks([&project](const Image& image) { return project.media().path_of(image.sha256); },
                 project.folder() / "cache" / "looks.tsv", threads) {}

ImageLooks::ImageLooks(FileOf file_of, int threads) : ImageLooks(std::move(file_of), {}, threads) {}

template <typename Result, typename Known, typename Compute, typename Keep>
std::vector<std::optional<Result>> ImageLooks::compute(const std::vector<Image>& images, Progress& progress,
                                                       const char* title, const Known& known,
                                                       const Compute& work, const Keep& keep) {
  std::vector<std::optional<Result>> results(images.size());
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < images.size(); ++i)
    if (!(results[i] = known(images[i].sha256))) unknown.push_back(i);
  if (unknown.empty()) return results;
  std::vector<std::string> failures(images.size());
  std::atomic<std::size_t> next{0};
  progress.begin(title, static_cast<std::int64_t>(unknown.size()));
  auto run = [&] {
    for (std::size_t at; stop_signal() == 0 && (at = next++) < unknown.size();) {
      const auto& image = images[unknown[at]];
      try {
        results[unknown[at]] = work(image, file_of_(image));
      } catch (const std::exception& error) {
        failures[unknown[at]] = error.what();
      }
      progress.advance();
    }
  };
  std::vector<std::thread> workers;
  for (int i = 1; i < std::min<int>(threads_, static_cast<int>(unknown.size())); ++i)
    workers.emplace_back(run);
  run();
  for (auto& worker : workers) worker.join();
  progress.end();
  for (auto i : unknown) {
    if (results[i]) keep(images[i].sha256, *results[i]);
    if (!failures[i].empty()) unreadable_.emplace(images[i].name, failures[i]);
  }
  cache_.save();  // also what was done before somebody stopped it
  throw_if_stopped();
  return results;
}

std::vector<std::optional<ImageLook>> ImageLooks::of(const std::vector<Image>& images, Progress& progress) {
  return compute<ImageLook>(
      images, progress, "look", [&](const std::string& sha256) { return cache_.look(sha256); },
      [](const Image& image, const std::filesystem::path& file) {
        return look_of_pixels(
            decode_image_file(file, {.reduction = reduction_for(image.width, image.height)}));
      },
      [&](const std::string& sha256, const ImageLook& look) { cache_.put(sha256, look); });
}

std::vector<std::optional<std::string>> ImageLooks::pixels_of(const std::vector<Image>& images,
                                                              Progress& progress) {
  return compute<std::string>(
      images, progress, "compare pixels", [&](const std::string& sha256) { return cache_.pixels(sha256); },
      [](const Image&, const std::filesystem::path& file) { return hash_of_pixels(decode_image_file(file)); },
      [&](const std::string& sha256, const std::string& hash) { cache_.put_pixels(sha256, hash); });
}

}  // namespace ds
