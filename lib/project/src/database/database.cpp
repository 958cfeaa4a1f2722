#include "database/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "database/schema.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/base/text.h"

namespace ds::detail {
namespace {

// Two writers of a millisecond each must not see each other, even with lock_wait_s = 0; a reader may also
// have to wait this long while another process recovers the log of a killed one.
constexpr double kLeastWaitS = 0.25;

constexpr std::size_t kMostIdleTexts = 200;
// Flushing a file costs milliseconds; from this many on one flush of the whole file system is cheaper.
constexpr std::size_t kMostFlushedAlone = 32;

void flush(const std::filesystem::path& path, bool whole_file_system) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) return;  // replaced or removed meanwhile by somebody else
  if (descriptor < 0) throw_io_error("flush", path, errno);
  int failed = (whole_file_system ? ::syncfs(descriptor) : ::fsync(descriptor)) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed != 0) throw_io_error("flush", path, failed);
}

const char* const kDamagedAdvice =
    "keep a copy of the project folder; then try `sqlite3 index.sqlite .recover`, or restore a backup";

}  // namespace

Statement::Statement(Database& database, std::string_view sql)
    : database_(database), sql_(sql), handle_(nullptr) {
  auto idle = database_.idle_.find(sql_);
  if (idle != database_.idle_.end() && !idle->second.empty()) {
    handle_ = idle->second.back();
    idle->second.pop_back();
    return;
  }
  int code = sqlite3_prepare_v3(database_.handle_, sql_.data(), static_cast<int>(sql_.size()),
                                SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK) database_.fail(code, "read");
}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  // A server sees a new text with every filter that a user types.
  if (database_.idle_.size() > kMostIdleTexts && !database_.idle_.contains(sql_)) {
    sqlite3_finalize(handle_);
    return;
  }
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  try {
    database_.idle_[sql_].push_back(handle_);
  } catch (const std::bad_alloc&) {
    sqlite3_finalize(handle_);
  }
}

void Statement::restart() {
  sqlite3_reset(handle_);
}
void Statement::bind_at(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_, index, value);
}
void Statement::bind_at(int index, double value) {
  sqlite3_bind_double(handle_, index, value);
}
void Statement::bind_at(int index, std::string_view text) {
  // A null pointer would be bound as NULL.
  sqlite3_bind_text64(handle_, index, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}
void Statement::bind_at(int index, Blob blob) {
  sqlite3_bind_blob64(handle_, index, blob.bytes.empty() ? "" : blob.bytes.data(), blob.bytes.size(),
                      SQLITE_STATIC);
}
void Statement::bind_at(int index, std::nullptr_t) {
  sqlite3_bind_null(handle_, index);
}

bool Statement::step() {
  int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_.fail(code, sqlite3_stmt_readonly(handle_) ? "read" : "write");
}

int Statement::changes() const {
  return sqlite3_changes(database_.handle_);
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(handle_, column);
}
std::string_view Statement::view(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}
std::optional<double> Statement::optional_real(int column) const {
  return is_null(column) ? std::nullopt : std::optional(real(column));
}
std::optional<std::int64_t> Statement::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

Database::Database(const std::filesystem::path& file, Mode mode, Context context)
    : file_(file), context_(std::move(context)) {
  try {
    open(mode);
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
  auto note = file_.parent_path() / "index.writer";
  writer_descriptor_ = ::open(note.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
}

void Database::open(Mode mode) {
  // Our own mutex is held through every transaction; SQLite's would be taken again for each bound value.
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (mode == Mode::create) {
    flags |= SQLITE_OPEN_CREATE;
    // SQLite itself would make it with 0644, and its journals with the rights of the index.
    ::close(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  }
  int code = sqlite3_open_v2(file_.c_str(), &handle_, flags, nullptr);
  if (code != SQLITE_OK) fail(code, "open");
  sqlite3_busy_timeout(handle_,
                       static_cast<int>(std::lround(1000 * std::max(kLeastWaitS, context_.lock_wait_s))));
  if (mode == Mode::create) execute("PRAGMA journal_mode = WAL");
  check_format(mode);
  // FULL: every commit is flushed, so that what a command has reported done survives a power loss
  // and not only a killed process. A bulk import is one commit, an edit by hand costs one flush
  // of a few milliseconds.
  execute("PRAGMA synchronous = FULL");
  execute("PRAGMA foreign_keys = ON");
  execute("PRAGMA temp_store = MEMORY");
  execute("PRAGMA cache_size = -65536");
  execute("PRAGMA journal_size_limit = 67108864");
  if (mode == Mode::create) {
    WriteTransaction transaction(*this);
    execute(kSchema);
    transaction.commit();
  } else {
    upgrade();
  }
}

void Database::upgrade() {
  if (integer("PRAGMA user_version") == kIndexFormat) return;
  WriteTransaction transaction(*this);
  // Another process may have done it while this one waited.
  if (integer("PRAGMA user_version") == 1) execute(kUpgradeFrom1);
  transaction.commit();
}

void Database::check_format(Mode mode) {
  if (mode == Mode::create) return;
  auto format = integer("PRAGMA user_version");
  auto said = fmt::format("{} has format {}; this version of ds reads format {} and older", file_.string(),
                          format, kIndexFormat);
  if (format < 1) throw DataError(said, "the index is not one that ds has written; restore it from a backup");
  if (format > kIndexFormat) throw DataError(said, "update ds, or work with the ds that wrote it");
}

Database::~Database() {
  for (auto& [sql, handles] : idle_)
    for (auto* handle : handles) sqlite3_finalize(handle);
  sqlite3_close_v2(handle_);
  if (writer_descriptor_ >= 0) ::close(writer_descriptor_);
}

void Database::execute(const char* sql) {
  int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, "write");
}

std::int64_t Database::take_ids(const std::string& sequence, std::size_t count) {
  Statement statement(*this,
                      "INSERT INTO sequences(name, last) VALUES(?1, ?2)"
                      " ON CONFLICT(name) DO UPDATE SET last = last + ?2 RETURNING last");
  auto taken = static_cast<std::int64_t>(count);
  statement.bind(sequence, taken);
  statement.step();
  auto last = statement.integer(0);
  while (statement.step()) {
  }
  return last - taken + 1;
}

void Database::flush_before_commit(const std::filesystem::path& file) {
  std::lock_guard lock(mutex_);
  if (unflushed_.size() <= kMostFlushedAlone) unflushed_.push_back(file);
}

void Database::flush_files() {
  if (unflushed_.size() > kMostFlushedAlone) {
    flush(unflushed_.front().parent_path(), true);
  } else {
    for (const auto& file : unflushed_) {
      flush(file, false);
      flush(file.parent_path(), false);
      flush(file.parent_path().parent_path(), false);  // the shelf itself may be new
    }
  }
  unflushed_.clear();
}

void Database::give_back_ids(const std::string& sequence, std::int64_t next) {
  run("UPDATE sequences SET last = ? WHERE name = ?", next - 1, sequence);
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

void Database::fail(int code, std::string_view what) {
  std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  int system_error = handle_ != nullptr ? sqlite3_system_errno(handle_) : 0;
  auto name = file_.string();
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Busy(fmt::format("project {} is locked by {}", context_.project.string(), writer_note()),
                 "wait for it to finish, or wait longer with --lock-wait SECONDS");
    case SQLITE_FULL:
    case SQLITE_IOERR:
      throw Busy(fmt::format("cannot {} {}: {}", what, name, why),
                 "free some space and run the same command again; the project is as it was before");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw DataError(fmt::format("{} is damaged: {}", name, why), kDamagedAdvice);
    case SQLITE_CANTOPEN:
      throw DataError(fmt::format("cannot open {}: {}", name,
                                  system_error != 0 ? std::strerror(system_error) : why.c_str()),
                      "the project's index is missing or not readable; restore it from a backup");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw Error(fmt::format("cannot {} {}: {}", what, name, why), "check who owns the project's folder");
    default:
      throw Error(fmt::format("cannot {} {}: {}", what, name, why));
  }
}

void Database::note_writer(bool writing) noexcept {
  if (writer_descriptor_ < 0) return;
  std::string note;
  try {
    if (writing)
      note = fmt::format("{} pid {} ({} on {}) since {}", context_.tool, ::getpid(), context_.user,
                         host_name(), utc_now());
  } catch (...) {
  }
  // Only information for whoever finds the project locked: a full disk must not stop the work.
  if (::ftruncate(writer_descriptor_, 0) != 0 || note.empty()) return;
  [[maybe_unused]] auto written = ::pwrite(writer_descriptor_, note.data(), note.size(), 0);
}

std::string Database::writer_note() const {
  try {
    auto note = read_file(file_.parent_path() / "index.writer");
    // A killed writer has left its note; whoever holds the lock now wrote none (the sqlite3 shell).
    int pid = 0;
    auto at = note.find(" pid ");
    if (at != std::string::npos) pid = std::atoi(note.c_str() + at + 5);
    if (pid > 0 && process_alive(pid)) return note;
  } catch (const Error&) {
  }
  return "another process";
}

ReadTransaction::ReadTransaction(Database& database) : database_(database), lock_(database.mutex_) {
  if (database_.depth_ == 0) database_.execute("BEGIN");
  ++database_.depth_;
}

ReadTransaction::~ReadTransaction() {
  if (--database_.depth_ == 0) sqlite3_exec(database_.handle_, "COMMIT", nullptr, nullptr, nullptr);
}

WriteTransaction::WriteTransaction(Database& database)
    : database_(database), lock_(database.mutex_), level_(database.depth_) {
  if (level_ == 0) {
    database_.execute("BEGIN IMMEDIATE");
    database_.writing_ = true;
    database_.note_writer(true);
  } else if (!database_.writing_ || sqlite3_get_autocommit(database_.handle_) != 0) {
    throw Error(database_.writing_ ? "the change around this one has been taken back already"
                                   : "a change was begun while the project is being read");
  } else {
    database_.execute(fmt::format("SAVEPOINT s{}", level_).c_str());
  }
  ++database_.depth_;
}

void WriteTransaction::commit() {
  if (level_ == 0) database_.flush_files();
  database_.execute(level_ == 0 ? "COMMIT" : fmt::format("RELEASE s{}", level_).c_str());
  finish();
}

void WriteTransaction::finish() noexcept {
  open_ = false;
  --database_.depth_;
  if (level_ > 0) return;
  database_.writing_ = false;
  database_.note_writer(false);
}

WriteTransaction::~WriteTransaction() {
  if (!open_) return;
  // SQLite has taken everything back itself after some errors (a full disk); then there is no transaction.
  if (sqlite3_get_autocommit(database_.handle_) == 0) {
    auto sql =
        level_ == 0 ? std::string("ROLLBACK") : fmt::format("ROLLBACK TO s{}; RELEASE s{}", level_, level_);
    sqlite3_exec(database_.handle_, sql.c_str(), nullptr, nullptr, nullptr);
  }
  finish();
}

}  // namespace ds::detail
