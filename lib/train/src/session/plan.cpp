#include "ds/train/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "ds/arch/architecture.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/base/version.h"
#include "ds/project/find_model.h"
#include "ds/project/project.h"
#include "ds/train/candidates.h"
#include "ds/train/train_data.h"
#include "loop/setup.h"
#include "session/model_registration.h"

namespace ds {
namespace {

namespace fs = std::filesystem;

void check_options(const TrainOptions& options) {
  options.validate();
  const auto& architecture = architectures().at(options.arch).value;
  if (!options.input_size.empty()) parse_input_size(options.input_size, architecture.multiple);
  if (options.label_smoothing > 0 && !architecture.label_smoothing)
    throw UsageError(
        fmt::format("--label-smoothing: the loss of {} has no place for it; YOLOX's has", options.arch),
        "leave it out, or train a yolox-*");
}

const GivenOption* find_given(const TrainRequest& request, const std::string& name) {
  for (const auto& option : request.given)
    if (option.name == name) return &option;
  return nullptr;
}

/// Recipe below, what the user gave above; notes where each value came from.
TrainJob make_job(const Candidate& candidate, const TrainRequest& request) {
  TrainJob job;
  OptionSet set;
  job.config.bind(set);
  set.read_yaml(find_recipe(candidate.recipe));
  for (const auto& given : request.given)
    for (const auto& own : set.options())
      if (own.name == given.name) set.assign(set.at(given.name), given.values, given.source, given.origin);
  for (const auto& option : set.options())
    if (option.source != ValueSource::built_in)
      job.origins[option.name] = option.source == ValueSource::flag ? "--" + option.name : option.origin;
  auto& config = job.config;
  config.recipe = candidate.recipe;
  if (find_given(request, "arch") == nullptr) config.options.arch = candidate.arch;
  // A pinned size stays as it was written (416x320); a candidate of its own size has that.
  const bool pinned = find_given(request, "input-size") != nullptr &&
                      parse_input_size(config.options.input_size, 1).width == candidate.input_side;
  if (!pinned && candidate.input_side > 0) config.options.input_size = std::to_string(candidate.input_side);
  return job;
}

/// What was asked for, checked as far as that goes without looking into the project.
std::vector<TrainJob> make_jobs(const TrainRequest& request) {
  CandidateRequest grid;
  grid.priority = request.priority;
  grid.count = request.candidates;
  if (const auto* arch = find_given(request, "arch")) grid.arch = arch->values.at(0);
  if (const auto* size = find_given(request, "input-size"))
    grid.input_side = parse_input_size(size->values.at(0), 1).width;
  grid.recipe = request.recipe;
  for (const auto& text : request.custom) grid.custom.push_back(parse_candidate(text));
  std::vector<TrainJob> jobs;
  const auto candidates = plan_candidates(grid);
  for (const auto& candidate : candidates) {
    auto job = make_job(candidate, request);
    job.config.name = request.name;
    job.config.eliminate = request.eliminate;
    job.config.options.seed = request.seed;
    job.config.options.threads = request.threads;
    if (candidates.size() > 1) job.config.group_budget_s = job.config.options.budget_s;
    job.config.options.budget_s /= static_cast<double>(candidates.size());
    if (job.config.options.device == "auto") job.config.options.device = request.auto_device;
    check_options(job.config.options);
    jobs.push_back(std::move(job));
  }
  return jobs;
}

std::string resolve_snapshot(Project& project, const std::string& snapshot) {
  if (!snapshot.empty()) return project.snapshots().get(snapshot).id;
  return project.snapshots().create({}).id;
}

/// The train images' sizes; without a snapshot, of what a new one would hold.
std::vector<TrainImage> train_shapes(Project& project, const std::string& snapshot) {
  auto images = snapshot.empty() ? project.images().list(Filter::parse("status=done and split=train"))
                                 : project.snapshots().load(snapshot, Split::train).images;
  std::vector<TrainImage> shapes(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    shapes[i].width = images[i].width;
    shapes[i].height = images[i].height;
  }
  return shapes;
}

/// Fills in what options leave open.
void resolve(Project& project, RunConfig& config, const RankPlace& place) {
  auto& options = config.options;
  check_options(options);
  const auto& architecture = architectures().at(options.arch).value;
  const double aspect = options.fit_aspect ? common_aspect(train_shapes(project, config.snapshot)) : 1;
  auto text = options.input_size.empty()
                  ? std::to_string(std::max(architecture.default_width, architecture.default_height))
                  : options.input_size;
  auto size = parse_input_size(text, architecture.multiple, aspect);
  options.input_size = fmt::format("{}x{}", size.width, size.height);
  if (options.threads <= 0) options.threads = processors_of_rank(place.local_size);
  options.replicas = detail::replica_count(options, place.size);
  if (!options.weights.empty()) {
    auto file = detail::weight_file(project, options.weights);
    const auto found = find_model(&project, options.weights);
    config.parent = found.record ? found.id : fs::absolute(found.path).string();
    if (!fs::exists(file)) throw DataError(fmt::format("the weights {} are gone", file.string()));
    options.weights = fs::absolute(file).string();
  }
}

TrainingPlan resolve(Project& project, std::vector<TrainJob> jobs, const std::string& snapshot,
                     const RankPlace& place) {
  for (auto& job : jobs) {
    job.config.snapshot = snapshot;
    resolve(project, job.config, place);
  }
  return {std::move(jobs)};
}

}  // namespace

std::vector<GivenOption> given_options(const OptionSet& options) {
  std::vector<GivenOption> given;
  for (const auto& option : options.options())
    if (option.source != ValueSource::built_in)
      given.push_back({option.name, option.values(), option.source, option.origin});
  return given;
}

TrainingPlan prepare_training(Project& project, const TrainRequest& request) {
  auto jobs = make_jobs(request);
  const bool stays_open = request.dry_run && request.snapshot.empty();
  const auto snapshot = stays_open ? std::string() : resolve_snapshot(project, request.snapshot);
  return resolve(project, std::move(jobs), snapshot, request.place);
}

TrainingPlan prepare_training(Project& project, std::vector<TrainJob> jobs, const RankPlace& place) {
  if (jobs.empty()) throw UsageError("there is nothing to train");
  const auto snapshot = resolve_snapshot(project, jobs.front().config.snapshot);
  return resolve(project, std::move(jobs), snapshot, place);
}

std::vector<std::pair<std::string, std::string>> request_facts(const TrainRequest& request,
                                                               const std::string& resume) {
  // What a rank may have of its own: its machine.
  const std::vector<std::string> own = {"threads", "device", "loader-threads", "cache-gb"};
  std::vector<std::pair<std::string, std::string>> facts = {
      {"the version of ds", version() + " " + revision()},
      {"libtorch", detail::torch_version()},
      {"--resume", resume}};
  if (!resume.empty()) return facts;
  for (auto& job : make_jobs(request)) {
    OptionSet set;
    job.config.bind(set);
    for (const auto& option : set.options())
      if (std::find(own.begin(), own.end(), option.name) == own.end())
        facts.emplace_back("--" + option.name, join(option.values(), " "));
  }
  return facts;
}

}  // namespace ds
