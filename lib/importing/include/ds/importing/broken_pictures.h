#pragma once

#include <map>

#include "ds/base/progress.h"
#include "ds/formats/annotation_format.h"

namespace ds {

struct PictureCheck {
  bool decode = false;  // also decode every picture, else only look whether it is whole
  int threads = 0;      // 0: as many as the machine has
};

/// Pictures of a dataset that an import would refuse: those cut short or damaged, by index in
/// dataset.images. Each is an error BROKEN_IMAGE at the picture's place. Images without a picture are no
/// concern of it.
std::map<std::size_t, Issue> broken_pictures(const ReadResult& read, const PictureCheck& check,
                                             Progress& progress);

}  // namespace ds
