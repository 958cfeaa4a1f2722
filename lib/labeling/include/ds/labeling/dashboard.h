#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ds/labeling/worker_stats.h"
#include "ds/project/project.h"

namespace ds {

/// What `ds-label status` shows.
struct Dashboard {
  std::string project;
  std::string description;
  std::string time;  // UTC, when it was read
  ImageStore::Counts counts;
  std::size_t finished = 0;  // done or rejected
  struct Worker {
    std::string name;
    std::size_t assigned = 0, open = 0, done = 0;  // images assigned now, by state
    std::size_t edits = 0, accepted = 0, rejected = 0;
    std::string last;
  };
  std::vector<Worker> workers;
  std::vector<Event> events;  // newest first

  /// finished / images, 0 for an empty project.
  double progress() const;
};

/// @param events how many of the newest
Dashboard read_dashboard(Project& project, std::size_t events = 8);

nlohmann::ordered_json dashboard_json(const Dashboard& dashboard);

/// A page that needs nothing else: light and dark, charts as inline SVG.
std::string dashboard_html(const Dashboard& dashboard);

}  // namespace ds
