#include "ds/labeling/label_counts.h"

#include <algorithm>

namespace ds {

std::size_t proposal_count(const Image& image) {
  return static_cast<std::size_t>(std::count_if(image.annotations.begin(), image.annotations.end(),
                                                [](const Annotation& a) { return a.proposal; }));
}

std::size_t label_count(const Image& image) {
  return image.annotations.size() - proposal_count(image);
}

}  // namespace ds
