#pragma once

#include "ds/formats/annotation_format.h"

/// The functions each format's file offers; registry.cpp puts them together.
namespace ds::detail {

std::optional<std::string> detect_coco(const std::filesystem::path& path);
ReadResult read_coco(const std::filesystem::path& path, const ReadOptions& options);
WrittenDataset write_coco(const Dataset& dataset, const WriteOptions& options);

std::optional<std::string> detect_voc(const std::filesystem::path& path);
ReadResult read_voc(const std::filesystem::path& path, const ReadOptions& options);
WrittenDataset write_voc(const Dataset& dataset, const WriteOptions& options);

std::optional<std::string> detect_ultralytics(const std::filesystem::path& path);
ReadResult read_ultralytics(const std::filesystem::path& path, const ReadOptions& options);
WrittenDataset write_ultralytics(const Dataset& dataset, const WriteOptions& options);

std::optional<std::string> detect_darknet(const std::filesystem::path& path);
ReadResult read_darknet(const std::filesystem::path& path, const ReadOptions& options);
WrittenDataset write_darknet(const Dataset& dataset, const WriteOptions& options);

}  // namespace ds::detail
