#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "shared/reading.h"

/// Datasets with a text file for each image in a folder beside the images' folder (KITTI's image_2 and
/// label_2, DOTA's images and labelTxt), with a split above or below it.
namespace ds::detail {

struct PairFolders {
  std::string images;                                   // "image_2"
  std::function<bool(const std::string& part)> labels;  // true for a label folder's name
};

struct LabelPair {
  std::filesystem::path image;   // empty: not there
  std::filesystem::path labels;  // empty: none
  std::string name;              // of the image, without the folder `images`
  std::optional<Split> split;
};

/// Every image and every label file, in natural order of names.
std::vector<LabelPair> find_label_pairs(Reading& reading, const PairFolders& folders);
/// True when a folder of the path below `root` is a label folder.
bool is_in_label_folder(const std::filesystem::path& file, const std::filesystem::path& root,
                        const PairFolders& folders);

/// The classes of labels.txt, which ds writes beside the folders, then `used` in the given order.
void declare_pair_classes(Reading& reading, const std::vector<std::string>& used);
/// The text of labels.txt.
std::string pair_classes_text(const ClassList& classes);
/// A class's name without blanks, which end a word in these formats; counted as loss.
std::string pair_class_name(const std::string& name);

/// One image's paths in a written dataset.
struct PairPaths {
  std::string image;   // "train/image_2/a.png"
  std::string labels;  // "train/label_2/a.txt"
};
PairPaths pair_paths(const Image& image, const std::filesystem::path& name, const std::string& images,
                     const std::string& labels);
/// Names of which each has a label file of its own that is found again; `labels` is the folder they go to.
NameRules pair_names(const PairFolders& folders, const std::string& labels);
/// Counts class names with blanks as loss; throws DataError when two become one.
void check_pairs(const Dataset& dataset, LossReport& losses);

}  // namespace ds::detail
