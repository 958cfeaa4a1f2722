/// How fast the training data path makes batches with nothing else to do, and what it costs. Run by
/// scripts/bench/loader.sh:
///   bench_loader PROJECT SNAPSHOT [SIZE] [THREADS] [BATCHES] [CACHE_GB] [MOSAIC] [ram|disk]
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>
#include <opencv2/core/utility.hpp>
#include <string>

#include "ds/base/clock.h"
#include "ds/project/project.h"
#include "ds/train/batch_loader.h"
#include "ds/train/train_data.h"

namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

double argument(int argc, char** argv, int place, double otherwise) {
  return argc > place ? std::strtod(argv[place], nullptr) : otherwise;
}

/// Batches of endless epochs; a line for the first epoch (which fills the cache) and one for the rest.
void measure(ds::PictureCache& pictures, const ds::LoaderOptions& options, ds::EpochPlan plan, int batches) {
  ds::BatchLoader loader(pictures, options);
  const int steps = loader.steps_per_epoch();
  auto run = [&](const char* name, int count) {
    ds::Stopwatch watch;
    const double cpu = cpu_seconds();
    std::uint64_t objects = 0;
    for (int step = 0; step < count; ++step) {
      if (step % steps == 0) {
        loader.start(plan);
        ++plan.epoch;
      }
      auto batch = loader.next();
      for (const auto& image : batch.objects) objects += image.size();
      loader.recycle(std::move(batch));
    }
    const double images = static_cast<double>(count) * options.batch;
    fmt::print("{:<12} {:7.1f} images/s {:7.2f} CPU ms/image {:6.1f} objects/image {:7.0f} MB peak\n", name,
               images / watch.seconds(), (cpu_seconds() - cpu) * 1e3 / images,
               static_cast<double>(objects) / images, peak_mb());
  };
  run("first epoch", steps);
  run("later", batches);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr,
               "bench_loader PROJECT SNAPSHOT [SIZE] [THREADS] [BATCHES] [CACHE_GB] [MOSAIC] [ram|disk]\n");
    return 2;
  }
  cv::setNumThreads(1);
  const int size = static_cast<int>(argument(argc, argv, 3, 416));
  ds::Project project(argv[1]);
  auto data = ds::load_train_data(project, argv[2]);
  ds::PictureCacheOptions keeping{static_cast<std::uint64_t>(argument(argc, argv, 6, 2) * 1e9), {}};
  if (argc > 8 && std::string(argv[8]) == "disk") keeping.folder = data.cache_folder;
  ds::PictureCache pictures(data.train, ds::drawn_sides({}, {size, size}), keeping);
  ds::LoaderOptions options;
  options.threads = static_cast<int>(argument(argc, argv, 4, 1));
  ds::EpochPlan plan;
  plan.width = plan.height = size;
  plan.augment.mosaic = argument(argc, argv, 7, 1);
  fmt::print("{} images, {}x{}, {} threads, batch {}\n", data.train.size(), size, size, options.threads,
             options.batch);
  measure(pictures, options, plan, static_cast<int>(argument(argc, argv, 5, 100)));
  return 0;
}
