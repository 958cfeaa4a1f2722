#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/stop.h"
#include "ds/base/walk.h"
#include "ds/media/archive.h"
#include "ds/media/image_io.h"
#include "predict/parts.h"
#include "predict/source_names.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

using Take = std::function<void(SourcePicture)>;
using Fail = std::function<void(const std::string&, const std::string&)>;
using NameOf = std::function<std::string(const std::string& inside)>;

std::vector<fs::path> files_of(const fs::path& folder) {
  return walk_files(folder, {.order = WalkOrder::natural, .wanted = [&](const fs::path& file) {
                               return (has_image_suffix(file) || has_video_suffix(file)) &&
                                      !is_clutter(file.lexically_relative(folder));
                             }});
}

void take_image(const fs::path& file, const std::string& name, const PredictOptions& options,
                const Take& take) {
  take({name, std::nullopt, {}, 0, [file, &options] {
          return decode_image_file(file, {options.max_pixels, 1});
        }});
}

void take_video(const fs::path& file, const std::string& name, const PredictOptions& options,
                const Take& take, const Fail& fail) {
  try {
    auto rate = VideoReader(file).info().frames_per_second;
    for_each_frame(file, options.frames, [&](const VideoFrame& frame) {
      throw_if_stopped();
      take({fmt::format("{}#{}", name, frame.index), frame.time_s, name, rate,
            [image = frame.image.clone()] { return image; }});
      return true;
    });
  } catch (const DataError& error) {
    fail(name, error.what());
  }
}

void take_archive(const fs::path& archive, const NameOf& name_of, const PredictOptions& options,
                  const Take& take) {
  for_each_member(archive, [&](const ArchiveMember& member, std::string&& bytes) {
    if (!has_image_suffix(member.name)) return;
    auto shared = std::make_shared<std::string>(std::move(bytes));
    take({name_of(member.name), std::nullopt, {}, 0, [shared, name = member.name, &options] {
            return decode_image(*shared, name, {options.max_pixels, 1});
          }});
  });
}

void take_folder(const fs::path& folder, const NameOf& name_of, const PredictOptions& options,
                 const Take& take, const Fail& fail) {
  for (const auto& file : files_of(folder)) {
    auto name = name_of(fs::relative(file, folder).generic_string());
    if (has_video_suffix(file))
      take_video(file, name, options, take, fail);
    else
      take_image(file, name, options, take);
  }
}

void check_source(const fs::path& source) {
  std::error_code ignored;
  if (!fs::exists(source, ignored))
    throw UsageError(fmt::format("{}: no such file or folder", source.string()));
  if (fs::is_directory(source) || has_image_suffix(source) || has_video_suffix(source) ||
      has_archive_suffix(source))
    return;
  throw UsageError(
      fmt::format("{}: neither picture, video, archive nor folder by its name", source.string()));
}

}  // namespace

void for_each_picture(const std::vector<fs::path>& sources, const PredictOptions& options, const Take& take,
                      const Fail& fail) {
  for (const auto& source : sources) check_source(source);
  const auto fronts = fronts_of(sources);
  UniqueNames names;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto& source = sources[i];
    const NameOf name_of = [&](const std::string& inside) { return names.take(inside, fronts[i]); };
    const auto name = source.filename().string();
    if (fs::is_directory(source))
      take_folder(source, name_of, options, take, fail);
    else if (has_video_suffix(source))
      take_video(source, name_of(name), options, take, fail);
    else if (has_archive_suffix(source))
      take_archive(source, name_of, options, take);
    else
      take_image(source, name_of(name), options, take);
  }
}

}  // namespace ds::detail

namespace ds {

std::int64_t count_pictures(const std::vector<std::filesystem::path>& sources) {
  std::int64_t count = 0;
  for (const auto& source : sources) {
    detail::check_source(source);
    if (!std::filesystem::is_directory(source)) {
      if (!has_image_suffix(source)) return 0;
      ++count;
      continue;
    }
    for (const auto& file : detail::files_of(source)) {
      if (!has_image_suffix(file)) return 0;
      ++count;
    }
  }
  return count;
}

}  // namespace ds
