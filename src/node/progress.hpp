// What takes longer than a second says what it is waiting for.
//
// On a terminal that is one line, written over and over, which disappears at the end:
//
//   / Installing counter: every node compiles 1,204,118 bytes  4 s
//
// Elsewhere (a pipe, a file, `make run` in a script) it is a plain line when something begins to
// take long, another when something else is waited for, and one each ten seconds. Details that
// change all the time are in the last only:
//
//   Installing counter: every node compiles 1,204,118 bytes ...
//   Installing counter: every node compiles 1,204,118 bytes, 10 s so far
//
// What is done within a second shows nothing.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/units.hpp"
#include "node/cli_console.hpp"

namespace icpd::node {

/// Decides when what is shown. Knows no clock: time is what it is told.
class Progress {
 public:
  static constexpr Duration kSilent = Duration::seconds(1);
  static constexpr Duration kRedraw = Duration::milliseconds(100);
  static constexpr Duration kRepeat = Duration::seconds(10);
  /// What of a line is shown on a terminal.
  static constexpr std::size_t kWidthMax = 78;

  /// `began` and all later times are of one steady clock. The console outlives this.
  Progress(const Console& console, Duration began) : console_(console), began_(began) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Call it often; it writes when something is due.
  void show(Duration now, const std::string& what, const std::string& detail = "");
  /// To be called before anything else is written.
  void clear();

 private:
  void show_in_place(Duration now, const std::string& what);
  void note_line(Duration now, const std::string& what, const std::string& detail);

  const Console& console_;
  Duration began_;
  std::string shown_;
  Duration shown_at_;
  std::size_t turn_ = 0;
  bool is_on_screen_ = false;
};

/// Shows progress while a command waits for something in one call: from construction to
/// destruction, from a thread of its own. Meanwhile nobody else writes to the console.
class Waiting {
 public:
  /// When a wait is long enough to ask why, and to ask again.
  static constexpr Duration kExplainAfter = Duration::seconds(10);
  static constexpr Duration kExplainAgain = Duration::seconds(2);
  /// Why it takes so long, as a line for people; empty if that isn't known. May take a second.
  using Explain = std::function<std::string()>;

  /// An explanation is asked for until there is one, and shown once.
  Waiting(const Console& console, std::string what, Explain explain = {});
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  void run();

  const Console& console_;
  std::string what_;
  Explain explain_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace icpd::node
