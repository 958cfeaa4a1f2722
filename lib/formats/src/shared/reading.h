#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "ds/formats/annotation_format.h"
#include "ds/formats/header_source.h"
#include "shared/pictures/image_search.h"
#include "shared/plausibility.h"

/// What all readers share.
namespace ds::detail {

/// Collects a ReadResult: images with unique names, issues, classes by name.
class Reading {
 public:
  Reading(std::string format, const std::filesystem::path& root, const ReadOptions& options);

  void note(std::string text) { result_.notes.push_back(std::move(text)); }
  /// A note of which there may be thousands: the first three of a kind are kept, the others counted.
  void note_one_of(const std::string& kind, std::string text);
  void issue(Severity severity, std::string code, Location location, std::string message);
  /// The lines of the label file of one image; without any, and with an issue, when its text cannot be read.
  std::vector<std::string> lines_of(const std::filesystem::path& label_file);
  /// While it lives, issues are about this image: labels left out are labels that it lacks.
  class About {
   public:
    About(Reading& reading, std::size_t image) : reading_(reading), before_(reading.about_) {
      reading_.about_ = image;
    }
    ~About() { reading_.about_ = before_; }
    About(const About&) = delete;
    About& operator=(const About&) = delete;

   private:
    Reading& reading_;
    std::optional<std::size_t> before_;
  };
  /// The file is part of the dataset, whether or not anything came of it: it is not told as left over.
  void uses(const std::filesystem::path& file);
  /// Objects whose image is not there, in a way that says nothing about their image: they are counted.
  void count_without_image(std::size_t objects) { result_.objects_without_image += objects; }
  /// Everything in this label file is about this image, whenever an issue of it is told.
  void own_labels(std::size_t image, const std::filesystem::path& label_file);
  /// The image lacks labels that could not be read: it goes to review, and is never done.
  void mark_incomplete(std::size_t image) { incomplete_.insert(image); }
  /// What stands behind this place of a table is unknown: every image that has labels from it is incomplete.
  void table_breaks_off(const Location& place, std::string message);
  /// How many labels were left out so far.
  std::size_t left_out() const { return left_out_; }
  /// Where a file stands, for issues: as given by the user, not absolute.
  const ReadOptions& options() const { return options_; }
  /// The options that are a format's own: a struct of ds/formats/<format>/options.h.
  template <typename Own>
  Own own() const {
    return options_.own.of<Own>();
  }
  /// What the boxes that are added from now on were in the label files; pixels if nothing is said. `advice`: how a
  /// person reads a dataset that has others than its format says.
  void numbers_are(Numbers numbers, std::string advice = {});
  /// Labels were made on the stored picture, before EXIF orientation: --labels-frame raw.
  bool labels_are_raw() const { return labels_are_raw_; }

  /// The picture that labels name, see ImageFinder.
  FoundImage find_image(const ImageQuery& query) { return finder_.find(query); }
  /// Tells that the picture called `given` is not there (in these words, when a message is given), or that it may be
  /// one of several.
  void report_missing(const FoundImage& found, const std::string& given, const Location& place,
                      const std::string& message = {});

  int class_of(const std::string& name);  // added when new
  ClassList& classes() { return result_.dataset.classes; }

  /// Says which files will be added, so that their headers are read on all processors. Without it, and when
  /// the dataset is a folder, that is every picture in it.
  void prepare(const std::vector<std::filesystem::path>& files);

  /// Adds an image; size and orientation come from its file. `declared` is what the labels say about its
  /// size. Returns its index, or nothing (with an issue) when neither gives a size.
  struct Declared {
    int width = 0;
    int height = 0;
  };
  std::optional<std::size_t> add_image(const std::filesystem::path& file, const std::string& name,
                                       const std::optional<Declared>& declared, const Location& place);
  /// As add_image, for a picture whose bytes stand in the label file; `bytes` gives them each time anew.
  std::optional<std::size_t> add_embedded_image(std::function<std::string()> bytes, const std::string& name,
                                                const std::optional<Declared>& declared,
                                                const Location& place);
  /// The sides that shares of an image's sides are of: as displayed, or as stored with --labels-frame raw.
  Declared frame_of(std::size_t index) const;
  Image& image(std::size_t index) { return result_.dataset.images[index]; }
  std::size_t image_count() const { return result_.dataset.images.size(); }

  /// Checks the shape against its image (zero size, inverted, outside), turns it when labels are in the raw
  /// frame, fills the provenance, and adds it.
  void add_annotation(std::size_t image_index, Annotation annotation, const Location& place,
                      const std::string& original_id = {});

  /// The path inside the dataset, '/'-separated, without one conventional folder (images, JPEGImages).
  std::string name_of(const std::filesystem::path& file) const;
  const std::filesystem::path& root() const { return root_; }

  ReadResult finish();

 private:
  // `header` is of the picture in `file` or of embedded bytes; nothing when there is none or it is broken.
  std::optional<std::size_t> add(const std::optional<ImageHeader>& header, const std::filesystem::path& file,
                                 const std::string& name, const std::optional<Declared>& declared,
                                 const Location& place);
  std::optional<ImageHeader> header_of(const std::filesystem::path& file, const std::string& name,
                                       const std::optional<Declared>& declared, const Location& place);
  /// What the header says about the image; true when labels are in the raw frame and need turning.
  bool take_header(Image& image, const ImageHeader& header, const std::optional<Declared>& declared,
                   const Location& place);
  void leave_out_what_is_far();
  void settle_incomplete();
  const std::string& relative_text(const std::filesystem::path& label_file);

  ReadOptions options_;
  ImageFinder finder_;
  std::filesystem::path root_;
  std::string normal_root_;  // lexically normal, without a slash at the end
  bool is_folder_;
  bool labels_are_raw_;
  bool prepared_ = false;
  std::unique_ptr<HeaderSource> own_headers_;
  HeaderSource* headers_;
  ReadResult result_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::filesystem::path last_label_file_;  // and how annotations name it
  std::string last_label_text_;
  std::map<std::string, std::size_t> notes_of_kind_;
  Numbers numbers_ = Numbers::pixels;
  std::string numbers_advice_;
  Plausibility plausibility_;
  std::optional<std::size_t> about_;
  std::set<std::size_t> incomplete_;
  std::size_t left_out_ = 0;
  std::set<std::string> used_;                                        // lexically normal paths
  std::unordered_map<std::string, std::vector<std::size_t>> owners_;  // images by label file
  bool any_missing_ = false;
  std::string why_missing_;  // the image that is added next
  std::vector<bool> turn_;   // beside the images: labels are in the raw frame
};

/// The class of objects that have none.
inline constexpr const char* kNoLabel = "(no label)";

/// train, val or test of a folder or list name: train, train2017, training; val,
/// valid, validation, val2017; test.
std::optional<Split> split_of_word(const std::string& word);
/// train, val, test or none, when one of a name's words says it: oidv6-train-annotations-bbox.
std::optional<Split> split_in_name(const std::string& name);
/// Of the nearest folder name that says one, below `root`.
std::optional<Split> split_of_folder(const std::filesystem::path& file, const std::filesystem::path& root);
/// All regular files below a folder (or the file itself) for which `wanted` holds, in natural order. Clutter
/// and hidden folders are passed over.
std::vector<std::filesystem::path> files_below(
    const std::filesystem::path& root, const std::function<bool(const std::filesystem::path&)>& wanted,
    int max_depth = 32);

}  // namespace ds::detail
