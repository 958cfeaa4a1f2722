#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/registry.h"
#include "ds/dataset/dataset.h"
#include "ds/formats/format_options.h"
#include "ds/formats/issue.h"
#include "ds/formats/name_rules.h"

/// Annotation formats of other tools, read and written. A reader takes one dataset (a folder or a file) and
/// returns everything that can be used and an Issue with its place for everything else: one bad row never
/// discards its neighbours.
namespace ds {

class HeaderSource;
namespace detail {
class SourcePeek;
}

struct ReadOptions {
  /// Where the images are, when not where the format says; empty: search as the format's users lay them out.
  std::filesystem::path images = {};
  /// "displayed" (EXIF orientation applied) or "raw": the frame that the labels' coordinates were made in.
  std::string labels_frame = "displayed";
  /// An image without annotations was looked at and has none (else: nobody has looked at it), for formats that
  /// cannot say which.
  bool empty_is_negative = false;
  /// Threads that read the headers of pictures; 0: as many as the machine has.
  int threads = 0;
  /// Where headers come from; null: read from the files. Must outlive the reading.
  HeaderSource* headers = nullptr;
  /// When set, images whose name it refuses are only followed as far as names and labels need it (their files
  /// are not opened when the labels give a size): whoever set it leaves them out.
  std::function<bool(const std::string& name)> wanted = {};
  /// How the user names the format, for messages.
  std::string format_flag = "--format";
  /// What single formats add.
  FormatOptions own = {};
};

struct ReadResult {
  std::string format;
  Dataset dataset;
  /// Beside dataset.images: where each one's bytes are; empty when the file is missing, or when the
  /// bytes are in `embedded`.
  std::vector<std::filesystem::path> files;
  /// Pictures that stand inside the label file itself (TFRecord, labelme's imageData), by index into
  /// dataset.images: gives the stored bytes, each time anew. The label file must still be there.
  std::map<std::size_t, std::function<std::string()>> embedded;
  /// Objects that are in no image of the dataset, since their image is not there and nothing says its size.
  std::size_t objects_without_image = 0;
  /// Indices of images of which labels were left out because they could not be read. They are in review.
  std::vector<std::size_t> incomplete;
  /// Of images whose bytes are nowhere, by index: "missing (looked below in/)", "broken: a.jpg: ends early".
  std::map<std::size_t, std::string> without_bytes;
  std::vector<Issue> issues;
  /// Decisions worth showing: which files were read, which coordinate convention and why.
  std::vector<std::string> notes;
};

/// The stored bytes of an image that was read, from its file or its label file. Throws DataError naming the
/// image when it has neither.
std::string image_bytes(const ReadResult& result, std::size_t index);

struct WriteOptions {
  /// Kinds of loss that are accepted ("polygon", "score", ...); "all" accepts every kind.
  std::vector<std::string> allow_loss = {};
  /// Copies the images into the dataset; else only labels are written.
  bool with_images = false;
  /// Links to the images' files instead of copying their bytes, where both are on one file system.
  bool hardlink = false;
  /// What single formats add.
  FormatOptions own = {};
};

/// What a format cannot hold: how many objects lose what, by kind.
struct LossReport {
  struct Loss {
    std::size_t count = 0;
    std::string what;  // "become their bounding box"
  };
  std::map<std::string, Loss> kinds;

  void add(const std::string& kind, const std::string& what, std::size_t count = 1);
  bool empty() const { return kinds.empty(); }
  /// `12 polygon (become their bounding box), 3 crowd (left out)`.
  std::string to_string() const;
};

/// Every kind of loss with what is lost. Proofs rely on them: what reads back differently must be named.
const std::map<std::string, std::string>& loss_kinds();

/// The stored bytes of an image, by its index in dataset.images; empty when images are not written.
using ImageBytes = std::function<std::string(std::size_t index)>;

/// A dataset as files, before any is written. Paths are relative to the dataset's folder.
struct WrittenDataset {
  std::map<std::string, std::string> texts;
  /// Files that hold the pictures' bytes themselves (TFRecord), or are too big to build in memory. Called
  /// while the dataset they were made from is still there.
  std::map<std::string, std::function<void(std::ostream&, const ImageBytes&)>> streams;
  std::map<std::string, std::size_t> images;  // path -> index into dataset.images
  std::size_t left_out = 0;                   // images that are not written at all
  LossReport losses;
  std::vector<std::string> notes;
};

/// One format.
struct AnnotationFormat {
  using Write = std::function<WrittenDataset(const Dataset&, const WriteOptions&)>;

  /// Why a path looks like this format, or nothing.
  std::function<std::optional<std::string>(const detail::SourcePeek&)> detect;
  std::function<ReadResult(const std::filesystem::path&, const ReadOptions&)> read;
  Write write;  // null: only read
  /// The whole dataset as one file, for a format that can be one: written when the target ends in `one_file`.
  std::string one_file = {};  // ".json"
  Write write_one_file = {};
  /// True when another format that recognises the same path says more about it than this one does. Null: no
  /// other does.
  std::function<bool(const std::string& other, const detail::SourcePeek&)> yields_to = {};
  /// What it can call images and classes; what it is given to write has no other names.
  NameRules names = {};
  /// Of images that nobody has looked at its labels say nothing: a dataset of such images alone is none.
  bool needs_labels = false;
  /// The options it adds, of FormatOptions in ReadOptions::own and WriteOptions::own.
  std::vector<FormatOption> read_options = {};
  std::vector<FormatOption> write_options = {};
};

/// Every format by name; `ds-import formats` lists them.
const Registry<AnnotationFormat>& annotation_formats();
/// The names of those that are written, too.
std::vector<std::string> formats_to_write();

struct DetectedFormat {
  std::string name;
  std::string evidence;
};
/// Nothing when no format recognises it; throws UsageError naming the candidates and their evidence when
/// several do and none of them yields to another, so that the user chooses with `format_flag`.
std::optional<DetectedFormat> detect_format(const std::filesystem::path& path,
                                            const std::string& format_flag = "--format");

/// Why a label file is of no format.
struct LabelFault {
  Location place;
  std::string message;
  std::string format;  // that it would be of without the fault, or "JSON", "XML", "YAML"; empty: nobody knows
  /// `label_2/000001.txt:1: truncated is 'Sitting', not a finite number`.
  std::string to_string() const;
};
/// Of a path in which detect_format finds nothing: what is wrong with the files that look like labels, at most 20 of
/// each suffix, those that break off or have a wrong row first.
std::vector<LabelFault> find_label_faults(const std::filesystem::path& path);

/// Reads with the named format, or with the one detected ("auto"; when none is, a DataError that names the first
/// fault of its label files).
ReadResult read_dataset(const std::filesystem::path& path, const std::string& format,
                        const ReadOptions& options = {});

struct WriteReport {
  LossReport losses;
  std::vector<std::string> notes;
  std::size_t images = 0;  // that are in the dataset, with or without their pictures
  std::size_t label_files = 0;
  std::size_t image_files = 0;
  /// Where each image belongs in the dataset, also when it was not copied: path -> index in dataset.images.
  std::map<std::string, std::size_t> image_paths = {};
  /// Images that got another name, by index in dataset.images: a loss of kind `name`.
  std::map<std::size_t, std::string> renamed = {};
};
/// Writes a dataset folder (or one file, see AnnotationFormat::one_file): whole or not at all, and
/// byte for byte the same every time. `files` (beside dataset.images) are copied when options.with_images. A
/// folder that an export made before is replaced; any other non-empty target is a UsageError. Losses that are
/// not allowed, and a dataset that would hold no image at all (see AnnotationFormat::needs_labels): a DataError
/// that says so, and nothing is written.
WriteReport write_dataset(const Dataset& dataset, const std::vector<std::filesystem::path>& files,
                          const std::filesystem::path& target, const std::string& format,
                          const WriteOptions& options = {});
/// As above for pictures that are not all files: `bytes` is asked for each image when options.with_images.
WriteReport write_dataset_with(const Dataset& dataset, const ImageBytes& bytes,
                               const std::filesystem::path& target, const std::string& format,
                               const WriteOptions& options = {});

/// As above for what a reader has just read, from files and out of label files.
WriteReport write_dataset_from(const ReadResult& read, const std::filesystem::path& target,
                               const std::string& format, const WriteOptions& options = {});
/// What write_dataset would report; nothing is written, and losses that are not allowed are no error.
WriteReport plan_dataset(const Dataset& dataset, const std::string& format, const WriteOptions& options = {});

}  // namespace ds
