#include "ds/deploy/predict.h"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <set>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/draw.h"
#include "ds/media/image_io.h"
#include "predict/parts.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

/// What decides the result: with another key an interrupted run is not taken over.
std::string journal_key(const Detector& detector, const std::vector<fs::path>& sources,
                        const PredictOptions& options) {
  // The 2 says how pictures are named: a journal of before named those of two sources alike.
  std::string text =
      to_yaml(detector.card()) + fmt::format("\n2 {} {}x{}", shortest(detector.score_threshold()),
                                             detector.input_width(), detector.input_height());
  const auto& frames = options.frames;
  text += fmt::format("\n{} {} {}", frames.frames_per_minute.value_or(0),
                      frames.frames_per_second.value_or(0), frames.every.value_or(0));
  for (const auto& source : sources) {
    std::error_code ignored;
    text += "\n" + fs::absolute(source).string();
    if (fs::is_regular_file(source, ignored)) text += fmt::format(" {}", fs::file_size(source, ignored));
  }
  return sha256_hex(text);
}

/// Draws into `<out>`: pictures under their names, the frames of a video as a video again.
class OverlayWriter {
 public:
  OverlayWriter(const fs::path& out, ClassList classes, const PredictOptions& options)
      : folder_(out), classes_(std::move(classes)), options_(options) {}

  void add(const detail::SourcePicture& source, const cv::Mat& picture, const std::vector<Detection>& found) {
    cv::Mat drawn = picture.clone();
    draw_detections(drawn, found, classes_);
    if (source.video.empty()) {
      auto name = stays_inside(source.file) ? fs::path(source.file) : fs::path(source.file).filename();
      auto suffix = to_lower(name.extension().string());
      if (suffix != ".jpg" && suffix != ".jpeg" && suffix != ".png") name += ".png";
      write_image(new_file(name), drawn);
      return;
    }
    if (source.video != video_) begin_video(source, drawn);
    writer_->write(drawn);
  }

  void commit() {
    end_video();
    folder_.commit();
  }

 private:
  void begin_video(const detail::SourcePicture& source, const cv::Mat& frame) {
    end_video();
    video_ = source.video;
    const auto file = new_file(fs::path(source.video).replace_extension(".mp4"));
    double rate = options_.frames.frames_per_second.value_or(
        options_.frames.frames_per_minute ? *options_.frames.frames_per_minute / 60
        : options_.frames.every ? source.frames_per_second / static_cast<double>(*options_.frames.every)
                                : source.frames_per_second);
    writer_ = std::make_unique<VideoWriter>(file, frame.cols, frame.rows, rate > 0 ? rate : 25);
  }
  /// Where a drawing goes: `clip.avi` and `clip.mp4` become `clip.mp4` and `clip-2.mp4`.
  fs::path new_file(const fs::path& name) {
    auto free = name;
    for (int i = 2; !taken_.insert(free.string()).second; ++i)
      free = name.parent_path() / fmt::format("{}-{}{}", name.stem().string(), i, name.extension().string());
    make_folders((folder_.temporary_path() / free).parent_path());
    return folder_.temporary_path() / free;
  }
  void end_video() {
    if (writer_) writer_->close();
    writer_.reset();
    video_.clear();
  }

  AtomicFolder folder_;
  ClassList classes_;
  const PredictOptions& options_;
  std::string video_;
  std::set<std::string> taken_;
  std::unique_ptr<VideoWriter> writer_;
};

class PredictRun {
 public:
  PredictRun(Detector& detector, const std::vector<fs::path>& sources, const fs::path& out,
             const PredictOptions& options, Progress& progress)
      : detector_(detector), out_(out), options_(options), progress_(progress) {
    const auto& format = predict_formats().at(options.format);
    write_ = format.value.write;
    if (write_ == nullptr)
      overlay_ = std::make_unique<OverlayWriter>(out, ClassList(detector.card().classes), options);
    else
      journal_ = std::make_unique<detail::PredictJournal>(out, journal_key(detector, sources, options));
  }

  PredictReport run(const std::vector<fs::path>& sources) {
    Stopwatch elapsed;
    progress_.begin("detecting", count_pictures(sources));
    detail::for_each_picture(
        sources, options_, [&](detail::SourcePicture source) { take(std::move(source)); },
        [&](const std::string& file, const std::string& why) { report_.failed.emplace_back(file, why); });
    flush();
    progress_.end();
    report_.pictures = static_cast<std::int64_t>(predictions_.size());
    for (const auto& one : predictions_)
      report_.detections += static_cast<std::int64_t>(one.detections.size());
    finish();
    report_.seconds = elapsed.seconds();
    return report_;
  }

 private:
  void take(detail::SourcePicture source) {
    throw_if_stopped();
    const Prediction* known = journal_ ? journal_->find(source.file) : nullptr;
    if (known != nullptr) {
      flush();  // order is the sources' order
      predictions_.push_back(*known);
      ++report_.resumed;
      progress_.advance();
      return;
    }
    try {
      pictures_.push_back(source.decode());
    } catch (const DataError& error) {
      report_.failed.emplace_back(source.file, error.what());
      progress_.advance();
      return;
    }
    batch_.push_back(std::move(source));
    if (static_cast<int>(batch_.size()) >= options_.batch) flush();
  }

  void flush() {
    if (batch_.empty()) return;
    auto found = detector_.detect(pictures_);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      Prediction prediction{batch_[i].file, pictures_[i].cols, pictures_[i].rows, batch_[i].time_s, found[i]};
      if (journal_) journal_->add(prediction);
      if (overlay_) overlay_->add(batch_[i], pictures_[i], found[i]);
      predictions_.push_back(std::move(prediction));
    }
    progress_.advance(static_cast<std::int64_t>(batch_.size()));
    batch_.clear();
    pictures_.clear();
  }

  void finish() {
    if (predictions_.empty()) {
      if (journal_) journal_->remove();
      if (report_.failed.empty()) throw DataError("no pictures in the sources");
      throw DataError(
          report_.failed.front().second,
          report_.failed.size() == 1 ? "" : fmt::format("and {} more", report_.failed.size() - 1));
    }
    if (overlay_) return overlay_->commit();
    write_file_atomically(out_,
                          write_(predictions_, ClassList(detector_.card().classes), detector_.card().name));
    journal_->remove();
  }

  Detector& detector_;
  const fs::path& out_;
  const PredictOptions& options_;
  Progress& progress_;
  std::string (*write_)(const std::vector<Prediction>&, const ClassList&, const std::string&) = nullptr;
  std::unique_ptr<OverlayWriter> overlay_;
  std::unique_ptr<detail::PredictJournal> journal_;
  std::vector<detail::SourcePicture> batch_;
  std::vector<cv::Mat> pictures_;
  std::vector<Prediction> predictions_;
  PredictReport report_;
};

}  // namespace

PredictReport predict(Detector& detector, const std::vector<fs::path>& sources, const fs::path& out,
                      const PredictOptions& options, Progress& progress) {
  options.frames.validate();
  if (options.batch < 1) throw UsageError(fmt::format("batch {}: expected at least 1", options.batch));
  count_pictures(sources);  // a source that is not there is told before anything is written
  return PredictRun(detector, sources, out, options, progress).run(sources);
}

}  // namespace ds
