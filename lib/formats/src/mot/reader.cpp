// MOT Challenge: gt/gt.txt (or det/det.txt), seqinfo.ini, img1/; a folder of sequences, or one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "ds/base/text.h"
#include "ds/formats/mot/options.h"
#include "ds/media/image_header.h"
#include "mot/format.h"
#include "mot/sequence.h"
#include "mot/writer.h"
#include "shared/source_peek.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// Folders with gt/gt.txt, else det/det.txt.
std::vector<fs::path> sequence_folders(const SourcePeek& source) {
  std::vector<fs::path> folders;
  auto add = [&](const fs::path& folder) {
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
  };
  for (const auto& file : source.files(".txt")) {
    auto parent = file.parent_path();
    bool rows = (file.filename() == "gt.txt" && parent.filename() == "gt") ||
                (file.filename() == "det.txt" && parent.filename() == "det");
    if (rows) add(parent.parent_path());
  }
  return folders;
}

std::optional<std::int64_t> number_in(const fs::path& picture) {
  auto stem = picture.stem().string();
  bool digits = !stem.empty() && stem.size() < 16 &&
                std::all_of(stem.begin(), stem.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? parse_int(stem) : std::nullopt;
}

/// Makes images of one sequence's frames. Every picture is a frame, every frame with a row is one, and where
/// there is a truth that knows the length, all frames are: it says of the others that nothing is there. A
/// frame without a picture lives by the sequence's size; missing ones are counted and reported once, since a
/// sequence may come without any picture.
class SequenceImages {
 public:
  SequenceImages(Reading& reading, const MotSequence& sequence, const MotBase& base)
      : reading_(reading), sequence_(sequence), base_(base) {
    number_pictures();
  }

  void read() {
    std::map<std::int64_t, std::vector<const MotRow*>> rows;
    for (const auto& row : sequence_.rows) rows[row.frame].push_back(&row);
    std::set<std::int64_t> frames;
    for (const auto& [frame, file] : pictures_) frames.insert(frame);
    for (const auto& [frame, list] : rows) frames.insert(frame);
    if (sequence_.has_truth && sequence_.size) add_silent_frames(frames);
    for (auto frame : frames) add_frame(frame, rows[frame]);
    if (missing_ > 0)
      reading_.issue(Severity::error, "MISSING_IMAGE", {.path = sequence_.folder},
                     fmt::format("{} frames of {} have no picture (first: frame {})", missing_,
                                 sequence_name(), first_missing_));
    if (unsized_ > 0)
      reading_.issue(Severity::error, "UNKNOWN_IMAGE", {.path = sequence_.folder},
                     fmt::format("{} rows of frames that have neither a picture nor imWidth and imHeight in "
                                 "seqinfo.ini are left out",
                                 unsized_));
  }

 private:
  std::string sequence_name() const { return sequence_.folder.filename().string(); }

  // Numbered names are frames. Others count in their order.
  void number_pictures() {
    bool numbered = std::all_of(sequence_.pictures.begin(), sequence_.pictures.end(),
                                [](const fs::path& file) { return number_in(file).has_value(); });
    std::int64_t order = base_.frame;
    std::int64_t shift = 0;
    if (numbered && !sequence_.pictures.empty()) {
      // Frames from 0 over pictures from 1.
      auto first = number_in(sequence_.pictures.front());
      if (base_.frame == 0 && *first == 1) shift = -1;
    }
    for (const auto& file : sequence_.pictures)
      pictures_.emplace(numbered ? *number_in(file) + shift : order++, file);
  }

  // The truth speaks of all frames of the sequence.
  void add_silent_frames(std::set<std::int64_t>& frames) const {
    auto length = sequence_.number("seqlength");
    if (!length || *length < 1 || *length > 1e6) return;
    for (std::int64_t k = 0; k < static_cast<std::int64_t>(*length); ++k) frames.insert(base_.frame + k);
  }

  std::string our(const std::string& key) const {
    auto found = sequence_.ours.find(key);
    return found == sequence_.ours.end() ? std::string() : found->second;
  }

  std::string name_of_frame(std::int64_t frame, const fs::path& file) const {
    if (auto name = fs::path(our(fmt::format("name.{}", frame)));
        !name.empty() && !name.is_absolute() && *name.lexically_normal().begin() != "..")
      return name.generic_string();
    auto below = sequence_.folder.lexically_normal().lexically_proximate(reading_.root().lexically_normal());
    if (below.string().starts_with("..")) below.clear();  // gt.txt itself was given
    auto name = file.empty() ? fmt::format("{:06}.jpg", frame) : file.filename().string();
    return (below / name).lexically_normal().generic_string();
  }

  void add_frame(std::int64_t frame, const std::vector<const MotRow*>& rows) {
    auto found = pictures_.find(frame);
    fs::path file = found == pictures_.end() ? fs::path() : found->second;
    if (file.empty() && missing_++ == 0) first_missing_ = frame;
    auto place = rows.empty() ? Location{.path = sequence_.folder} : rows.front()->place;
    auto index = reading_.add_image(file, name_of_frame(frame, file), sequence_.size, place);
    if (!index) {
      unsized_ += rows.size();
      return;
    }
    auto& image = reading_.image(*index);
    image.split = split_of_folder(sequence_.folder / "x", reading_.root()).value_or(Split::none);
    image.group = sequence_.ours.contains("group") ? our("group") : sequence_name();
    if (auto rate = sequence_.number("framerate"); rate && *rate > 0)
      image.time_s = static_cast<double>(frame - base_.frame) / *rate;
    auto unlabelled = split_words(our("unlabelled"));
    bool looked_at =
        std::find(unlabelled.begin(), unlabelled.end(), std::to_string(frame)) == unlabelled.end();
    if (sequence_.has_truth && looked_at) image.state = ImageState::done;
    const auto& bad = sequence_.bad_frames;
    if (bad.contains(frame) || bad.contains(std::nullopt)) reading_.mark_incomplete(*index);
    Reading::About about(reading_, *index);
    for (const auto* row : rows) add_object(*index, *row);
  }

  // Nothing, with an issue, when the sequence has no such class.
  std::optional<std::string> class_name(const MotRow& row) {
    const auto& names = sequence_.labels.empty() ? mot_classes() : sequence_.labels;
    if (row.class_id < 0) return names.front();  // before classes were told apart
    auto index = row.class_id - base_.class_id;
    if (index >= 0 && index < static_cast<std::int64_t>(names.size()) &&
        !names[static_cast<std::size_t>(index)].empty())
      return names[static_cast<std::size_t>(index)];
    reading_.issue(Severity::error, "UNKNOWN_CLASS", row.place,
                   fmt::format("class {} is none of the {} of {}; left out", row.class_id, names.size(),
                               sequence_.labels.empty() ? "MOT Challenge" : "gt/labels.txt"));
    return std::nullopt;
  }

  void add_object(std::size_t index, const MotRow& row) {
    auto name = class_name(row);
    if (!name) return;
    double x = decimal_sum(row.left, -base_.box);
    double y = decimal_sum(row.top, -base_.box);
    Annotation annotation{.class_idx = reading_.class_of(*name),
                          .shape = Box{x, y, decimal_sum(x, row.width), decimal_sum(y, row.height)}};
    if (row.id != -1) annotation.track_id = row.id;
    if (!sequence_.has_truth) {
      annotation.score = row.confidence;
      annotation.proposal = true;
    } else if (row.confidence == 0) {
      annotation.ignore = true;
    } else if (row.confidence != 1) {
      annotation.score = row.confidence;
    }
    if (!row.visibility.empty()) annotation.attributes["visibility"] = row.visibility;
    reading_.add_annotation(index, std::move(annotation), row.place);
  }

  Reading& reading_;
  const MotSequence& sequence_;
  const MotBase& base_;
  std::map<std::int64_t, fs::path> pictures_;  // by frame
  std::size_t missing_ = 0;
  std::int64_t first_missing_ = 0;
  std::size_t unsized_ = 0;  // rows
};

bool has_mot_rows(std::string head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
  for (const auto& line : split(head, '\n')) {
    if (trim(line).empty()) continue;
    auto words = split(trim(line), ',');
    return words.size() >= 6 && words.size() <= 10 &&
           std::all_of(words.begin(), words.end(), [](const auto& word) { return parse_double(trim(word)); });
  }
  return true;  // nothing is there to be seen
}

std::optional<std::string> detect_mot(const SourcePeek& source) {
  for (const auto& folder : sequence_folders(source)) {
    for (auto* part : {"gt/gt.txt", "det/det.txt"}) {
      const auto& files = source.files(".txt");
      auto file = std::find(files.begin(), files.end(), folder / part);
      if (file != files.end() && has_mot_rows(source.head(*file)))
        return fmt::format("{} has rows of frame, id and box", source.shown(*file));
    }
  }
  return std::nullopt;
}

ReadResult read_mot(const fs::path& path, const ReadOptions& options) {
  Reading reading("mot", path, options);
  auto folders = sequence_folders(SourcePeek(path));
  if (folders.empty())
    throw DataError(fmt::format("{}: no MOT sequence (gt/gt.txt or det/det.txt)", path.string()));
  std::vector<MotSequence> sequences;
  for (const auto& folder : folders) {
    sequences.push_back(read_mot_sequence(reading, folder));
    if (!sequences.back().has_truth)
      reading.note_one_of("sequences without gt/gt.txt",
                          fmt::format("{} has no gt/gt.txt: its detections are proposals", folder.string()));
  }
  auto base = choose_mot_base(sequences, reading.own<MotReading>().base);
  reading.issue(base.severity, "MOT_BASE", {.path = path},
                fmt::format("frames count from {}, classes from {}, boxes from {}: {}", base.frame,
                            base.class_id, base.box, base.evidence));
  for (const auto& sequence : sequences)
    for (const auto& label : sequence.labels)
      if (!label.empty()) reading.class_of(label);
  for (const auto& sequence : sequences) {
    if (!sequence.labels.empty()) continue;
    std::set<std::int64_t> used;
    for (const auto& row : sequence.rows) used.insert(row.class_id < 0 ? 0 : row.class_id - base.class_id);
    for (auto index : used)
      if (index >= 0 && index < static_cast<std::int64_t>(mot_classes().size()))
        reading.class_of(mot_classes()[static_cast<std::size_t>(index)]);
  }
  for (const auto& sequence : sequences) SequenceImages(reading, sequence, base).read();
  return reading.finish();
}

}  // namespace

AnnotationFormat mot_format() {
  return {
      .detect = detect_mot,
      .read = read_mot,
      .write = write_mot,
      .names = mot_names(),
      .read_options = {format_choice("mot-base", &MotReading::base, kMotBases,
                                     "MOT frames and boxes count from 1 or 0; auto decides and says why")}};
}

}  // namespace ds::detail
