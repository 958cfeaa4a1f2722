#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"
#include "ds/runs/train_options.h"
#include "ds/train/train_set.h"

namespace ds {

class Project;

/// One snapshot as training sees it.
struct TrainData {
  std::string snapshot_id;
  std::filesystem::path cache_folder;  // the project's, for decoded pictures
  std::vector<std::string> classes;
  std::vector<TrainImage> train;
  std::vector<TrainImage> val;
  std::vector<TrainImage> test;
  Dataset val_truth;  // what validation is scored against
  Dataset test_truth;
};

/// Objects for training: crowds and ignored ones become ignore regions, proposals and boxes without an area
/// are left out (the truth for scoring keeps what ds/metrics counts).
std::vector<TrainObject> train_objects(const Image& image);
/// Throws DataError naming an image whose file is gone.
TrainData load_train_data(Project& project, const std::string& snapshot_id);

/// Width over height that at least 95 % of the images share (within 5 %), else 1.
double common_aspect(const std::vector<TrainImage>& images);

/// Repeat factors of LVIS (arXiv 1908.03195, section 4): per image the largest max(1, sqrt(t / f))
/// over its classes, f being the share of images that hold the class. @param threshold t; 0: empty
/// result, every image once
std::vector<double> repeat_factors(const std::vector<TrainImage>& images, int num_classes, double threshold);

}  // namespace ds
