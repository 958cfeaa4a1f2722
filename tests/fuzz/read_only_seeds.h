#pragma once

#include <map>
#include <string>
#include <vector>

namespace ds::fuzz {

/// A small dataset in a format that no writer of ours makes.
struct ReadOnlySeed {
  std::map<std::string, std::string> texts;  // by path
  std::vector<std::string> pictures;         // paths, all of one picture of width x height
};

/// Empty for a format that has none: it is to be added here.
inline ReadOnlySeed read_only_seed(const std::string& format) {
  if (format == "keras-txt")
    return {{{"train/_annotations.txt", "a.png 1,2,20,10,0 3,3,9,9,1\nb c.png\n"},
             {"train/_classes.txt", "car\nred bus\n"}},
            {"train/a.png", "train/b c.png"}};
  return {};
}

}  // namespace ds::fuzz
