#include <yaml-cpp/yaml.h>

#include "ds/submit/job_engine.h"
#include "spec_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

JobSpec cluster_spec() {
  auto spec = small_spec();
  spec.image = "registry/ds:1";
  spec.claim = "ds-project";
  spec.nodes = 2;
  spec.time_s = 3600;
  spec.memory = "8G";
  return spec;
}

std::vector<YAML::Node> documents(const JobSpec& spec) {
  auto engine = job_engines().at("kubernetes").value();
  engine->check(spec);
  return YAML::LoadAll(engine->script(spec));
}

/// The value of a variable of the container, or where it comes from.
std::string variable(const YAML::Node& job, const std::string& name) {
  for (const auto& each : job["spec"]["template"]["spec"]["containers"][0]["env"])
    if (each["name"].as<std::string>() == name)
      return each["value"] ? each["value"].as<std::string>()
                           : each["valueFrom"]["fieldRef"]["fieldPath"].as<std::string>();
  return "(not set)";
}

std::vector<std::string> texts(const YAML::Node& list) {
  return list.as<std::vector<std::string>>();
}

}  // namespace

TEST_CASE("several processes are one indexed Job that finds itself under a headless Service") {
  auto all = documents(cluster_spec());
  REQUIRE(all.size() == 2);
  auto service = all[0], job = all[1];
  CHECK(service["apiVersion"].as<std::string>() == "v1");
  CHECK(service["kind"].as<std::string>() == "Service");
  CHECK(service["metadata"]["name"].as<std::string>() == "job-1");
  CHECK(service["spec"]["clusterIP"].as<std::string>() == "None");
  CHECK(service["spec"]["publishNotReadyAddresses"].as<bool>());
  CHECK(service["spec"]["selector"]["job-name"].as<std::string>() == "job-1");
  CHECK(service["spec"]["ports"][0]["port"].as<int>() == 29500);

  CHECK(job["apiVersion"].as<std::string>() == "batch/v1");
  CHECK(job["kind"].as<std::string>() == "Job");
  auto spec = job["spec"];
  CHECK(spec["completionMode"].as<std::string>() == "Indexed");
  // 2 nodes of 2 processes; 10 more starts of each
  CHECK(spec["completions"].as<int>() == 4);
  CHECK(spec["parallelism"].as<int>() == 4);
  CHECK(spec["backoffLimit"].as<int>() == 40);
  CHECK(spec["activeDeadlineSeconds"].as<int>() == 3600);
  auto pod = spec["template"]["spec"];
  CHECK(pod["restartPolicy"].as<std::string>() == "Never");
  CHECK(pod["subdomain"].as<std::string>() == "job-1");
  CHECK(pod["terminationGracePeriodSeconds"].as<int>() == 120);
  CHECK(variable(job, "RANK") == "metadata.annotations['batch.kubernetes.io/job-completion-index']");
  CHECK(variable(job, "WORLD_SIZE") == "4");
  CHECK(variable(job, "LOCAL_RANK") == "0");
  CHECK(variable(job, "MASTER_ADDR") == "job-1-0.job-1");
  CHECK(variable(job, "MASTER_PORT") == "29500");
}

TEST_CASE("the container, its resources and the project's volume") {
  auto spec = cluster_spec();
  spec.gpus_per_task = 1;
  auto pod = documents(spec)[1]["spec"]["template"]["spec"];
  auto container = pod["containers"][0];
  CHECK(container["image"].as<std::string>() == "registry/ds:1");
  CHECK(texts(container["command"]) == std::vector<std::string>{"/opt/ds/bin/ds-train", "run", "--project",
                                                                "/data/my p", "--finish", "r-1"});
  CHECK(container["workingDir"].as<std::string>() == "/data/my p");
  CHECK(container["resources"]["requests"]["cpu"].as<std::string>() == "2");
  CHECK(container["resources"]["limits"]["memory"].as<std::string>() == "8Gi");
  CHECK(container["resources"]["limits"]["nvidia.com/gpu"].as<std::string>() == "1");
  CHECK_FALSE(container["resources"]["requests"]["nvidia.com/gpu"]);
  CHECK(container["volumeMounts"][0]["name"].as<std::string>() == "project");
  CHECK(container["volumeMounts"][0]["mountPath"].as<std::string>() == "/data/my p");
  CHECK(pod["volumes"][0]["name"].as<std::string>() == "project");
  CHECK(pod["volumes"][0]["persistentVolumeClaim"]["claimName"].as<std::string>() == "ds-project");
  CHECK(container["volumeMounts"][1]["mountPath"].as<std::string>() == "/dev/shm");
  CHECK(pod["volumes"][1]["emptyDir"]["medium"].as<std::string>() == "Memory");
}

TEST_CASE("only an exit that another start can mend leads to one") {
  auto rules = documents(cluster_spec())[1]["spec"]["podFailurePolicy"]["rules"];
  REQUIRE(rules.size() == 2);
  CHECK(rules[0]["action"].as<std::string>() == "Ignore");
  CHECK(rules[0]["onPodConditions"][0]["type"].as<std::string>() == "DisruptionTarget");
  CHECK(rules[1]["action"].as<std::string>() == "FailJob");
  CHECK(rules[1]["onExitCodes"]["operator"].as<std::string>() == "NotIn");
  CHECK(rules[1]["onExitCodes"]["containerName"].as<std::string>() == "train");
  CHECK(rules[1]["onExitCodes"]["values"].as<std::vector<int>>() == std::vector<int>{75, 137, 143});
}

TEST_CASE("one process needs no Service and no rank; several models are several Jobs") {
  auto spec = cluster_spec();
  spec.nodes = spec.tasks_per_node = 1;
  spec.items = {"r-1", "r-2"};
  auto all = documents(spec);
  REQUIRE(all.size() == 2);
  for (int i = 0; i < 2; ++i) {
    CHECK(all[i]["kind"].as<std::string>() == "Job");
    CHECK(all[i]["metadata"]["name"].as<std::string>() == "job-1-" + std::to_string(i + 1));
    CHECK(all[i]["metadata"]["labels"]["ds-job"].as<std::string>() == "job-1");
    CHECK(variable(all[i], "RANK") == "(not set)");
    CHECK(texts(all[i]["spec"]["template"]["spec"]["containers"][0]["command"]).back() ==
          "r-" + std::to_string(i + 1));
  }
}

TEST_CASE("texts stay texts and nothing is replaced in them") {
  auto spec = cluster_spec();
  spec.name_space = "no";
  spec.partition = "1e3";
  spec.environment = {"A=29500", "B=line\nbreak: \"x\" '", "C=$(RANK) $$ $", "D=ünï"};
  auto text = job_engines().at("kubernetes").value()->script(spec);
  CHECK(text.find("value: \"29500\"") != std::string::npos);
  CHECK(text.find("namespace: \"no\"") != std::string::npos);
  auto job = YAML::LoadAll(text)[1];
  CHECK(job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"].as<std::string>() == "1e3");
  CHECK(variable(job, "B") == "line\nbreak: \"x\" '");
  // $$ stands for one $ there
  CHECK(variable(job, "C") == "$$(RANK) $$$ $");
  CHECK(variable(job, "D") == "ünï");
}
