#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "ds/base/progress.h"
#include "ds/formats/annotation_format.h"
#include "ds/importing/shard.h"
#include "ds/media/video.h"
#include "ds/project/project.h"

namespace ds {

struct AddOptions {
  std::string format = "auto";  // an annotation format's name
  std::string split =
      "auto";  // auto: the source's own, else by the project's policy; or train, val, test, none
  std::string labels = "auto";  // auto: read when there are any; require: fail when not; ignore
  std::string link = "copy";    // copy, hardlink, reference
  std::string status = "auto";  // auto: done when labelled, else unlabelled; or unlabelled, review, done
  std::string classes =
      "auto";  // names the project lacks: auto: add them while it has none, else refuse; add; refuse
  /// Leave out label rows that cannot be read instead of refusing the whole source; images that lack them go to
  /// review, whatever `status` says of images that are done.
  bool keep_going = false;
  bool recursive = false;  // unpack archives inside archives and folders too
  bool dry_run = false;
  FrameChoice frames = {};  // of videos
  ReadOptions reading = {};
  int threads = 0;   // that read, hash and copy pictures; 0: as many as the machine has
  Shard shard = {};  // of several jobs that add the sources together
};

struct SkippedFile {
  std::string file;
  std::string reason;
};

struct AddReport {
  std::size_t images_added = 0;
  std::size_t already_there = 0;
  std::size_t labels_attached = 0;  // images that were there unlabelled and got this source's labels
  std::size_t annotations_added = 0;
  std::size_t left_to_others = 0;  // images that other shards take
  std::size_t negatives_added = 0;
  std::size_t unlabelled_added = 0;     // images that came in without labels
  bool labels_seen = false;             // a source has labels, whether or not they could be read
  std::size_t without_image = 0;        // objects that are left out because their image is not there
  std::vector<std::string> incomplete;  // images of which labels were left out; they are in review
  std::vector<std::string> classes_added;
  std::map<std::string, std::size_t> by_split;  // of the images added
  std::vector<SkippedFile> skipped;
  std::vector<Issue> issues;
  std::vector<std::string> notes;
};

/// Adds image files, folders, archives, videos and annotated datasets to a project. Everything is read and
/// checked first; then the bytes are stored, and all rows appear in one transaction: after a crash the
/// project is as before or as after, and adding the same source again adds nothing. An image whose bytes the
/// project has already is not added; when it is unlabelled there and labelled here, it gets the labels.
/// When it is interrupted (kill -9, Ctrl-C, a full disk) the bytes stored so far stay, and the same call
/// again neither hashes nor copies them again; without such a call they are what `Project::collect_garbage`
/// removes. A shard prepares beside others and takes the project's lock only to write its rows; all shards in
/// any order make the same images, labels and class order as one call without shards. Throws UsageError for a
/// source that is not there, DataError when nothing of a named file can be used, when labels would lose
/// objects (unless keep_going), or when they name classes that the project does not have.
AddReport add_sources(Project& project, const std::vector<std::filesystem::path>& sources,
                      const AddOptions& options, Progress& progress);

}  // namespace ds
