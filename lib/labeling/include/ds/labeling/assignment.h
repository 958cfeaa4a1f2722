#pragma once

#include <map>
#include <string>
#include <vector>

#include "ds/labeling/selection.h"

namespace ds {

struct Assigned {
  std::string image;
  std::string from;  // empty: nobody
  std::string to;
};

struct AssignOptions {
  Selection selection = {};  // empty: open images (not done, not rejected) of nobody
  std::vector<std::string> workers = {};
  std::size_t amount = 0;  // at most so many images; 0: all chosen
  bool reassign = false;   // also images that somebody has
};

/// Spreads the images over the workers so that their open images become as even as possible; who has fewer
/// gets the next one, ties go by the order given. Images of one of the workers stay with them.
std::vector<Assigned> assign_images(Project& project, const AssignOptions& options);

/// Tops up the worker's open images to `amount` with the first (by name) that nobody has. Run again, nothing
/// changes until some are done. Returns the new ones.
std::vector<Assigned> take_images(Project& project, const std::string& worker, std::size_t amount,
                                  const std::string& where = {});

/// Gives back images: the chosen ones, or with an empty selection all open ones of `worker`.
std::vector<Assigned> release_images(Project& project, const Selection& selection, const std::string& worker);

}  // namespace ds
